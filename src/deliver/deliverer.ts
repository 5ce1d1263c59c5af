import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import { RecordingResolver } from '../dns/recording-resolver.ts'
import type { Resolver } from '../dns/resolver.ts'
import { JourneyBuilder } from '../journey/builder.ts'
import type { StsPolicies } from '../mta-sts/finding.ts'
import type { Batch, BatchOutcome } from '../post/batch.ts'
import type { TlsLedger } from '../report/tls-fact.ts'
import { findRoute } from '../route/find-route.ts'
import type { Route } from '../route/found-route.ts'
import type { NextHop } from '../route/next-hop.ts'
import { siteOf } from '../route/site.ts'
import type { Self } from '../route/self.ts'
import type { QueueItem } from '../store/ports/queue.ts'
import type { Attempt, Messages } from './attempt.ts'
import type { Connector } from './connect.ts'
import { pauseIn, sparing } from './pauses.ts'
import { Round } from './round.ts'
import type { Settlements } from './settlements.ts'
import { SettlingInTurn } from './settling.ts'
import { exchangeWay, type NamedWays } from './way.ts'

export interface DelivererOptions {
  /** Our names and addresses: mail that would come back to them runs in a circle. */
  readonly self: Self
  readonly resolver: Resolver
  readonly connector: Connector
  readonly messages: Messages
  readonly settlements: Settlements
  /** Who knows what domains ask of TLS. Absent: nobody is asked. */
  readonly sts?: StsPolicies
  /** Who is told how TLS fared in each session. Absent: nobody. */
  readonly ledger?: TlsLedger
  readonly clock: Clock
  readonly log: Log
  /** Numbers in [0, 1). */
  readonly random: () => number
  /** The servers that the settings name. */
  readonly ways: NamedWays
}

/**
 * Delivers queue items of one destination: finds the way, goes through the targets in order, sends
 * each message once to all its recipients, and settles each letter as soon as its fate is known.
 */
export class Deliverer {
  readonly #options: DelivererOptions

  constructor(options: DelivererOptions) {
    this.#options = options
  }

  /**
   * Never rejects for anything another server or DNS does, and always ends: every wait has a limit.
   * Items that were not begun when it was asked to end are not settled: the lease keeps them.
   */
  async deliver(batch: Batch): Promise<BatchOutcome> {
    const { clock, connector, messages, settlements, ways, log: tell } = this.#options
    const { destination, items } = batch
    const log = new JourneyBuilder('', clock)
    const settling = new SettlingInTurn(settlements, batch, log)
    const named = ways.to(destination)
    const route = await this.#findRoute(destination, named?.hop, log)
    if (batch.ending.stage !== 'go-on') return { settlements: [], reachable: 'unknown' }
    if (route.type !== 'targets') {
      const ours = items.filter(({ id }) => batch.begin(id))
      const last = await settling.last(ours.map((item) => nowhere(item, route)))
      return { ...last, reachable: 'unknown' }
    }
    if (!batch.arrive(siteOf(route, destination))) return { settlements: [], reachable: 'unknown' }
    const way = named?.way ?? exchangeWay
    const round = new Round({ connector, messages, settling, way, log, tell }, batch)
    for (const target of route.targets) {
      if (round.done) break
      await round.visit(target)
    }
    const { told, spared } = sparing(round.left)
    const pause = round.pause ?? pauseIn(told)
    if (pause !== undefined && batch.ending.stage === 'go-on') {
      const waiting = [...round.untried, ...spared.map(({ item }) => item)]
      await settling.putOff(waiting, pause, clock.now())
    }
    const last = { ...(await settling.last(told)), ...(pause === undefined ? {} : { pause }) }
    // What the queue wants to know for its other mail: one word from anybody there is enough.
    if (round.answered) return { ...last, reachable: 'yes' }
    const { silence } = round
    if (silence === undefined) return { ...last, reachable: 'unknown' }
    return { ...last, reachable: 'no', problem: silence }
  }

  async #findRoute(
    destination: string,
    hop: NextHop | undefined,
    log: JourneyBuilder,
  ): Promise<Route> {
    const { resolver, clock, random } = this.#options
    const recorder = new RecordingResolver(resolver, clock)
    const begin = log.begin()
    const seed = Math.floor(random() * 4_294_967_296)
    // As it is now: interfaces come and go.
    const self = { ...this.#options.self }
    const facts = { destination, seed, self, ...(hop === undefined ? {} : { hop }) }
    const route = await findRoute(facts, recorder)
    log.step({ type: 'route', ...facts, route }, begin, recorder.answers)
    return route
  }
}

function nowhere(item: QueueItem, route: Exclude<Route, { type: 'targets' }>): Attempt {
  const { status, because } = route
  const result = route.type === 'permanent' ? 'failed' : 'deferred'
  const attempt = { result, status, because, outcome: undefined } as const
  const ourOutage = route.questions.some(({ answer }) => {
    return answer.type === 'failed' && answer.reason === 'no-resolver'
  })
  return { item, host: '', ip: '', result: attempt, lines: [], refusedToTalk: false, ourOutage }
}
