import { Archives } from '../desk/archives.ts'
import { openDeskSocket } from '../control/desk-socket.ts'
import { type FaultsPart, faultsSet, faultsShow } from '../desk/faults.ts'
import { mailDelete, type MailPart } from '../desk/mail.ts'
import { type Named, named, performByName } from '../desk/named.ts'
import { labAccess } from '../http/access.ts'
import { HttpServer } from '../http/http-server.ts'
import { importRoutes } from '../http/routes/bundles.ts'
import { faultRoutes } from '../http/routes/faults.ts'
import { systemClock } from '../io/clock.ts'
import type { Catcher } from './catcher.ts'
import { type Doors, openDoors } from './doors.ts'
import { near, type NearOptions } from './near.ts'

/** Where the page is opened, and the socket for commands. */
export interface ConsoleOptions extends NearOptions {
  /** The data folder. */
  readonly folder: string
  /** 0 lets the system choose. */
  readonly port: number
  readonly version: string
  /** The folder with the files of the page. */
  readonly page: string
  readonly report: (problem: unknown, where: string) => void
}

type CatcherDesk = FaultsPart & MailPart

const operations = new Map<string, Named<CatcherDesk>>([
  named(faultsShow),
  named(faultsSet),
  named(mailDelete),
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
  const { version, page, report } = options
  const { store, faults } = catcher
  const now = (): number => systemClock.now()
  const desk = { faults, mail: { mailboxes: store.mailboxes, now } }
  const place = { desk, acts: store.acts, now }
  const control = await openDeskSocket((asked) => performByName(operations, place, asked), options)
  return await openDoors(control, () =>
    near(options, 'http', options.port, (port) => {
      return HttpServer.open({
        address: '127.0.0.1',
        port,
        page,
        mode: 'catch',
        ports: { ...catcher.ports },
        version,
        archives: new Archives([
          {
            name: '',
            reads: store,
            mailboxes: store.mailboxes,
            changes: (query) => store.changes(query),
          },
        ]),
        access: labAccess,
        more(api) {
          faultRoutes(api, '/v1/catch/faults', place)
          importRoutes(api, { ...place, desk: { store } })
        },
        now,
        newId: () => catcher.newId(),
        report,
      })
    }),
  )
}
