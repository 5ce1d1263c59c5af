import { hookSource, openWebhooks } from '../app/webhooks.ts'
import { silent } from '../base/log.ts'
import { Archives } from '../desk/archives.ts'
import { openDeskSocket } from '../control/desk-socket.ts'
import { webhookTroubles } from '../desk/health.ts'
import { type FaultsPart, faultsSet, faultsShow } from '../desk/faults.ts'
import { mailDelete, type MailPart } from '../desk/mail.ts'
import { type Named, named, performByName } from '../desk/named.ts'
import { ReportDesk } from '../desk/reports.ts'
import { webhookOperations, type WebhookPart } from '../desk/webhooks.ts'
import { importRoutes } from '../http/routes/bundles.ts'
import { faultRoutes } from '../http/routes/faults.ts'
import { systemClock } from '../io/clock.ts'
import { openSearch } from '../search/index/search-thread.ts'
import type { Catcher } from './catcher.ts'
import { catching } from './catching.ts'
import { type ConsoleOptions, type Doors, openDoors } from './doors.ts'

type CatcherDesk = FaultsPart & MailPart & WebhookPart

const operations = new Map<string, Named<CatcherDesk>>([
  named(faultsShow),
  named(faultsSet),
  named(mailDelete),
  ...webhookOperations,
])

/**
 * Opens the page and the API over a catcher, for this computer alone, and the socket for commands.
 *
 * @throws WaybillError `port-taken`, `data-in-use`
 */
export async function openCatcherConsole(
  catcher: Catcher,
  options: ConsoleOptions,
): Promise<Doors> {
  const { store, faults } = catcher
  const now = (): number => systemClock.now()
  const newId = (): string => catcher.newId()
  const { folder, log = silent, report } = options
  const open = await openWebhooks({
    folder,
    sources: [hookSource('', store)],
    acts: store.acts,
    reach: { type: 'anywhere' },
    clock: systemClock,
    newId,
    log,
    report,
  })
  const desk = { faults, mail: { mailboxes: store.mailboxes, now }, webhooks: open.webhooks }
  const place = { desk, acts: store.acts, now }
  const reports = new ReportDesk(folder)
  const control = await openDeskSocket((asked) => performByName(operations, place, asked), options)
  const search = openSearch({ folder, told: report })
  return await openDoors([control, open, search], options, {
    webhooks: place,
    mode: 'catch',
    troubles: async () => webhookTroubles(open.webhooks.list, now()),
    sending: catching(catcher.door, store.receipts, faults),
    ports: { ...catcher.ports },
    archives: new Archives([
      {
        name: '',
        reads: store,
        mailboxes: store.mailboxes,
        search: (query, page) => search.search(query, page),
        changes: (query) => store.changes(query),
      },
    ]),
    management: {
      sites: [],
      note: 'This server catches mail for anybody: nobody has an account here, and no domain is its own.',
      reports: { ...place, desk: { reports } },
    },
    more(api) {
      faultRoutes(api, '/v1/catch/faults', place)
      importRoutes(api, { ...place, desk: { store } })
    },
    now,
    newId,
  })
}
