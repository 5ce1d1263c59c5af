import { parseForwardPath, parseReversePath } from '../address/path.ts'
import { readAnswer } from '../answers/read-answer.ts'
import type { AnswerReading } from '../answers/kinds.ts'
import { isAscii } from '../base/octets.ts'
import type { ConvertedStep } from '../journey/converted-step.ts'
import type { MailboxRole } from '../journey/recipients.ts'
import type { ClientRecipient, ClientTransaction, RecipientOutcome } from '../smtp/client-types.ts'
import { setback } from '../smtp/failure.ts'
import { effectOf, type ReplyEffect } from '../smtp/reply-effect.ts'
import type { OriginalRecipient } from '../smtp/parameters.ts'
import type { OpenMessage } from '../store/ports/contents.ts'
import type { QueueItem } from '../store/ports/queue.ts'
import type { SessionLine } from './client-session.ts'

/** What one attempt came to for one recipient, before the schedule is asked. */
export type AttemptResult =
  | {
      readonly result: 'delivered'
      /** `undefined`: no server was asked, it is filed here. */
      readonly outcome: RecipientOutcome | undefined
      readonly dsn: boolean
    }
  | {
      readonly result: 'deferred' | 'failed'
      /** Enhanced status code, RFC 3463. */
      readonly status: string
      readonly because: string
      readonly outcome: RecipientOutcome | undefined
    }

/** Where the octets of letters are. */
export interface Messages {
  open(id: string): Promise<OpenMessage | undefined>
}

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
  /** The name of the source that it went from; absent: the system chose the address. */
  readonly source?: string | undefined
  /** How the letter was changed for the servers that it was sent to. Absent: it was not. */
  readonly converted?: readonly ConvertedStep[]
  /** Not tried, because its destination is paused. */
  readonly paused?: boolean
  /** It had waited for its time, and goes to this account here. Absent: to another server. */
  readonly filing?: { readonly account: string; readonly role: MailboxRole }
}

/** What the other server made of a recipient. */
export function attemptResult(outcome: RecipientOutcome): AttemptResult {
  if (outcome.result === 'accepted') return { result: 'delivered', outcome, dsn: outcome.dsn }
  const { result, status, text } = outcome
  return { result, status, because: text, outcome }
}

/** What an attempt that was in vain means; `undefined` when it was not. */
export function readingOf(result: AttemptResult): AnswerReading | undefined {
  if (result.result === 'delivered') return undefined
  const { outcome, status } = result
  if (outcome?.result === 'accepted') return undefined
  return readAnswer(outcome ?? { because: 'route', atCommand: 'CONNECT', status, reply: null })
}

/** The store has lost the octets of a queued message: that is ours to repair, so it waits. */
export const unreadable: AttemptResult = {
  result: 'deferred',
  status: '4.3.0',
  because: 'The stored message could not be read.',
  outcome: undefined,
}

/**
 * Whether another exchange may do better: nothing was said about this recipient, only the
 * connection did not hold (RFC 5321 §5.1). An answer that may have been lost after the message is
 * not tried elsewhere at once, because the other server may have it (RFC 1047).
 */
export function anotherMayHelp(outcome: RecipientOutcome): boolean {
  if (outcome.result !== 'deferred') return false
  return (
    ['timeout', 'connectionLost', 'malformedReply'].includes(outcome.because) || closesDown(outcome)
  )
}

/**
 * Whether this server cannot take the letter as it is, and another address of the same destination
 * may well be able to: it cannot be had here for good, or wants TLS that failed. Nothing is wrong
 * with the connection.
 */
export function anotherIsAble(outcome: RecipientOutcome): boolean {
  if (outcome.result === 'accepted') return false
  return notHere(outcome) || outcome.because === 'tlsFailed'
}

/**
 * What this server will not take a moment later either, though another may: it lacks an extension such
 * as SMTPUTF8 (RFC 6531 §3.2 has the client look for another route), or our own address, the IPv6 one
 * most often, has no name that leads back to it (RFC 7372 §3.3); by IPv4 we have another.
 */
export function notHere(outcome: RecipientOutcome | undefined): boolean {
  if (outcome?.result !== 'failed') return false
  const { kind } = readAnswer(outcome)
  return kind === 'unsupported' || kind === 'no-reverse-name'
}

/**
 * What a refusal means in clear text, after TLS was offered and has failed: who insists on TLS says
 * 530 (RFC 3207 §4), x.7.10 (RFC 5248) or so in words, and that is about the TLS of this moment and
 * not about the letter.
 */
export function withoutTls(outcome: RecipientOutcome): RecipientOutcome {
  if (outcome.result === 'accepted' || outcome.reply === null) return outcome
  const { reply, atCommand } = outcome
  if (reply.code !== 530 && readAnswer(outcome).kind !== 'tls-wanted') return outcome
  const text = 'The server takes no mail without TLS, which it offered and which failed'
  return { ...setback('tlsFailed', atCommand, text), reply }
}

/** The server ended the connection before it had judged the letter. */
export function closesDown(outcome: RecipientOutcome): boolean {
  return effectIn(outcome) === 'closes'
}

/** What the reply did beside refusing; see `effectOf`. */
function effectIn(outcome: RecipientOutcome | undefined): ReplyEffect {
  if (outcome === undefined || outcome.result === 'accepted') return 'none'
  const { reply, atCommand } = outcome
  return reply === null ? 'none' : effectOf(reply, atCommand)
}

/** Whether the connection broke over this letter, by the server's doing. */
export function brokeOff(outcome: RecipientOutcome): boolean {
  if (outcome.result === 'accepted') return false
  const { because } = outcome
  if (because === 'unknownAfterMessage' || anotherMayHelp(outcome)) return true
  return effectIn(outcome) === 'judges-and-closes'
}

