/** What a report says of one recipient. All text is cleaned, one line each. */
export interface ReportedRecipient {
  /** The address without its type; empty when the report gives none. */
  readonly finalRecipient: string
  readonly originalRecipient: string | undefined
  /** `deliverable` is what address probes report; `unknown` stands for any other word. */
  readonly action:
    | 'failed'
    | 'delayed'
    | 'delivered'
    | 'relayed'
    | 'expanded'
    | 'deliverable'
    | 'unknown'
  /** `d.d.d`; made from the diagnostic or the action when the report has none. */
  readonly status: string
  readonly remoteMta: string | undefined
  readonly diagnosticCode: string | undefined
  /** The sentences about the recipient, where a report is nothing but text. */
  readonly words?: string
  /** As written: `parseDate` reads it. */
  readonly lastAttemptDate: string | undefined
  readonly willRetryUntil: string | undefined
}
