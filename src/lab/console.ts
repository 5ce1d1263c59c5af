import type { ConsoleOptions } from '../catch/console.ts'
import { near } from '../catch/near.ts'
import { type Archive, Archives } from '../desk/archives.ts'
import { labAccess } from '../http/access.ts'
import { HttpServer } from '../http/http-server.ts'
import { importRoutes } from '../http/routes/bundles.ts'
import { faultRoutes } from '../http/routes/faults.ts'
import type { Store } from '../store/ports/store.ts'
import { systemClock } from '../io/clock.ts'
import { StubResolver } from '../io/stub-resolver.ts'
import type { Lab } from './lab.ts'
import { labRoutes } from './routes.ts'

/**
 * Opens the page and the API over both servers of the lab, for this computer alone.
 *
 * @throws WaybillError `port-taken`
 */
export function openLabConsole(lab: Lab, options: ConsoleOptions): Promise<HttpServer> {
  const { version, page, report } = options
  const archives = new Archives([
    archiveOf('north', lab.north.store),
    archiveOf('south', lab.south.store),
  ])
  const now = (): number => lab.clock.now()
  const place = { desk: lab, acts: lab.south.store.acts, now }
  return near(options, 'http', options.port, (port) => {
    return HttpServer.open({
      address: '127.0.0.1',
      port,
      page,
      mode: 'lab',
      version,
      archives,
      ports: { ...lab.ports },
      access: labAccess,
      live: new StubResolver({
        servers: [{ address: '127.0.0.1', port: lab.ports.dns }],
        clock: systemClock,
      }),
      more: (api) => {
        faultRoutes(api, '/v1/lab/faults', place)
        labRoutes(api, lab)
        importRoutes(api, { ...place, desk: lab.south })
      },
      now,
      newId: () => lab.north.site.newId(),
      report,
    })
  })
}

function archiveOf(name: string, store: Store): Archive {
  return {
    name,
    reads: store,
    mailboxes: store.mailboxes,
    changes: (query) => store.changes(query),
  }
}
