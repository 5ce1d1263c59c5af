import type { JourneyBuilder } from '../journey/builder.ts'
import type { Outcome, ReplayFacts, SmtpAnswer } from '../journey/record.ts'
import { journeyRow, type RecordOrigin } from '../journey/row.ts'
import type { MessageHeader } from '../message/header-reader.ts'
import type { NewJourney } from '../store/store.ts'
import { headerTexts } from '../message/header-texts.ts'
import type { MessageIntake } from './intake.ts'
import type { Letter } from './port.ts'

/** What is kept of one transaction while it lasts; with its end it becomes the journey's row. */
export class Transaction {
  readonly journey: JourneyBuilder
  readonly mailFrom: string
  /** What the client had called itself when it began. */
  readonly helo: string
  /** Every recipient that was asked for, taken or not. */
  readonly asked: string[] = []
  /** Of these, those that were taken. */
  readonly taken: string[] = []
  /** The last recipient that was refused, as its client was told. */
  refusal: SmtpAnswer | undefined
  letter: Letter | undefined
  intake: MessageIntake | undefined
  header: MessageHeader | undefined
  /** How long its content was, once it came. */
  octets: number | undefined
  /** The whole message is here, and its answer is being found. */
  settling = false
  /** How many octets are kept, when that is not all of the message. */
  kept: number | undefined
  /** Why the session ended while the answer was being found. */
  gone: string | undefined

  constructor(
    journey: JourneyBuilder,
    { helo, mailFrom }: { readonly helo: string; readonly mailFrom: string },
  ) {
    this.journey = journey
    this.helo = helo
    this.mailFrom = mailFrom
  }

  /** The journey as the store keeps it. */
  row(end: {
    readonly direction: 'in' | 'out'
    readonly origin: RecordOrigin
    readonly ip: string
    readonly login: string | undefined
    readonly outcome: Outcome
    readonly messageId: string | undefined
  }): NewJourney {
    const { direction, origin, ip, login, outcome, messageId } = end
    const { helo, mailFrom, asked: rcptTo } = this
    const added = this.letter?.addedMessageId
    return journeyRow(this.journey, {
      direction,
      ...origin,
      envelope: { ip, helo, mailFrom, rcptTo, ...(login === undefined ? {} : { login }) },
      outcome,
      replay: messageId === undefined ? undefined : this.#replay(),
      ...headerTexts(this.header),
      ...(added === undefined ? {} : { headerMessageId: added }),
      messageId,
    })
  }

  #replay(): ReplayFacts | undefined {
    const { letter, kept } = this
    if (letter?.replay === undefined || kept === undefined) return letter?.replay
    return { ...letter.replay, kept: { octets: kept, bodyHashes: letter.bodyHashes } }
  }
}
