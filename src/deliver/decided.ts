import type { AnswerReading } from '../answers/kinds.ts'
import { namedWaitSeconds } from '../answers/named-wait.ts'
import type { Postponement } from '../post/batch.ts'
import { describeReply } from '../smtp/reply.ts'
import type { QueueItem, Settlement } from '../store/ports/queue.ts'
import { type Attempt, readingOf } from './attempt.ts'

/** When to try again, and when to say so. */
export interface Schedule {
  /** When to try again after this attempt; `undefined` when it was the last. */
  retryAt(item: QueueItem, now: number, heard?: AnswerReading): number | undefined
  /** Whether the sender is to be told now that it takes longer, at a deferral until then. */
  warnOfDelay(item: QueueItem, nextAttemptAt: number): boolean
}

/** What finally becomes of an item now: the schedule has been asked. */
export interface Decided {
  readonly attempt: Attempt
  readonly outcome: Settlement['outcome']
  /** Enhanced status code, RFC 3463. */
  readonly status: string
  readonly because: string
  /** The sender is to be told that it takes longer. */
  readonly warn: boolean
  /** What a refusal means; absent where there was none. */
  readonly reading?: AnswerReading
}

/** What becomes of an attempt: the other server's word, and ours where it has said none for good. */
export function decide(attempt: Attempt, schedule: Schedule, now: number): Decided {
  const { result, item } = attempt
  if (result.result === 'delivered') {
    const delivered = { outcome: { type: 'delivered' }, status: '2.0.0', because: '' } as const
    return { attempt, ...delivered, warn: false }
  }
  const { status, because } = result
  const reading = withWait(readingOf(result), result, now)
  const meant = reading === undefined ? {} : { reading }
  if (result.result === 'failed') {
    return { attempt, outcome: { type: 'failed' }, status, because, warn: false, ...meant }
  }
  // After an outage of our own as soon as after a first attempt: letters must not wait for hours more
  // because we could not ask for hours.
  const counted = attempt.ourOutage === true ? { ...item, attempts: 0 } : item
  const nextAttemptAt = schedule.retryAt(counted, now, reading)
  if (nextAttemptAt === undefined) {
    const attempts = item.attempts + 1
    const end = { status: expired, because: tooOld(item, { attempts, now, because }) }
    return { attempt, outcome: { type: 'failed' }, ...end, warn: false, ...meant }
  }
  const problem = inOneLine(because, result)
  const kind = reading === undefined ? {} : { kind: reading.kind }
  const outcome = { type: 'deferred', nextAttemptAt, problem, ...kind } as const
  const warn = schedule.warnOfDelay(item, nextAttemptAt)
  return { attempt, outcome, status, because, warn, ...meant }
}

/** With the wait that a refusal for now names, where it names one. */
function withWait(
  reading: AnswerReading | undefined,
  { result, outcome }: Attempt['result'],
  now: number,
): AnswerReading | undefined {
  const reply = outcome?.reply ?? null
  if (reading === undefined || reply === null || result !== 'deferred') return reading
  const waitSeconds = namedWaitSeconds(reply.lines.join(' '), now)
  return waitSeconds === undefined ? reading : { ...reading, waitSeconds }
}

/**
 * Puts an item off untried: no attempt is counted, and its own schedule goes on from where it was.
 * None waits beyond its end: whose time is over has one more attempt, so that a clock that jumped ahead
 * ends nothing that was not tried since. Only where no attempt can begin it is given up here.
 */
export function putOff(
  item: QueueItem,
  {
    until,
    because,
    endsExpired = false,
    paused = false,
  }: Pick<Postponement, 'until' | 'because' | 'endsExpired' | 'paused'>,
  { schedule, now }: { readonly schedule: Schedule; readonly now: number },
): Decided {
  const result = { result: 'deferred', status: '4.4.1', because, outcome: undefined } as const
  const attempt = { item, host: '', ip: '', result, lines: [], refusedToTalk: false, paused }
  if (endsExpired && now >= item.expiresAt) {
    const end = {
      status: expired,
      because: tooOld(item, { attempts: item.attempts, now, because }),
    }
    return { attempt, outcome: { type: 'failed' }, ...end, warn: false }
  }
  const nextAttemptAt = now < item.expiresAt ? Math.min(until, item.expiresAt) : until
  return {
    attempt,
    outcome: { type: 'deferred', nextAttemptAt, problem: because, attempted: false },
    status: '4.4.1',
    because,
    warn: schedule.warnOfDelay(item, nextAttemptAt),
  }
}

/** Our sentence, if there is one, with the other server's words behind it, for lists. */
export function inOneLine(because: string, { outcome }: Attempt['result']): string {
  const reply = outcome?.reply ?? null
  if (reply === null) return because
  const words = describeReply(reply).slice(0, 300)
  return because === '' ? words : `${because.replace(/\.$/, '')}: ${words}`
}

/** RFC 3463 §3.5, X.4.7: the delivery time has expired. */
const expired = '5.4.7'

const minuteMs = 60_000
const hourMs = 60 * minuteMs
const dayMs = 24 * hourMs

/** Why an item is given up, in a sentence: how long it was kept, how often tried, and the last word. */
export function tooOld(
  item: Pick<QueueItem, 'createdAt'>,
  end: { readonly attempts: number; readonly now: number; readonly because: string },
): string {
  const tries = end.attempts === 1 ? 'one attempt' : `${end.attempts} attempts`
  const span = spanInWords(end.now - item.createdAt)
  return `It was given up after ${span} and ${tries}. The last time: ${end.because}`
}

/** `5 days`, `3 hours`, `1 minute`: the largest unit that fits, rounded down. */
function spanInWords(ms: number): string {
  const [unit, size] =
    ms >= dayMs ? ['day', dayMs] : ms >= hourMs ? ['hour', hourMs] : ['minute', minuteMs]
  const count = Math.max(0, Math.floor(ms / Number(size)))
  return `${count} ${unit}${count === 1 ? '' : 's'}`
}
