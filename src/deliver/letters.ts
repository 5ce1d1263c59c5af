import type { Setback } from '../smtp/client-types.ts'
import type { QueueItem } from '../store/ports/queue.ts'
import { type Attempt, type AttemptResult, needsSmtpUtf8, notHere } from './attempt.ts'

/** The items of one message that still have to go to this destination: one transaction. */
export interface Letter {
  readonly items: readonly [QueueItem, ...QueueItem[]]
  /** What came of the exchanges that were tried for it, where that was no word about the letter. */
  readonly before: readonly Attempt[]
}

/**
 * One letter for each message, in the order of the items. Recipients whose addresses need SMTPUTF8
 * are a letter of their own: a server without it still takes the message for the others. So are those
 * with a reverse-path of their own.
 */
export function lettersOf(items: readonly QueueItem[]): readonly Letter[] {
  const groups = new Map<string, [QueueItem, ...QueueItem[]]>()
  for (const item of items) {
    const { returnPath = '' } = item.dsn
    const key = `${needsSmtpUtf8(item) ? 'utf8' : 'ascii'} ${item.messageId} ${returnPath}`
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [item])
    else group.push(item)
  }
  return Array.from(groups.values(), (group) => ({ items: group, before: [] }))
}

/** The letter for these of its items, with what one more exchange has said. */
export function letterAgain(letter: Letter, attempts: readonly Attempt[]): Letter | undefined {
  const [first, ...more] = attempts.map(({ item }) => item)
  if (first === undefined) return undefined
  return { items: [first, ...more], before: after(letter, attempts) }
}

/**
 * The letter for these of its items in parts of at most so many recipients. That the server had no
 * room for them is told by the dialogue of those it had room for.
 */
export function inParts(
  letter: Letter,
  attempts: readonly Attempt[],
  most: number,
): readonly Letter[] {
  const parts: Letter[] = []
  const lines: Attempt['lines'] = []
  for (let start = 0; start < attempts.length; start += most) {
    const some = attempts.slice(start, start + most).map((attempt) => {
      return { ...attempt, lines, converted: [] }
    })
    const part = letterAgain(letter, some)
    if (part !== undefined) parts.push(part)
  }
  return parts
}

/** The letter for these of its items: as if this exchange had said nothing to them. */
export function once(letter: Letter, attempts: readonly Attempt[]): readonly Letter[] {
  const [first, ...more] = attempts.map(({ item }) => item)
  return first === undefined ? [] : [{ items: [first, ...more], before: letter.before }]
}

/**
 * The attempts of one talk as they stand after all exchanges: the dialogues in a row, and what weighs
 * most. Recipients that share what was said go on sharing it: it is written down once.
 */
export function after({ before }: Letter, attempts: readonly Attempt[]): readonly Attempt[] {
  const joined = new Map<Attempt['lines'], Attempt['lines']>()
  return attempts.map((attempt) => {
    const earlier = before.find(({ item }) => item.id === attempt.item.id)
    if (earlier === undefined) return attempt
    const lines = joined.get(earlier.lines) ?? inARow(earlier.lines, attempt.lines)
    joined.set(earlier.lines, lines)
    // RFC 5321 §4.2.1 has a refusal to talk end a letter. It speaks for one host, and another one has
    // put the letter off: as long as that one may still take it, the letter waits.
    const putOff = earlier.result.result === 'deferred'
    // Nor does it say more than one that talked, and cannot take such a letter.
    const stands = attempt.refusedToTalk && (putOff || notHere(earlier.result.outcome))
    const converted = [...(earlier.converted ?? []), ...(attempt.converted ?? [])]
    return { ...(stands ? earlier : attempt), lines, converted }
  })
}

function inARow(first: Attempt['lines'], second: Attempt['lines']): Attempt['lines'] {
  if (first.length === 0) return second
  return second.length === 0 ? first : [...first, ...second]
}

/** What a broken session says of the letters that were not sent over it. */
export function resultForOthers(failure: Setback): AttemptResult {
  const { status, text, reply } = failure
  const because = `The server took none of the letters before this one: ${text}`
  return { result: 'deferred', status, because, outcome: reply === null ? undefined : failure }
}
