import { ManualClock } from '../../base/clock.ts'
import { makeId } from '../../base/id.ts'
import { silent } from '../../base/log.ts'
import { seededRandom } from '../../base/random.ts'
import { encodeUtf8 } from '../../base/utf8.ts'
import type { MemoryDirectory } from '../../directory/memory-directory.ts'
import { directoryOf } from '../../directory/test-support/directory.ts'
import { MemoryResolver } from '../../dns/memory-resolver.ts'
import type { Dialer } from '../../io/dialer.ts'
import { testPost } from '../../post/test-support/post.ts'
import type { OpenMessage } from '../../store/ports/messages.ts'
import type { QueueItem, Settlement } from '../../store/ports/queue.ts'
import type { DeliverWorld } from '../world.ts'

export const start: number = Date.UTC(2026, 10, 23, 18, 0, 0)
export const minuteMs: number = 60_000
export const hourMs: number = 60 * minuteMs
export const dayMs: number = 24 * hourMs

export const letter: string =
  'From: anna@north.example\r\nTo: bob@south.example\r\nSubject: Quote\r\n\r\nHello\r\n'

/** A world in which nothing can be reached, for what needs no connection. */
export function testWorld({
  directory: given,
  ...changes
}: Partial<Omit<DeliverWorld, 'directory'>> & {
  readonly directory?: MemoryDirectory
} = {}): DeliverWorld & {
  readonly clock: ManualClock
} {
  const clock = new ManualClock(start)
  const random = seededRandom(1)
  const directory = given ?? directoryOf(['anna@north.example'])
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
    post: testPost(directory, {
      clock,
      newId: () => makeId(clock.now(), random),
      queueMs: () => 5 * dayMs,
      origin: { host: 'mx.north.example', mode: 'live' },
    }),
    ...changes,
    clock,
  }
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
  return { id: 'm1', size: octets.length, chunks, original: chunks }
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
    lastProblem: '',
    ...changes,
  }
}

/** The octets of the report that a settlement brings; `undefined` when it brings none. */
export function reportIn(settlement: Settlement | undefined): Uint8Array | undefined {
  const source = settlement?.notification?.message?.content.source
  return source?.type === 'octets' ? source.octets : undefined
}
