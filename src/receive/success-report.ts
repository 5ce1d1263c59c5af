import { domainOf } from '../address/mailbox.ts'
import { JourneyBuilder } from '../journey/builder.ts'
import type { DeliveryStep } from '../journey/record.ts'
import { journeyRow } from '../journey/row.ts'
import { encodeUtf8 } from '../base/utf8.ts'
import type { MessageHeader } from '../message/header-reader.ts'
import { returnPath } from '../message/return-path.ts'
import { type DsnRecipient, notificationFor } from '../report/dsn.ts'
import { contentOf } from '../store/content-sink.ts'
import type { NewJourney, NewMailboxItem, NewMessage } from '../store/store.ts'
import type { Envelope } from './port.ts'
import type { SubmissionOptions, SubmittedRecipient } from './submission.ts'

/** A report to one of our users, and what is put down with it. */
export interface SuccessReport {
  readonly message: NewMessage
  readonly mailbox: readonly NewMailboxItem[]
  readonly journeys: readonly NewJourney[]
  /** For the journey of the letter that it is about. */
  readonly step: DeliveryStep
}

/**
 * The report that a letter was filed here, for a sender who asked to be told (RFC 3461 §5.2.3): the
 * mailbox is the end of the way, so the action is `delivered`. It is filed with the letter, in one;
 * `undefined` when nobody asked.
 */
export function reportSuccess(
  server: Pick<SubmissionOptions, 'hostname' | 'origin' | 'clock' | 'random' | 'newId'>,
  letter: {
    readonly envelope: Envelope
    readonly recipients: readonly SubmittedRecipient[]
    readonly header: MessageHeader
    /** The account of the sender. */
    readonly reader: string
  },
): SuccessReport | undefined {
  const { hostname, origin, clock, random, newId } = server
  const { journey, mailFrom, parameters } = letter.envelope
  const now = clock.now()
  const recipients = letter.recipients.flatMap((one) => delivered(one, now))
  if (recipients.length === 0) return undefined
  const report = notificationFor({
    reversePath: mailFrom,
    smtpUtf8: parameters.smtpUtf8,
    ...(parameters.envid === null ? {} : { envelopeId: parameters.envid }),
    reference: journey.id,
    arrivedAt: now,
    // Of a letter that arrived only the header is returned (RFC 3461 §4.3).
    original: { octets: letter.header.octets, complete: false },
    recipients,
    reporter: { hostname, postmaster: postmasterOf(mailFrom) },
    now,
    random,
  })
  if (report.type === 'none') return undefined
  const id = newId()
  const own = new JourneyBuilder(id, clock)
  const account = letter.reader
  own.step({ type: 'filed', account, mailbox: 'Inbox', recipient: report.to })
  const row = journeyRow(own, {
    direction: 'out',
    ...origin,
    envelope: { ip: '', helo: '', mailFrom: '', rcptTo: [report.to] },
    outcome: { status: 'created', because: ['delivery status'] },
    replay: undefined,
    subject: report.subject,
    headerMessageId: report.messageId,
    author: postmasterOf(mailFrom),
    messageId: id,
  })
  const prefix = encodeUtf8(returnPath(''))
  return {
    message: { id, content: contentOf(report.message), prefix, omit: [] },
    mailbox: [{ account, mailbox: 'Inbox', messageId: id, journeyId: id, receivedAt: now }],
    journeys: [row],
    step: {
      type: 'notified',
      about: 'success',
      to: report.to,
      journey: id,
      recipients: recipients.map(({ address }) => address),
    },
  }
}

function delivered(
  { rcptTo, wishes, to }: SubmittedRecipient,
  now: number,
): readonly DsnRecipient[] {
  const { notify, orcpt } = wishes
  if (to.type !== 'mailbox' || notify?.includes('SUCCESS') !== true) return []
  return [
    {
      address: rcptTo,
      ...(orcpt === null ? {} : { originalRecipient: orcpt }),
      notify: ['success'],
      action: 'delivered',
      status: '2.0.0',
      because: 'It is in the mailbox.',
      lastAttemptAt: now,
    },
  ]
}

function postmasterOf(mailFrom: string): string {
  return `postmaster@${domainOf(mailFrom)}`
}
