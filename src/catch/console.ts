import { Archives } from '../desk/archives.ts'
import { labAccess } from '../http/access.ts'
import { HttpServer } from '../http/http-server.ts'
import { importRoutes } from '../http/routes/bundles.ts'
import { faultRoutes } from '../http/routes/faults.ts'
import { systemClock } from '../io/clock.ts'
import type { Catcher } from './catcher.ts'
import { near, type NearOptions } from './near.ts'

/** Where the page is opened. */
export interface ConsoleOptions extends NearOptions {
  /** 0 lets the system choose. */
  readonly port: number
  readonly version: string
  /** The folder with the files of the page. */
  readonly page: string
  readonly report: (problem: unknown, where: string) => void
}

/**
 * Opens the page and the API over a catcher, for this computer alone.
 *
 * @throws WaybillError `port-taken`
 */
export function openCatcherConsole(catcher: Catcher, options: ConsoleOptions): Promise<HttpServer> {
  const { version, page, report } = options
  const { store, faults } = catcher
  const now = (): number => systemClock.now()
  const place = { desk: { faults }, acts: store.acts, now }
  return near(options, 'http', options.port, (port) => {
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
          changes: (query) => store.changes(query),
          mailboxes: store.mailboxes,
        },
      ]),
      access: labAccess,
      more: (api) => {
        faultRoutes(api, '/v1/catch/faults', place)
        importRoutes(api, { ...place, desk: { store } })
      },
      now,
      newId: () => catcher.newId(),
      report,
    })
  })
}
