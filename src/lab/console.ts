import { join } from 'node:path'
import { roadsNow } from '../app/roads-now.ts'
import { hookSource, openWebhooks } from '../app/webhooks.ts'
import { silent } from '../base/log.ts'
import { type ConsoleOptions, type Doors, openDoors } from '../catch/doors.ts'
import { type Archive, Archives } from '../desk/archives.ts'
import { webhookTroubles } from '../desk/health.ts'
import { QueueDesk } from '../desk/queue.ts'
import { standingOf } from '../desk/standing.ts'
import { downOf } from '../desk/status.ts'
import { importRoutes } from '../http/routes/bundles.ts'
import { faultRoutes } from '../http/routes/faults.ts'
import { labRoutes } from '../http/routes/lab.ts'
import { systemClock } from '../io/clock.ts'
import { StubResolver } from '../io/stub-resolver.ts'
import { type MessageSearch, type OpenSearch, openSearch } from '../search/index/search-thread.ts'
import { labPlace, openLabControl } from './control.ts'
import type { Lab, LabSite } from './lab.ts'
import { labSending } from './sending.ts'
import { labManagement } from './management.ts'

/**
 * Opens the page and the API over both servers of the lab, for this computer alone, and the socket
 * for commands.
 *
 * @throws WaybillError `port-taken`, `data-in-use`
 */
export async function openLabConsole(lab: Lab, options: ConsoleOptions): Promise<Doors> {
  const place = labPlace(lab)
  const searchOf = (site: string): OpenSearch => {
    return openSearch({ folder: join(options.folder, site), told: options.report })
  }
  const [north, south] = [searchOf('north'), searchOf('south')]
  const archives = new Archives([
    archiveOf('north', { ...lab.north, search: north }, lab.clock),
    archiveOf('south', { ...lab.south, search: south }, lab.clock),
  ])
  const { folder, log = silent, report } = options
  const newId = (): string => lab.north.site.newId()
  const open = await openWebhooks({
    folder,
    sources: [hookSource('north', lab.north.store), hookSource('south', lab.south.store)],
    acts: lab.south.store.acts,
    reach: { type: 'anywhere' },
    clock: lab.clock,
    newId,
    log,
    report,
  })
  const webhooks = { ...place, desk: open }
  const control = await openLabControl({ ...place, desk: { ...place.desk, ...open } }, options)
  return await openDoors([control, open, north, south], options, {
    webhooks,
    mode: 'lab',
    troubles: async () => webhookTroubles(open.webhooks.list, lab.clock.now()),
    sending: labSending(lab),
    archives,
    ports: { ...lab.ports },
    live: new StubResolver({
      servers: [{ address: '127.0.0.1', port: lab.ports.dns }],
      clock: systemClock,
    }),
    // Letters come in from strangers at south.
    rules: () => lab.south.site.decisionRules,
    management: labManagement(lab, place, options.folder),
    more(api) {
      faultRoutes(api, '/v1/lab/faults', place)
      labRoutes(api, place)
      importRoutes(api, { ...place, desk: lab.south })
    },
    now: place.now,
    newId,
  })
}

function archiveOf(
  name: string,
  { site, store, search }: LabSite & { readonly search: MessageSearch },
  clock: Lab['clock'],
): Archive {
  const now = (): number => clock.now()
  const queue = new QueueDesk({
    queue: store.queue,
    rules: site.letters.rules,
    pauses: site.letters.pauses,
    now,
    canTell: true,
    forget: (destination) => site.wakeQueue(destination),
    roads: roadsNow(site),
    withdraw: (queueIds) => site.letters.withdraw(queueIds),
    giveUp: (items, given) => site.letters.giveUp(items, given),
  })
  return {
    name,
    reads: store,
    mailboxes: store.mailboxes,
    search: (query, page) => search.search(query, page),
    changes: (query) => store.changes(query),
    down: () => downOf(site.down, clock),
    standing: (destinations) => {
      const known = { down: () => site.down, heldBack: () => site.heldBack, clock }
      return standingOf(destinations, known)
    },
    turns: (queueIds) => site.letters.turns(queueIds),
    sites: (destinations) => site.letters.sites(destinations),
    desk: { desk: { queue }, acts: store.acts, now },
  }
}
