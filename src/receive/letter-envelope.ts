import { type PathRemark, formatMailbox } from '../address/mailbox.ts'
import type { JourneyBuilder } from '../journey/builder.ts'
import type { Outcome } from '../journey/record.ts'
import type { SmtpAnswer } from '../journey/spoken.ts'
import { recipientAccepted, type Reply, withReference } from '../smtp/reply.ts'
import type { CloseReason, Question, Session } from '../smtp/server-types.ts'
import type { AskedRecipient, Envelope } from './port.ts'
import { recipientText } from './recipient.ts'
import { answerOf } from './replies.ts'

export type SenderQuestion = Question & { readonly type: 'sender' }
export type RecipientQuestion = Question & { readonly type: 'recipient' }

/** Sender and recipients of one letter, as they are asked about and written down. */
export class LetterEnvelope {
  readonly journey: JourneyBuilder
  readonly mailFrom: string
  /** Every recipient that was asked for, taken or not. */
  readonly asked: string[] = []
  /** Of these, those that were taken. */
  readonly taken: string[] = []
  /** The last recipient that was refused, as its client was told. */
  #refusal: SmtpAnswer | undefined

  constructor(journey: JourneyBuilder, { reversePath }: SenderQuestion) {
    this.journey = journey
    this.mailFrom = reversePath.type === 'null' ? '' : formatMailbox(reversePath.mailbox)
  }

  /** What a port is asked about the sender. */
  asSender(
    { reversePath, parameters }: SenderQuestion,
    { ip, session }: { readonly ip: string; readonly session: Session },
  ): Envelope {
    const { journey, mailFrom } = this
    const helo = session.greeting?.name ?? ''
    const transport = transportOf(session, parameters.smtpUtf8)
    return { journey, reversePath, mailFrom, parameters, ip, helo, transport }
  }

  senderTaken(question: SenderQuestion): void {
    const { journey, mailFrom } = this
    journey.step({ type: 'sender', mailFrom, refused: undefined, ...remarksOf(question) })
  }

  /** Gives the refusal as its client is told. */
  senderRefused(question: SenderQuestion, refusal: Reply): SmtpAnswer {
    const { journey, mailFrom } = this
    const told = answerOf(withReference(refusal, journey.id), 'MAIL FROM')
    journey.step({ type: 'sender', mailFrom, refused: told, ...remarksOf(question) })
    return told
  }

  /** A recipient is named: what the letter is asked about it. */
  asRecipient({ forwardPath: path, parameters }: RecipientQuestion): AskedRecipient {
    const rcptTo = recipientText(path)
    this.asked.push(rcptTo)
    return { path, rcptTo, parameters }
  }

  recipientTaken(question: RecipientQuestion, to: 'mailbox' | 'remote'): void {
    const rcptTo = recipientText(question.forwardPath)
    this.taken.push(rcptTo)
    const answer = answerOf(recipientAccepted, 'RCPT TO')
    this.journey.step({ type: 'recipient', rcptTo, to, answer, ...remarksOf(question) })
  }

  recipientRefused(question: RecipientQuestion, refusal: Reply): void {
    const { journey } = this
    const rcptTo = recipientText(question.forwardPath)
    const answer = answerOf(withReference(refusal, journey.id), 'RCPT TO')
    this.#refusal = answer
    journey.step({ type: 'recipient', rcptTo, to: 'refused', answer, ...remarksOf(question) })
  }

  /** The engine has refused a command by itself. */
  commandRefused(answer: SmtpAnswer): void {
    // What was asked for is not known, but that there was somebody to be refused is. 421 is about
    // the connection, which says itself why it ends.
    if (answer.atCommand === 'RCPT TO' && answer.code !== 421) this.#refusal = answer
  }

  /** What becomes of a letter that goes no further; `closing` is why the session ends with it. */
  end(closing: string | null): Outcome {
    const refusal = this.#refusal
    // Where one recipient was taken and another refused, nobody has refused the letter; but 421 is
    // for the whole connection (RFC 5321 §3.8).
    if (refusal === undefined || (this.taken.length > 0 && refusal.code !== 421)) {
      const ours = closing !== null && closedByUs.has(closing)
      const why = ours ? closing : 'the client gave the message up'
      this.journey.step({ type: 'dropped', why })
      return { status: 'dropped', because: [why] }
    }
    return { status: statusOf(refusal), smtp: refusal, because: ['recipient'] }
  }
}

/** Told to come back is something else than told to go away. */
export function statusOf({ code }: { readonly code: number }): 'deferred' | 'refused' {
  return code < 500 ? 'deferred' : 'refused'
}

/** Of a transaction that ends with the session for one of these, the client did not let go. */
export const closedByUs: ReadonlySet<string> = new Set<CloseReason | 'fault'>([
  'timeout',
  'refused',
  'tooManyErrors',
  'tooMuch',
  'notSmtp',
  'shutdown',
  'fault',
])

/** What a Received field says of how a letter comes. */
function transportOf({ tls, greeting, user }: Session, utf8: boolean): Envelope['transport'] {
  // Who did not greet spoke no SMTP: RFC 5321 §4.4 has no word for what they spoke instead.
  if (greeting === null) return {}
  const extended = greeting?.verb === 'EHLO'
  const protocol = { extended, tls: tls !== null, authenticated: user !== null, utf8 }
  if (tls === null) return { protocol }
  return { protocol, tls: { version: tls.protocol, cipher: tls.cipher } }
}

/** For the record, which has none where there is nothing to remark. */
function remarksOf({ remarks }: { readonly remarks: readonly PathRemark[] }): {
  readonly remarks?: readonly PathRemark[]
} {
  return remarks.length === 0 ? {} : { remarks }
}
