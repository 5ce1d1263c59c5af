import { networkInterfaces } from 'node:os'
import { silent } from '../base/log.ts'
import type { Settings } from '../config/settings.ts'
import type { Desk } from '../desk/operations.ts'
import { recordsToPublish } from '../desk/publish.ts'
import { ReportDesk } from '../desk/reports.ts'
import type { Management } from '../http/management.ts'
import { systemClock } from '../io/clock.ts'
import type { Store } from '../store/ports/store.ts'
import { openResolver } from './resolver.ts'

/** What can be managed of a running server over HTTP. */
export function serverManagement(server: {
  readonly store: Store
  readonly desk: Desk
  /** The data folder, which has the reports of others, too. */
  readonly folder: string
  /** As they are now. */
  readonly settings: () => Settings
}): Management {
  const { store, desk, folder, settings } = server
  const { acts } = store
  const now = (): number => systemClock.now()
  const reports = new ReportDesk(folder)
  return {
    note: '',
    sites: [
      {
        name: '',
        settled: 'settings',
        hostname: () => settings().hostname,
        reads: store,
        clock: systemClock,
        residents: () => desk.residents.residents(),
        async records(domain) {
          const { hostname, listen } = settings()
          const { domains } = await desk.residents.residents()
          const names = domains.map(({ name }) => name)
          return await recordsToPublish(store, domain, {
            hostname,
            domains: names,
            ...heardAt(listen),
          })
        },
        openResolver: () => openResolver(settings(), silent),
        desk: { desk, acts, now },
      },
    ],
    reports: { desk: { reports }, acts, now },
  }
}

/** Addresses that the settings name go before what the machine says: behind a router it cannot know. */
function heardAt({ address, own_addresses: named }: Settings['listen']) {
  if (named.length > 0) return { listen: { address: '::' }, addresses: named }
  const own = Object.values(networkInterfaces()).flatMap((all = []) => all)
  return { listen: { address }, addresses: own.map((one) => one.address) }
}
