import type { Change, ChangePort, Changes, Gap } from '../store/ports/changes.ts'
import type { HookDelivery, HookEndpoint, HookPort } from '../store/ports/hooks.ts'
import { type EventView, eventView } from './event-view.ts'
import type { MailEvent } from './mail-event.ts'
import type { PatientWriting } from './patient-writing.ts'
import { type ChangedPorts, readChanges } from './read-change.ts'
import { Untold } from './untold.ts'
import { wantedTypes } from './wanted-types.ts'

/** A store whose events are told. */
export interface HookSource extends ChangePort, ChangedPorts {
  /** `north` and `south` in the lab; empty where there is one server alone. */
  readonly name: string
}

export interface HookFeedParts {
  readonly source: HookSource
  readonly port: Pick<HookPort, 'cursor' | 'advance'>
  readonly writing: Pick<PatientWriting, 'do'>
  readonly endpoints: () => readonly HookEndpoint[]
  readonly now: () => number
  /** What was made before this long ago is not made again: its trace may be gone. */
  readonly keptMs: number
  /** Something is to be sent. */
  readonly wake: (endpoints: readonly string[]) => void
  readonly report: (problem: unknown, where: string) => void
}

/** So many changes without an event may be read again after a restart. */
const changesBetween = 100

/**
 * Makes deliveries of what happens in one store. How far it was read is written down together with
 * what was made of it, and each delivery has a name that follows from its event: read twice, it is
 * made once.
 */
export class HookFeed {
  readonly #parts: HookFeedParts
  #started: Promise<void> | undefined
  #changes: Changes | undefined
  #done: Promise<void> = Promise.resolve()
  #stopped = false

  constructor(parts: HookFeedParts) {
    this.#parts = parts
  }

  /** Goes on where it was; at its first time, with what happens from now on. */
  start(): Promise<void> {
    this.#started ??= this.#start()
    return this.#started
  }

  async #start(): Promise<void> {
    const { source, port } = this.#parts
    let after = await port.cursor(source.name)
    if (after === undefined) {
      const end = { after: Number.MAX_SAFE_INTEGER, limit: 1 }
      after = (await source.changesBehind(end)).through
      await port.advance({ feed: source.name, through: after, deliveries: [] })
    }
    if (this.#stopped) return
    this.#changes = source.changes({ after, only: ['journey', 'act'] })
    this.#done = this.#follow(this.#changes).catch((problem: unknown) => {
      if (!this.#stopped) this.#parts.report(problem, 'webhooks')
    })
  }

  async stop(): Promise<void> {
    this.#stopped = true
    await this.#started?.catch(() => undefined)
    await this.#changes?.return?.()
    await this.#done
  }

  async #follow(changes: Changes): Promise<void> {
    const { port, writing, source, wake } = this.#parts
    const untold = new Untold(this.#parts.now() - this.#parts.keptMs)
    let unwritten = 0
    for await (const change of changes) {
      const deliveries = await this.#deliveriesOf(change, untold)
      if (deliveries.length === 0 && ++unwritten < changesBetween) continue
      unwritten = 0
      const made = { feed: source.name, through: change.number, deliveries }
      if (!(await writing.do(() => port.advance(made)))) return
      if (deliveries.length > 0) wake(deliveries.map(({ endpointId }) => endpointId))
    }
  }

  async #deliveriesOf(change: Change | Gap, untold: Untold): Promise<readonly HookDelivery[]> {
    const { source, now } = this.#parts
    const endpoints = this.#parts.endpoints().filter(({ off }) => off === '')
    if (endpoints.length === 0) return []
    if (change.type === 'gap') {
      const id = `evt_gap_${source.name}_${change.number}`
      const view = { type: 'gap', event_id: id, site: source.name, at: at(now()) }
      return endpoints.map((endpoint) => delivery(endpoint, view, now()))
    }
    const events = await this.#eventsOf(change, untold)
    return endpoints.flatMap((endpoint) => {
      const isWanted = wantedTypes(endpoint.events)
      return events
        .filter((event) => event.at >= endpoint.since && isWanted(event.type))
        .map((event) => delivery(endpoint, eventView(event, source.name), now()))
    })
  }

  async #eventsOf(change: Change, untold: Untold): Promise<readonly MailEvent[]> {
    const { source, report } = this.#parts
    try {
      const [read] = await readChanges(source, [change], untold)
      if (read?.problem !== undefined) throw read.problem
      return read?.events ?? []
    } catch (problem) {
      report(problem, `the webhooks of change ${change.number}`)
      return []
    }
  }
}

/** So much a body may have; receivers are told to take that much. */
const mostOctets = 20_000

function delivery(endpoint: HookEndpoint, view: EventView, now: number): HookDelivery {
  const eventId = view.event_id ?? ''
  const body = hookBody(view)
  return {
    id: `${eventId}_${endpoint.id}`,
    endpointId: endpoint.id,
    eventId,
    type: view.type,
    body: new TextEncoder().encode(body).length > mostOctets ? hookBody(short(view)) : body,
    createdAt: now,
    attempts: 0,
    nextAt: now,
    state: 'waiting',
  }
}

/** The form that Standard Webhooks proposes: type, timestamp, data. */
export function hookBody({ type, at: happened, ...data }: EventView): string {
  return JSON.stringify({ type, timestamp: happened, data })
}

/** What finds the rest. */
function short({ type, id, event_id: eventId, site, at: happened, journey }: EventView): EventView {
  return {
    type,
    site,
    ...(id === undefined ? {} : { id }),
    ...(eventId === undefined ? {} : { event_id: eventId }),
    ...(happened === undefined ? {} : { at: happened }),
    journey,
    shortened: true,
  }
}

function at(ms: number): string {
  return new Date(ms).toISOString()
}
