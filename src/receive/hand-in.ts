import type { AddressRemark } from '../address/mailbox.ts'
import type { ForwardPath, ReversePath } from '../address/path.ts'
import { noMailParameters, noRcptParameters, type NotifyWhen } from '../smtp/parameters.ts'
import { type Reply, withReference } from '../smtp/reply.ts'
import { freshSession } from '../smtp/server-answers.ts'
import type { MessageFacts, Question } from '../smtp/server-types.ts'
import type { NewReceipt } from '../store/ports/receipts.ts'
import type { MailHandler } from './mail-handler.ts'
import type { Port, Verdict } from './port.ts'
import { recipientText } from './recipient.ts'
import { faultReply } from './replies.ts'
import { type SeenLetter, WatchedPort } from './watched-port.ts'

/** A path as somebody wrote it, and where it goes beyond RFC 5321. */
export interface WrittenPath<P> {
  readonly path: P
  readonly remarks: readonly AddressRemark[]
}

/** A letter that is there whole, with its envelope. */
export interface HandedLetter {
  readonly from: WrittenPath<ReversePath>
  readonly to: readonly WrittenPath<ForwardPath>[]
  /** Lines end with CRLF. */
  readonly octets: Uint8Array
  /** It goes on its way then, Unix milliseconds, and not before. Absent: at once. */
  readonly sendAt?: number
  /** What its sender wants to hear of it (RFC 3461 §4). Absent: as usual. */
  readonly dsn?: HandedDsn
}

/** As MAIL and RCPT have it; the same for all recipients. */
export interface HandedDsn {
  readonly notify: readonly NotifyWhen[] | null
  readonly ret: 'FULL' | 'HDRS' | null
  readonly envid: string | null
}

/** How it stands with one recipient. */
export interface HandedRecipient {
  readonly address: string
  readonly status: 'delivered' | 'quarantined' | 'queued' | 'refused' | 'deferred'
  /** Why not; absent for one that was taken. */
  readonly reply?: Reply
}

/** A letter that was taken. */
export interface HandedOver {
  readonly type: 'taken'
  /** Of its journey. */
  readonly id: string
  readonly headerMessageId: string
  readonly recipients: readonly HandedRecipient[]
}

/** What became of a letter that was handed in. */
export type Handed =
  | HandedOver
  | {
      readonly type: 'refused'
      readonly id: string
      readonly at: 'connect' | 'sender' | 'recipients' | 'message'
      readonly reply: Reply
      readonly because: readonly string[]
      readonly recipients: readonly HandedRecipient[]
    }

/** Who hands it in, and what is put down with it. */
export interface HandingIn {
  /** Whose account the letter is; `undefined` for a stranger's. */
  readonly login: string | undefined
  /** As the journey names them, where they are known. */
  readonly who: string | undefined
  /** By which door, and what was said there; HTTP when absent. */
  readonly by?: { readonly mechanism: string; readonly heard: string }
  /** A recipient that is refused refuses the letter: nobody gets it then. Absent: the others do. */
  readonly allOrNone?: boolean
  /** What is kept in one with the letter, so that it is not taken again. */
  readonly receipt?: ((over: HandedOver) => NewReceipt) | undefined
}

/**
 * Hands a whole letter in at a port, as a session of SMTP would: the same questions in the same order
 * to the same handler, so limits, rules and records are the same. Never rejects for a broken world:
 * that is a letter which was put off.
 *
 * @param open makes the handler over a port; `drop` ends it in the middle of all
 */
