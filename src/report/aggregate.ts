import type { ReportProblem } from './report-problem.ts'

/** What became of a message, RFC 9990 §3.1.1.9. `pass`: it passed a policy that asks for more. */
export type ReportedDisposition = 'none' | 'pass' | 'quarantine' | 'reject'

/** RFC 9990 §3.1.6; the last two are RFC 7489's and are read, never written. */
export type OverrideReason =
  | 'local_policy'
  | 'mailing_list'
  | 'other'
  | 'policy_test_mode'
  | 'trusted_forwarder'
  | 'forwarded'
  | 'sampled_out'

/** RFC 8601 §2.7.1 and §2.7.2. */
export type ReportedResult =
  | 'none'
  | 'pass'
  | 'fail'
  | 'softfail'
  | 'policy'
  | 'neutral'
  | 'temperror'
  | 'permerror'

/** The policy that a report is about. `null` stands for what it does not say. */
export interface ReportedPolicy {
  /** The domain at which the record was found. */
  readonly domain: string
  readonly p: 'none' | 'quarantine' | 'reject' | null
  readonly sp: 'none' | 'quarantine' | 'reject' | null
  readonly np: 'none' | 'quarantine' | 'reject' | null
  readonly adkim: 'r' | 's' | null
  readonly aspf: 'r' | 's' | null
  readonly fo: string | null
  readonly testing: 'y' | 'n' | null
  readonly discoveryMethod: 'psl' | 'treewalk' | null
  /** RFC 7489 only. */
  readonly pct: number | null
}

export interface ReportedDkim {
  readonly domain: string
  /** `null` in many reports of the older kind. */
  readonly selector: string | null
  readonly result: ReportedResult | null
  readonly humanResult: string | null
}

export interface ReportedSpf {
  readonly domain: string
  /** `helo` only in reports of the older kind. */
  readonly scope: 'mfrom' | 'helo' | null
  readonly result: ReportedResult | null
  readonly humanResult: string | null
}

/** Messages that one address sent and that fared alike. */
export interface AggregateRecord {
  /** Canonical text of the address; as it was written when it is none. */
  readonly sourceIp: string
  readonly count: number
  readonly disposition: ReportedDisposition | null
  /** Whether an aligned signature passed, and whether SPF passed and was aligned. */
  readonly dkimAligned: 'pass' | 'fail' | null
  readonly spfAligned: 'pass' | 'fail' | null
  readonly reasons: readonly { readonly type: OverrideReason; readonly comment: string | null }[]
  readonly headerFrom: string
  /** Empty for the null reverse-path, `null` when not told. */
  readonly envelopeFrom: string | null
  readonly envelopeTo: string | null
  readonly dkim: readonly ReportedDkim[]
  readonly spf: readonly ReportedSpf[]
}

/** A DMARC aggregate report that was read. Everything in it is what a stranger says. Plain data. */
export interface AggregateReport {
  readonly type: 'aggregate'
  /** RFC 9990's namespace, or anything else. */
  readonly format: 'rfc9990' | 'rfc7489'
  readonly namespace: string | null
  readonly version: string | null
  readonly orgName: string
  readonly email: string
  readonly extraContactInfo: string | null
  readonly generator: string | null
  readonly reportId: string
  /** Unix seconds; `null` when unreadable. */
  readonly begin: number | null
  readonly end: number | null
  /** What the reporter says of the policy record. */
  readonly errors: readonly string[]
  readonly policy: ReportedPolicy
  readonly records: readonly AggregateRecord[]
  readonly problems: readonly ReportProblem[]
}

/** RFC 9990 §6.1. */
export const aggregateNamespace = 'urn:ietf:params:xml:ns:dmarc-2.0'
