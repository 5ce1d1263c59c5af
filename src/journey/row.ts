import type { JourneyBuilder, Shared } from './builder.ts'
import { countStatuses, recipientsOf, wholeStatus } from './recipients.ts'
import type { Envelope, JourneyMode, JourneyRecord, Outcome, ReplayFacts } from './record.ts'
import { accountRefused } from './sentences/turned-away.ts'
import { summaryOf } from './summary.ts'

/** Which server a record is of. */
export interface RecordOrigin {
  readonly host: string
  /** What kind of server it is; `live` when nothing is said. */
  readonly mode?: JourneyMode
}

/** What ends a journey, beside its outcome. */
export interface JourneyEnd extends RecordOrigin {
  readonly direction: 'in' | 'out'
  readonly envelope: Envelope
  readonly outcome: Outcome
  readonly replay: ReplayFacts | undefined
  readonly subject: string
  readonly headerMessageId: string
  /** The addresses in From, with commas between. Absent: nobody is named. */
  readonly author?: string
  /** The stored message, when its octets are kept. */
  readonly messageId: string | undefined
}

/** A journey as the store keeps it: fields to find it by, and the record itself as JSON. */
export interface JourneyRowData {
  readonly id: string
  readonly direction: 'in' | 'out'
  readonly startedAt: number
  readonly status: string
  readonly mailFrom: string
  readonly rcptTo: readonly string[]
  readonly subject: string
  readonly summary: string
  readonly json: string
  readonly shared: readonly Shared[]
  readonly messageId?: string
  readonly author: string
  readonly headerMessageId: string
  readonly ip: string
  /** The account that was logged in, else the one whose login was refused; empty without either. */
  readonly login: string
  /** What became of it for each recipient. */
  readonly recipients: readonly RowRecipient[]
}

/** A recipient as the store finds journeys by it. */
export interface RowRecipient {
  readonly address: string
  readonly status: string
  /** The accounts here that have the letter, with spaces between. */
  readonly accounts: string
}

/** Ends a journey and makes the row that the store keeps of it. */
export function journeyRow(builder: JourneyBuilder, end: JourneyEnd): JourneyRowData {
  const { headerMessageId, messageId, author = '', ...facts } = end
  const record = builder.record({ ...facts, author, messageId: headerMessageId })
  const { outcome } = record
  const recipients = recipientsOf(record)
  // Some of a letter may be here already while the rest of it waits.
  const queued = outcome.status === 'queued' ? wholeStatus(countStatuses(recipients)) : undefined
  return rowOfRecord(record, {
    status: queued ?? outcome.status,
    summary: summaryOf(record),
    json: JSON.stringify(record),
    shared: builder.shared,
    ...(messageId === undefined ? {} : { messageId }),
  })
}

/** The row of a record, whose later steps may be in it already. */
export function rowOfRecord(
  record: JourneyRecord,
  stored: Pick<JourneyRowData, 'status' | 'summary' | 'json' | 'shared' | 'messageId'>,
): JourneyRowData {
  const { envelope } = record
  return {
    id: record.id,
    direction: record.direction,
    startedAt: record.startedAt,
    mailFrom: envelope.mailFrom,
    rcptTo: envelope.rcptTo,
    subject: record.subject,
    ...stored,
    author: record.author ?? '',
    headerMessageId: record.messageId,
    ip: envelope.ip,
    login: envelope.login ?? accountRefused(record.steps) ?? '',
    recipients: recipientsOf(record).map(({ address, status, accounts }) => {
      return { address, status, accounts: accounts.join(' ') }
    }),
  }
}
