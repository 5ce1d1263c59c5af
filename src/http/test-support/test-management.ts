import { ManualClock } from '../../base/clock.ts'
import { AccountDesk, residentsOf, type SettledResidents } from '../../desk/accounts.ts'
import { InTurn } from '../../desk/in-turn.ts'
import { KeyDesk } from '../../desk/keys.ts'
import { publishDomain, recordsToPublish } from '../../desk/publish.ts'
import { ReportDesk } from '../../desk/reports.ts'
import { MemoryResolver } from '../../dns/memory-resolver.ts'
import type { Resolver } from '../../dns/resolver.ts'
import type { Zone } from '../../dns/zone-table.ts'
import type { Store } from '../../store/ports/store.ts'
import { testFolder } from '../../store/test-folder.ts'
import type { Management } from '../management.ts'

const hostname = 'mx.south.example'

/** South, as its settings have it. */
export const settled: SettledResidents = {
  domains: ['south.example'],
  accounts: [
    {
      address: 'ann@south.example',
      aliases: ['info@south.example'],
      mayLogIn: true,
      forward: ['ann@elsewhere.example'],
    },
  ],
  aliases: [{ address: 'all@south.example', to: ['ann@south.example'], send: false }],
}

/** A server of one's own over a store in memory, with a DNS that is given. */
export function testManagement(
  t: { after(end: () => void): void },
  store: Store,
  zone: Zone | Resolver = {},
): Management & { readonly clock: ManualClock } {
  const { folder, remove } = testFolder()
  t.after(remove)
  const clock = new ManualClock(1_000_000)
  const now = (): number => clock.now()
  const turn = new InTurn()
  const resolver = isResolver(zone) ? zone : new MemoryResolver(zone)
  const fresh = { resolve: resolver.resolve.bind(resolver), close: () => undefined }
  const openResolver = () => Promise.resolve(fresh)
  const residents = new AccountDesk({
    port: store.accounts,
    settled: () => settled,
    publish: (domain) => {
      return publishDomain(store, domain, { hostname, dkim: { selector: 'wb1' }, now: now() })
    },
    now,
    turn,
  })
  const keys = new KeyDesk({ store, openResolver, now, turn })
  const { acts } = store
  return {
    clock,
    note: '',
    sites: [
      {
        name: '',
        settled: 'settings',
        hostname: () => hostname,
        reads: store,
        clock,
        residents: () => residentsOf(store.accounts, settled),
        async records(domain) {
          const { domains } = await residentsOf(store.accounts, settled)
          const server = { hostname, domains: domains.map(({ name }) => name) }
          const heard = { listen: { address: '::' }, addresses: ['203.0.113.20'] }
          return await recordsToPublish(store, domain, { ...server, ...heard })
        },
        openResolver,
        desk: { desk: { residents, keys }, acts, now },
      },
    ],
    reports: {
      desk: { reports: new ReportDesk(folder) },
      acts,
      now,
    },
  }
}

function isResolver(zone: Zone | Resolver): zone is Resolver {
  return 'resolve' in zone && typeof zone.resolve === 'function'
}
