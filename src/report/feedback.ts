import type { ReportProblem } from './report-problem.ts'

/** What both kinds of feedback say. `null` stands for what is not told. Plain data. */
export interface Feedback {
  /** `text`: there were no fields for programs, and the sentences for people were read. */
  readonly source: 'fields' | 'text'
  readonly userAgent: string | null
  readonly version: string | null
  readonly originalEnvelopeId: string | null
  /** Without angle brackets; empty for the null reverse-path. */
  readonly originalMailFrom: string | null
  readonly originalRcptTo: readonly string[]
  /** As it was written. */
  readonly arrivalDate: string | null
  /** Unix seconds. */
  readonly arrivedAt: number | null
  readonly reportingMta: string | null
  readonly sourceIp: string | null
  readonly sourcePort: number | null
  /** How many messages it stands for; 1 when not told (RFC 5965 §3.2). */
  readonly incidents: number
  readonly authenticationResults: readonly string[]
  readonly reportedDomains: readonly string[]
  readonly reportedUris: readonly string[]
  readonly original: FeedbackOriginal | null
  /** What the report does not say and its message does; absent when there is nothing of it. */
  readonly inferred?: InferredFeedback
  readonly problems: readonly ReportProblem[]
}

/** What the header of the message tells where the report is silent. */
export interface InferredFeedback {
  /** From the newest Received field, as are the seconds since 1970. */
  readonly sourceIp?: string
  readonly arrivedAt?: number
  /** From Return-Path. */
  readonly originalMailFrom?: string
  readonly originalRcptTo?: readonly string[]
  /** The domain in From. */
  readonly reportedDomains?: readonly string[]
}

/** The message that it is about, so far as it came along. */
export interface FeedbackOriginal {
  readonly complete: boolean
  readonly from: string | null
  readonly to: string | null
  readonly subject: string | null
  readonly messageId: string | null
  readonly date: string | null
  /** Lines joined by LF; at most 32,768 characters. */
  readonly header: string
}

/** A complaint about a message, or what else is told in RFC 5965's format. */
export interface AbuseReport extends Feedback {
  readonly type: 'abuse'
  /** Lower case: `abuse`, `fraud`, `virus`, `not-spam`, `other` or another word. */
  readonly feedbackType: string
}

/** That a message failed authentication: RFC 6591, as RFC 9991 has it for DMARC. */
export interface FailureReport extends Feedback {
  readonly type: 'failure'
  readonly feedbackType: 'auth-failure'
  /** Lower case: `dmarc`, `signature`, `bodyhash`, `revoked`, `spf`, `adsp` or another word. */
  readonly authFailure: string | null
  /** Lower case: `delivered`, `spam`, `policy`, `reject`, `other` or another word. */
  readonly deliveryResult: string | null
  /** The methods without an aligned pass; empty for `none`. */
  readonly identityAlignment: readonly ('dkim' | 'spf')[] | null
  readonly dkimDomain: string | null
  readonly dkimIdentity: string | null
  readonly dkimSelector: string | null
  readonly dkimSelectorDns: string | null
  readonly dkimAdspDns: string | null
  /** Base64, without white space; cut at 16 KiB. */
  readonly dkimCanonicalizedHeader: string | null
  readonly dkimCanonicalizedBody: string | null
  readonly spfDns: string | null
}
