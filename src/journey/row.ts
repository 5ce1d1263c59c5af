import type { JourneyBuilder, Shared } from './builder.ts'
import type { Envelope, Outcome, ReplayFacts } from './record.ts'
import { summaryOf } from './summary.ts'

/** What ends a journey, beside its outcome. */
export interface JourneyEnd {
  readonly direction: 'in' | 'out'
  readonly mode: 'lab' | 'live'
  readonly host: string
  readonly envelope: Envelope
  readonly outcome: Outcome
  readonly replay: ReplayFacts | undefined
  readonly subject: string
  readonly headerMessageId: string
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
}

/** Ends a journey and makes the row that the store keeps of it. */
export function journeyRow(builder: JourneyBuilder, end: JourneyEnd): JourneyRowData {
  const { headerMessageId, messageId, ...facts } = end
  const record = builder.record({ ...facts, messageId: headerMessageId })
  return {
    id: record.id,
    direction: record.direction,
    startedAt: record.startedAt,
    status: record.outcome.status,
    mailFrom: record.envelope.mailFrom,
    rcptTo: record.envelope.rcptTo,
    subject: record.subject,
    summary: summaryOf(record),
    json: JSON.stringify(record),
    shared: builder.shared,
    ...(messageId === undefined ? {} : { messageId }),
  }
}