/** Whether it may be this connection that has had enough, after some letters. */
export function hadEnough(outcome: RecipientOutcome | undefined): boolean {
  return effectIn(outcome) === 'may-have-had-enough'
}

/**
 * Which recipients the server had no room for in this transaction, though it took others that were
 * named before them and got the letter to those.
 *
 * RFC 5321 §4.5.3.1.10: 452 (some say 552, which is read as the same) means "too many recipients",
 * and the rest goes in a transaction of its own. 452 is also said of a mailbox that is full; where
 * nothing tells which is meant, asking once more costs little.
 */
export function beyondRoom(
  outcomes: readonly (RecipientOutcome | undefined)[],
): readonly boolean[] {
  let taken = false
  return outcomes.map((outcome) => {
    if (outcome?.result === 'accepted') taken = true
    if (!taken || outcome?.result !== 'deferred' || effectIn(outcome) !== 'no-room') return false
    return meansTooMany.has(readAnswer(outcome).rule)
  })
}

const meansTooMany: ReadonlySet<string> = new Set([
  'enhanced.5.3',
  'words.recipients',
  'code.452',
  'code.552',
])

/** The server offers CHUNKING and cannot do it: the letter goes to it once more, by DATA. */
export function wantsData(outcome: RecipientOutcome | undefined): boolean {
  return outcome?.result === 'deferred' && outcome.because === 'chunkingFailed'
}

/** It may be BDAT that went wrong, also where a letter was sent whole and nothing came. */
export function mayBeChunking(outcome: RecipientOutcome | undefined): boolean {
  if (outcome?.result !== 'deferred') return false
  return wantsData(outcome) || outcome.because === 'unknownAfterMessage'
}

/** The path of the envelope cannot be written: no server could be told of it, whenever it is tried. */
export function unsayable(problem: string): AttemptResult {
  const because = `The envelope of the message cannot be written: ${problem}.`
  return { result: 'failed', status: '5.1.7', because, outcome: undefined }
}

/** Why the envelope of an item cannot be written; `undefined` when it can, as `place` sees to. */
export function envelopeProblem({ dsn, reversePath, recipient }: QueueItem): string | undefined {
  const from = parseReversePath(`<${dsn.returnPath ?? reversePath}>`)
  if (!from.ok) return `of its sender, ${from.problem}`
  const to = parseForwardPath(`<${recipient}>`)
  return to.ok ? undefined : `of its recipient, ${to.problem}`
}

/** The envelope for items of one message that have no `envelopeProblem`. */
export function transactionFor(
  items: readonly [QueueItem, ...QueueItem[]],
  message: OpenMessage,
): ClientTransaction {
  const [first] = items
  const reversePath = parseReversePath(`<${first.dsn.returnPath ?? first.reversePath}>`)
  if (!reversePath.ok) throw new Error(`queue item ${first.id}: ${reversePath.problem}`)
  return {
    reversePath: reversePath.value,
    recipients: items.map(clientRecipient),
    size: message.size,
    eightBit: first.eightBit,
    smtpUtf8: items.some(needsSmtpUtf8),
    utf8Header: first.smtpUtf8,
    ret: first.dsn.ret === undefined ? null : first.dsn.ret === 'full' ? 'FULL' : 'HDRS',
    envid: first.dsn.envelopeId ?? first.dsn.ownEnvelopeId ?? null,
    requireTls: first.dsn.tls === 'required',
  }
}

/** RFC 6531 §3.4: an address of the envelope cannot be said without it. */
export function needsSmtpUtf8({ smtpUtf8, recipient, reversePath }: QueueItem): boolean {
  return smtpUtf8 && !(isAscii(recipient) && isAscii(reversePath))
}

function clientRecipient(item: QueueItem): ClientRecipient {
  const forwardPath = parseForwardPath(`<${item.recipient}>`)
  if (!forwardPath.ok) throw new Error(`queue item ${item.id}: ${forwardPath.problem}`)
  const upper = { never: 'NEVER', success: 'SUCCESS', failure: 'FAILURE', delay: 'DELAY' } as const
  return {
    forwardPath: forwardPath.value,
    notify: item.dsn.notify?.map((when) => upper[when]) ?? null,
    orcpt: originalRecipient(item) ?? ledFrom(item),
  }
}

/**
 * RFC 3461 §5.2.1 (d): who was given none may say what stood in RCPT. So a report of the next server
 * names the address that the sender knows.
 */
function ledFrom({ dsn: { rcptTo } }: QueueItem): OriginalRecipient | null {
  if (rcptTo === undefined) return null
  return { addressType: isAscii(rcptTo) ? 'rfc822' : 'utf-8', address: rcptTo }
}

/** ORCPT as it was stored: `rfc822;user@example.org`. */
export function originalRecipient(item: QueueItem): OriginalRecipient | null {
  const stored = item.dsn.originalRecipient
  if (stored === undefined) return null
  const semicolon = stored.indexOf(';')
  return { addressType: stored.slice(0, semicolon), address: stored.slice(semicolon + 1) }
}

/** The connection ended before the server had said anything of the letter. */
export function endedBefore(outcome: RecipientOutcome | undefined): boolean {
  if (outcome === undefined || outcome.result === 'accepted') return false
  const { because, atCommand } = outcome
  return atCommand !== 'MESSAGE' && (because === 'connectionLost' || closesDown(outcome))
}

/** Whether the connection broke over this letter. */
export function isBroken(outcome: RecipientOutcome | undefined): boolean {
  return outcome !== undefined && brokeOff(outcome)
}
