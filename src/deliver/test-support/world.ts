import { type Clock, ManualClock } from '../../base/clock.ts'
import { makeId } from '../../base/id.ts'
import { type Log, silent } from '../../base/log.ts'
import { seededRandom } from '../../base/random.ts'
import { encodeUtf8 } from '../../base/octets.ts'
import type { MemoryDirectory } from '../../directory/memory-directory.ts'
import { directoryOf } from '../../directory/test-support/directory.ts'
import { MemoryResolver } from '../../dns/memory-resolver.ts'
import type { Resolver } from '../../dns/resolver.ts'
import type { Dialer } from '../../io/dialer.ts'
import type { Post } from '../../post/post.ts'
import { testPost } from '../../post/test-support/post.ts'
import type { Self } from '../../route/self.ts'
import type { JourneyPort } from '../../store/ports/journeys.ts'
import type { OpenMessage } from '../../store/ports/contents.ts'
import type { QueueItem, Settlement } from '../../store/ports/queue.ts'
import type { Messages } from '../attempt.ts'
import { Connector } from '../connect.ts'
import type { Schedule } from '../decided.ts'
import { Deliverer } from '../deliverer.ts'
import type { Demands } from '../demands.ts'
import { Notices } from '../notices.ts'
import { Settlements } from '../settlements.ts'
import { type NamedWays, noNamedWays } from '../way.ts'

export const start: number = Date.UTC(2026, 10, 23, 18, 0, 0)
export const minuteMs: number = 60_000
export const hourMs: number = 60 * minuteMs
export const dayMs: number = 24 * hourMs

export const letter: string =
  'From: anna@north.example\r\nTo: bob@south.example\r\nSubject: Quote\r\n\r\nHello\r\n'

/** All that the classes of this folder take, for tests to change. */
export interface TestWorld extends Schedule {
  readonly demands?: Demands
  readonly hostname: string
  readonly self: Self
  readonly resolver: Resolver
  readonly dialer: Dialer
  readonly clock: Clock
  readonly log: Log
  readonly trustAnchors: readonly string[] | undefined
  readonly directory: MemoryDirectory
  readonly post: Post
  readonly ways?: NamedWays
  readonly journeys: Pick<JourneyPort, 'find'>
  random(): number
  openMessage(id: string): Promise<OpenMessage | undefined>
}

/** A world in which nothing can be reached, for what needs no connection. */
export function testWorld(
  changes: Partial<TestWorld> = {},
): TestWorld & { readonly clock: ManualClock } {
  const clock = new ManualClock(start)
  const random = seededRandom(1)
  const directory = changes.directory ?? directoryOf(['anna@north.example'])
  return {
    hostname: 'mx.north.example',
    self: { selfNames: ['mx.north.example'], selfAddresses: [], loopbackIsSelf: false },
    resolver: new MemoryResolver({}),
    dialer: nobody,
    log: silent,
    trustAnchors: [],
    random,
    openMessage: () => Promise.resolve(openText(letter)),
    retryAt: (_item, now) => now + 5 * minuteMs,
    warnOfDelay: () => false,
    directory,
    journeys: { find: () => Promise.resolve({ type: 'none' }) },
    post: testPost(directory, {
      clock,
      newId: () => makeId(clock.now(), random),
      queueMs: () => 5 * dayMs,
      origin: { host: 'mx.north.example' },
    }),
    ...changes,
    clock,
  }
}

function messagesIn(world: TestWorld): Messages {
  return { open: (id) => world.openMessage(id) }
}

export function noticesIn(world: TestWorld): Notices {
  return new Notices({ ...world, messages: messagesIn(world) })
}

export function settlementsIn(world: TestWorld): Settlements {
  return new Settlements({ ...world, schedule: world, notices: noticesIn(world) })
}

export function delivererIn(world: TestWorld): Deliverer {
  const connector = new Connector(world)
  const { ways = noNamedWays } = world
  return new Deliverer({
    ...world,
    ways,
    connector,
    messages: messagesIn(world),
    settlements: settlementsIn(world),
  })
}

const nobody: Dialer = {
  dial: () => Promise.resolve({ type: 'failed', reason: 'refused', text: 'connection refused' }),
  realPlace: () => undefined,
}

export function openText(text: string): OpenMessage {
  const octets = encodeUtf8(text)
  async function* chunks(): AsyncGenerator<Uint8Array> {
    yield octets
  }
  const made = { prefix: new Uint8Array(0), omit: [], contentSize: octets.length }
  return { id: 'm1', size: octets.length, made, chunks, original: chunks }
}

export function testItem(changes: Partial<QueueItem> = {}): QueueItem {
  return {
    id: 'q1',
    messageId: 'm1',
    journeyId: 'j1',
    reversePath: 'anna@north.example',
    recipient: 'bob@south.example',
    destination: 'south.example',
    smtpUtf8: false,
    eightBit: false,
    dsn: {},
    createdAt: start,
    nextAttemptAt: start,
    expiresAt: start + 5 * dayMs,
    attempts: 0,
    held: false,
    holdReason: '',
    lastProblem: '',
    ...changes,
  }
}

/** The octets of the report that a settlement brings; `undefined` when it brings none. */
export function reportIn(settlement: Settlement | undefined): Uint8Array | undefined {
  const source = settlement?.notification?.message?.content.source
  return source?.type === 'octets' ? source.octets : undefined
}
