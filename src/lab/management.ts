import { residentsOf } from '../desk/accounts.ts'
import type { DeskPlace } from '../desk/named.ts'
import { recordsToPublish } from '../desk/publish.ts'
import { ReportDesk } from '../desk/reports.ts'
import type { Management, ManagedSite } from '../http/management.ts'
import { systemClock } from '../io/clock.ts'
import { StubResolver } from '../io/stub-resolver.ts'
import type { Lab } from './lab.ts'
import { places } from './places.ts'
import { labResidents } from './sites.ts'

/** What can be looked at of who lives in the lab: north and south are as they are. */
export function labManagement(
  lab: Lab,
  place: Pick<DeskPlace<unknown>, 'acts' | 'now'>,
  folder: string,
): Management {
  const { acts, now } = place
  const reports = new ReportDesk(folder)
  return {
    sites: [siteOf(lab, 'north'), siteOf(lab, 'south')],
    note: 'North and south are as the lab has made them: people, aliases and domains of your own want a server of your own.',
    reports: { desk: { reports }, acts, now },
  }
}

function siteOf(lab: Lab, name: 'north' | 'south'): ManagedSite {
  const { store } = lab[name]
  const { host: hostname, ip } = places[name]
  const settled = labResidents[name]
  const { domains } = settled
  const server = { hostname, domains, listen: { address: '::' }, addresses: [ip] }
  return {
    name,
    settled: 'lab',
    hostname: () => hostname,
    reads: store,
    clock: { now: () => lab.clock.now(), setTimer: (ms, fn) => systemClock.setTimer(ms, fn) },
    residents: () => residentsOf(store.accounts, settled),
    records: (domain) => recordsToPublish(store, domain, server),
    openResolver: () => {
      const servers = [{ address: '127.0.0.1', port: lab.ports.dns }]
      return Promise.resolve(new StubResolver({ servers, clock: systemClock }))
    },
  }
}
