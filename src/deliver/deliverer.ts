import { seededRandom } from '../base/random.ts'
import { RecordingResolver } from '../dns/recording-resolver.ts'
import { JourneyBuilder } from '../journey/builder.ts'
import { type Route, type RouteTarget, routeTo } from '../route/route.ts'
import type { RecipientOutcome } from '../smtp/client-types.ts'
import type { QueueItem, Settlement } from '../store/store.ts'
import { anotherMayHelp, type AttemptResult, attemptResult, transactionFor } from './attempt.ts'
import type { ClientSession, SessionLine } from './client-session.ts'
import { connectTo } from './connect.ts'
import { settle } from './settle.ts'
import type { DeliverWorld } from './world.ts'

/** A queue item on its way, with what is known of this attempt so far. */
export interface Attempt {
  readonly item: QueueItem
  readonly host: string
  readonly ip: string
  readonly result: AttemptResult
  readonly lines: readonly SessionLine[]
}

/** Items for one destination, leased by `owner`. */
export interface DeliveryBatch {
  readonly destination: string
  readonly items: readonly QueueItem[]
  readonly owner: string
}

export interface DeliveryReport {
  readonly settlements: readonly Settlement[]
  readonly reachable: 'yes' | 'no' | 'unknown'
  readonly problem?: string
}

/**
 * Delivers queue items of one destination: finds the way, goes through the targets in order, sends
 * each message once to all its recipients over one connection, and says what became of each item.
 * Never rejects for anything another server or DNS does.
 */
export async function deliverBatch(
  world: DeliverWorld,
  { destination, items, owner }: DeliveryBatch,
): Promise<DeliveryReport> {
  const log = new JourneyBuilder('', world.clock)
  const route = await findRoute(world, destination, log)
  if (route.type !== 'targets') {
    const attempts = items.map((item) => nowhere(item, route))
    return { settlements: await settle(world, attempts, { log, owner }), reachable: 'unknown' }
  }
  const { attempts, silence } = await tryTargets(world, route.targets, items, log)
  const settlements = await settle(world, attempts, { log, owner })
  // What the queue wants to know for its other mail: one word from anybody there is enough.
  if (silence === undefined) return { settlements, reachable: 'yes' }
  return { settlements, reachable: 'no', problem: silence }
}

/** What came of all targets that were tried. */
interface Tried {
  readonly attempts: readonly Attempt[]
  /** When no server said a word: why the last one could not be reached. */
  readonly silence: string | undefined
}

async function findRoute(
  world: DeliverWorld,
  destination: string,
  log: JourneyBuilder,
): Promise<Route> {
  const recorder = new RecordingResolver(world.resolver, world.clock)
  const begin = log.begin()
  const seed = Math.floor(world.random() * 4_294_967_296)
  const { self } = world
  const route = await routeTo(destination, recorder, { ...self, random: seededRandom(seed) })
  log.step({ type: 'route', destination, seed, self, route }, begin, recorder.answers)
  return route
}

function nowhere(item: QueueItem, route: Exclude<Route, { type: 'targets' }>): Attempt {
  const { status, because } = route
  const result = route.type === 'permanent' ? 'failed' : 'deferred'
  const attempt = { result, status, because, outcome: undefined } as const
  return { item, host: '', ip: '', result: attempt, lines: [] }
}

async function tryTargets(
  world: DeliverWorld,
  targets: readonly RouteTarget[],
  items: readonly QueueItem[],
  log: JourneyBuilder,
): Promise<Tried> {
  const done: Attempt[] = []
  let waiting = items
  let last: Attempt[] = []
  let answered = false
  let silence: string | undefined
  for (const target of targets) {
    if (waiting.length === 0) break
    const connected = await connectTo(world, target, log)
    const { host, address: ip } = target
    if (connected.type === 'failed') {
      const { status, because, permanent, outcome, lines } = connected
      if (lines.length > 0) answered = true
      silence = because
      const result = {
        result: permanent ? 'failed' : 'deferred',
        status,
        because,
        outcome,
      } as const
      last = waiting.map((item) => ({ item, host, ip, result, lines }))
      continue
    }
    answered = true
    const attempts = await sendAll(world, connected.session, { target, items: waiting })
    last = attempts.filter(({ result }) => {
      return result.outcome !== undefined && anotherMayHelp(result.outcome)
    })
    done.push(...attempts.filter((attempt) => !last.includes(attempt)))
    waiting = last.map(({ item }) => item)
  }
  return { attempts: [...done, ...last], silence: answered ? undefined : silence }
}

/** Sends every message over one session, one after the other. */
async function sendAll(
  world: DeliverWorld,
  session: ClientSession,
  { target, items }: { readonly target: RouteTarget; readonly items: readonly QueueItem[] },
): Promise<readonly Attempt[]> {
  const { host, address: ip } = target
  const attempts: Attempt[] = []
  for (const group of byMessage(items)) {
    const outcomes = await sendOne(world, session, group)
    const lines = session.takeLines()
    group.forEach((item, index) => {
      const outcome = outcomes[index]
      const result = outcome === undefined ? unreadable : attemptResult(outcome)
      attempts.push({ item, host, ip, result, lines })
    })
  }
  session.quit()
  return attempts
}

async function sendOne(
  world: DeliverWorld,
  session: ClientSession,
  group: readonly [QueueItem, ...QueueItem[]],
): Promise<readonly RecipientOutcome[]> {
  const message = world.openMessage(group[0].messageId)
  if (message === undefined) return []
  return session.send(transactionFor(group, message), message.chunks())
}

/** The store has lost the octets of a queued message: that is ours to repair, so it waits. */
const unreadable: AttemptResult = {
  result: 'deferred',
  status: '4.3.0',
  because: 'The stored message could not be read.',
  outcome: undefined,
}

function byMessage(items: readonly QueueItem[]): readonly (readonly [QueueItem, ...QueueItem[]])[] {
  const groups = new Map<string, [QueueItem, ...QueueItem[]]>()
  for (const item of items) {
    const group = groups.get(item.messageId)
    if (group === undefined) groups.set(item.messageId, [item])
    else group.push(item)
  }
  return Array.from(groups.values())
}
