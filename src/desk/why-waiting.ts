import type { SendingNow } from '../deliver/being-sent.ts'
import { ended } from '../journey/sentence.ts'
import type { HeldBack } from '../queue/held-back.ts'
import type { QueueItem } from '../store/ports/queue.ts'
import type { TurnNow } from './item-turns.ts'
import { saysOfSending } from './why-sending.ts'
import type { WhyHold } from './why.ts'

/** What a running server knows of a destination, of what keeps letters for it. */
export interface DestinationStanding {
  readonly destination: string
  /** It did not answer. */
  readonly down?: { readonly because: string; readonly until?: number }
  /** Its letters are due and may not go. */
  readonly heldBack?: HeldBack
}

/** What is known beside the item itself. */
export interface WaitingFacts {
  /** Unix milliseconds. */
  readonly now: number
  /** A server runs and could be asked. */
  readonly running: boolean
  readonly standing: DestinationStanding | undefined
  /** Where the server that runs has it. Absent: it was not asked. */
  readonly turn?: TurnNow | undefined
}

/**
 * All that keeps an item, what lasts longest first: it goes when the last of them frees. Never empty:
 * what nothing keeps is under way or has a place in a moment.
 */
export function holdsOf(item: QueueItem, facts: WaitingFacts): readonly WhyHold[] {
  const { now, running, standing, turn } = facts
  if (running && typeof turn === 'object') return [underWay(turn)]
  const holds = [
    ...itemHolds(item, now),
    ...(standing === undefined ? [] : standingHolds(standing)),
  ]
  const lasting = holds.filter(({ until }) => until === null || Date.parse(until) > now)
  const { leasedUntil = 0 } = item
  const left = !running || turn === 'elsewhere'
  if (left && leasedUntil > now) lasting.push(leaseOf(leasedUntil, running))
  if (!running) lasting.unshift(noServer)
  if (lasting.length === 0) return [turn === undefined ? perhaps : place]
  return lasting.toSorted((a, b) => endOf(b) - endOf(a))
}

function endOf({ until }: WhyHold): number {
  return until === null ? Infinity : Date.parse(until)
}

function itemHolds(item: QueueItem, now: number): readonly WhyHold[] {
  const { held, holdReason, heldUntil, notBefore, nextAttemptAt, attempts } = item
  const holds: WhyHold[] = []
  if (held) {
    const why = holdReason === '' ? 'No reason was given.' : `The reason: ${holdReason}`
    holds.push({
      by: 'hold',
      says: `Somebody, or a hold rule, holds it. ${why}`,
      until: at(heldUntil),
    })
  }
  if (notBefore !== undefined && notBefore > now) {
    holds.push({ by: 'send-at', says: 'Its sender wants it sent later.', until: at(notBefore) })
  }
  // A wait that is no longer than the wish of the sender is that wish.
  if (nextAttemptAt > now && nextAttemptAt !== notBefore) {
    const made = attempts === 1 ? 'one attempt' : `${attempts} attempts`
    const says =
      attempts === 0
        ? 'It was put off untried, and its next turn is later.'
        : `After ${made} it waits for the next one.`
    holds.push({ by: 'schedule', says, until: at(nextAttemptAt) })
  }
  return holds
}

function standingHolds({ destination, down, heldBack }: DestinationStanding): readonly WhyHold[] {
  const holds: WhyHold[] = []
  if (heldBack !== undefined) {
    const { by, because, until } = heldBack
    holds.push({
      by,
      says: `${saysBy[by].replace('%', destination)} ${ended(because)}`,
      until: at(until),
    })
  }
  if (down !== undefined) {
    const { because, until } = down
    const says = `${destination} does not answer: ${ended(because)} Nothing is sent there for a while.`
    holds.push({ by: 'back-off', says, until: at(until) })
  }
  return holds
}

const saysBy = {
  pause: 'Mail to % is paused.',
  'quiet-hours': '% has its quiet hours.',
  rate: 'The rate for % lets no more go now.',
} as const

const noServer: WhyHold = {
  by: 'no-server',
  says: 'No server runs on this data, so nothing is sent.',
  until: null,
}
const place: WhyHold = {
  by: 'place',
  says: 'Nothing keeps it: it has its turn when a connection is free.',
  until: null,
}
/** Where nobody could be asked whether it is under way. */
const perhaps: WhyHold = {
  by: 'place',
  says: 'Nothing keeps it: it is being sent, or has its turn when a connection is free.',
  until: null,
}

/** Somebody has it on lease who does not work at it any more. */
function leaseOf(until: number, running: boolean): WhyHold {
  const says = running
    ? 'A delivery that did not come to its end has it, and nobody else gets it before its lease is over.'
    : 'It was taken to be sent when the last run of the server ended. Its lease is over then, or as soon as the server is started.'
  return { by: 'lease', says, until: at(until) }
}

function underWay(sending: SendingNow): WhyHold {
  const { since, host, ip: address, stage } = sending
  const says = saysOfSending(sending)
  const told = { since: new Date(since).toISOString(), host, address, stage }
  return { by: 'under-way', says, until: null, sending: told }
}

function at(ms: number | undefined): string | null {
  return ms === undefined || !Number.isFinite(ms) ? null : new Date(ms).toISOString()
}
