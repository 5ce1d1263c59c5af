import type { ConsoleOptions } from '../catch/console.ts'
import { near } from '../catch/near.ts'
import { type Archive, Archives } from '../desk/archives.ts'
import { QueueDesk } from '../desk/queue.ts'
import { labAccess } from '../http/access.ts'
import { HttpServer } from '../http/http-server.ts'
import { importRoutes } from '../http/routes/bundles.ts'
import { faultRoutes } from '../http/routes/faults.ts'
import { systemClock } from '../io/clock.ts'
import { StubResolver } from '../io/stub-resolver.ts'
import type { Lab, LabSite } from './lab.ts'
import { labRoutes } from './routes.ts'

/**
 * Opens the page and the API over both servers of the lab, for this computer alone.
 *
 * @throws WaybillError `port-taken`
 */
export function openLabConsole(lab: Lab, options: ConsoleOptions): Promise<HttpServer> {
  const { version, page, report } = options
  const now = (): number => lab.clock.now()
  const archives = new Archives([
    archiveOf('north', lab.north, now),
    archiveOf('south', lab.south, now),
  ])
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

function archiveOf(name: string, { site, store }: LabSite, now: () => number): Archive {
  const queue = new QueueDesk({
    queue: store.queue,
    now,
    canTell: true,
    forget: (destination) => site.wakeQueue(destination),
    withdraw: (queueIds) => site.withdraw(queueIds),
    giveUp: (items, given) => site.giveUp(items, given),
  })
  return {
    name,
    reads: store,
    mailboxes: store.mailboxes,
    changes: (query) => store.changes(query),
    desk: { desk: { queue }, acts: store.acts, now },
  }
}