export async function handIn(
  letter: HandedLetter,
  by: HandingIn,
  open: (around: (port: Port) => Port, drop: () => void) => MailHandler,
): Promise<Handed> {
  const { mechanism = 'HTTP', heard = 'POST /v1/messages' } = by.by ?? {}
  const recipients: HandedRecipient[] = []
  const make = ({ id, headerMessageId, verdict }: SeenLetter): HandedOver => {
    return {
      type: 'taken',
      id,
      headerMessageId,
      recipients: settled(recipients, verdict),
    }
  }
  const watched: { port?: WatchedPort } = {}
  const session = { ...freshSession(null), user: by.login ?? null }
  let closed = false
  const close = (reason: string): void => {
    if (!closed) handler.closed(reason, session)
    closed = true
  }
  const handler = open(
    (port) => {
      watched.port = new WatchedPort(port, {
        receipt: (seen) => by.receipt?.(make(seen)),
        sendAt: letter.sendAt,
      })
      return watched.port
    },
    () => close('fault'),
  )
  const id = handler.journeyId
  let exchange = 0
  const ask = async (question: Question): Promise<Reply | undefined> => {
    exchange++
    const answer = await handler.answer(question, session)
    if (answer.type === 'accept') return undefined
    if (!closed && question.type !== 'message') {
      handler.reply({ type: 'reply', exchange, reply: answer.reply, refuses: null })
    }
    return answer.reply
  }
  const no = (at: 'connect' | 'sender' | 'recipients' | 'message', reply: Reply): Handed => {
    const because = watched.port?.seen?.verdict.because ?? []
    return { type: 'refused', id, at, reply: withReference(reply, id), because, recipients }
  }
  try {
    handler.heard({ type: 'heard', exchange, command: '', text: heard })
    const turnedAway = await ask({ type: 'connect' })
    if (turnedAway !== undefined) {
      close('refused')
      return no('connect', turnedAway)
    }
    if (by.who !== undefined) handler.known(by.who, mechanism)
    const { notify = null, ret = null, envid = null } = letter.dsn ?? {}
    const parameters = {
      ...noMailParameters,
      body: '8BITMIME',
      smtpUtf8: true,
      ret,
      envid,
    } as const
    const { path: reversePath, remarks } = letter.from
    const refused = await ask({ type: 'sender', reversePath, remarks, parameters })
    if (refused !== undefined) return no('sender', refused)
    for (const { path: forwardPath, remarks } of letter.to) {
      const reply = await ask({
        type: 'recipient',
        forwardPath,
        remarks,
        parameters: { ...noRcptParameters, notify },
      })
      recipients.push(recipientOf(forwardPath, reply ?? watched.port?.lastTaken))
      if (closed) break
    }
    const refusals = recipients.flatMap(({ reply }) => reply ?? [])
    const none = refusals.length === recipients.length
    if (none || (by.allOrNone === true && refusals.length > 0)) {
      return no('recipients', refusals[0] ?? faultReply(undefined))
    }
    await ask({ type: 'data' })
    for (let at = 0; at < letter.octets.length; at += chunkOctets) {
      await handler.content(letter.octets.subarray(at, at + chunkOctets))
    }
    const answer = await ask({ type: 'message', facts: factsOf(letter.octets) })
    const seen = watched.port?.seen
    return answer !== undefined || seen === undefined
      ? no('message', answer ?? faultReply(undefined))
      : make(seen)
  } catch (problem) {
    const reply = faultReply(problem)
    handler.broken(problem, reply)
    return no('message', reply)
  } finally {
    close('quit')
  }
}

const chunkOctets = 64 * 1024

/** Where the mail of each went is in the verdict of the letter; nothing is filed that waits. */
function settled(
  recipients: readonly HandedRecipient[],
  verdict: Verdict,
): readonly HandedRecipient[] {
  if (verdict.type !== 'taken') return recipients
  const { placed } = verdict
  const waits = placed.queued && placed.acceptance.mailbox.length === 0
  const status = waits ? 'queued' : verdict.status === 'quarantined' ? 'quarantined' : 'delivered'
  return recipients.map((one) => (one.status === 'delivered' ? { ...one, status } : one))
}

function recipientOf(
  path: ForwardPath,
  reply: Reply | 'mailbox' | 'remote' | undefined,
): HandedRecipient {
  const address = recipientText(path)
  if (reply === 'remote') return { address, status: 'queued' }
  if (reply === undefined || reply === 'mailbox') return { address, status: 'delivered' }
  return { address, status: reply.code < 500 ? 'deferred' : 'refused', reply }
}

function factsOf(octets: Uint8Array): MessageFacts {
  let all = 0
  for (let i = 0; i < octets.length; i++) all |= octets[i] ?? 0
  return {
    octets: octets.length,
    eightBit: all > 0x7f,
    nul: octets.includes(0),
    bareNewline: false,
    tooBig: false,
  }
}
