import type { Ending } from '../base/ending.ts'
import { seededRandom } from '../base/random.ts'
import { RecordingResolver } from '../dns/recording-resolver.ts'
import { JourneyBuilder } from '../journey/builder.ts'
import { routeTo } from '../route/route.ts'
import type { Route } from '../route/found-route.ts'
import type { QueueItem, Settlement } from '../store/ports/queue.ts'
import type { AttemptResult } from './attempt.ts'
import type { SessionLine } from './client-session.ts'
import { Round } from './round.ts'
import { SettlingInTurn } from './settling.ts'
import type { DeliverWorld } from './world.ts'

/** A queue item on its way, with what is known of this attempt so far. */
export interface Attempt {
  readonly item: QueueItem
  readonly host: string
  readonly ip: string
  readonly result: AttemptResult
  readonly lines: readonly SessionLine[]
  /** The server would not talk at all, so nothing was said about the letter. */
  readonly refusedToTalk: boolean
  /** None of our own DNS servers answers: the destination has nothing to do with it. */
  readonly ourOutage?: boolean
}

/** Items for one destination, leased by `owner`. */
export interface DeliveryBatch {
  readonly destination: string
  readonly items: readonly QueueItem[]
  readonly owner: string
  /** Asked to end: the deliverer sees it at every step. */
  readonly ending: Ending
  /** Takes what became of a letter as soon as it is known. Never rejects. */
  settle(settling: Settling): Promise<void>
  /** Further items, for a connection that has sent all of these; empty when it may end. */
  more(): Promise<readonly QueueItem[]>
}

/** What became of letters. */
export interface Settling {
  readonly settlements: readonly Settlement[]
  /** The same for what was not settled, without the items whose leases were lost. */
  readonly again: (lost: readonly string[]) => Promise<Settling>
}

/** What is not settled yet, where no server was there to say something else. */
export interface DeliveryReport extends Settling {
  readonly reachable: 'yes' | 'no' | 'unknown'
  readonly problem?: string
}

/**
 * Delivers queue items of one destination: finds the way, goes through the targets in order, sends
 * each message once to all its recipients, and settles each letter as soon as its fate is known.
 * Never rejects for anything another server or DNS does, and always ends: every wait has a limit.
 *
 * Items that were not begun when it was asked to end are not settled: the lease keeps them.
 */
export async function deliverBatch(
  world: DeliverWorld,
  batch: DeliveryBatch,
): Promise<DeliveryReport> {
  const { destination, items } = batch
  const log = new JourneyBuilder('', world.clock)
  const settling = new SettlingInTurn(world, batch, log)
  const route = await findRoute(world, destination, log)
  if (batch.ending.stage !== 'go-on') return { ...(await settling.last([])), reachable: 'unknown' }
  if (route.type !== 'targets') {
    const last = await settling.last(items.map((item) => nowhere(item, route)))
    return { ...last, reachable: 'unknown' }
  }
  const round = new Round(world, batch, { log, settling })
  for (const target of route.targets) {
    if (round.done) break
    await round.visit(target)
  }
  const last = await settling.last(round.left)
  // What the queue wants to know for its other mail: one word from anybody there is enough.
  if (round.answered) return { ...last, reachable: 'yes' }
  const { silence } = round
  if (silence === undefined) return { ...last, reachable: 'unknown' }
  return { ...last, reachable: 'no', problem: silence }
}

async function findRoute(
  world: DeliverWorld,
  destination: string,
  log: JourneyBuilder,
): Promise<Route> {
  const recorder = new RecordingResolver(world.resolver, world.clock)
  const begin = log.begin()
  const seed = Math.floor(world.random() * 4_294_967_296)
  // As it is now: interfaces come and go.
  const self = { ...world.self }
  const route = await routeTo(destination, recorder, { ...self, random: seededRandom(seed) })
  log.step({ type: 'route', destination, seed, self, route }, begin, recorder.answers)
  return route
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
