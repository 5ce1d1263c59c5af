/** What an SPF check gives: the result, why, and every question that led to it. Plain JSON data. */
import type { DnsFailure } from '../dns/resolver.ts'

/** RFC 7208 §2.6. */
export type SpfResult =
  | 'none'
  | 'neutral'
  | 'pass'
  | 'fail'
  | 'softfail'
  | 'temperror'
  | 'permerror'

/** RFC 7208 §2.3 and §2.4. */
export type SpfIdentity = 'mailfrom' | 'helo'

export type SpfRecordType = 'TXT' | 'A' | 'AAAA' | 'MX' | 'PTR'

/** One DNS question and what came back. */
export type SpfLookup =
  | {
      readonly name: string
      readonly type: SpfRecordType
      readonly answer: 'found'
      /** How many records came. */
      readonly count: number
      /** The first of them, as text; none for the TXT records of a policy, whose text is `record`. */
      readonly records: readonly string[]
    }
  | { readonly name: string; readonly type: SpfRecordType; readonly answer: 'noName' | 'noData' }
  | {
      readonly name: string
      readonly type: SpfRecordType
      readonly answer: 'failed'
      readonly reason: DnsFailure
    }

export type SpfTermKind =
  | 'all'
  | 'include'
  | 'a'
  | 'mx'
  | 'ptr'
  | 'ip4'
  | 'ip6'
  | 'exists'
  | 'redirect'
  | 'exp'
  | 'unknown'

/**
 * What became of a term. `followed` is for a redirect, `used` for an `exp` whose text is the
 * explanation; `ignored` for modifiers without effect on this check; `error` ended the check.
 */
export type SpfOutcome =
  | 'match'
  | 'noMatch'
  | 'error'
  | 'notReached'
  | 'followed'
  | 'used'
  | 'ignored'

/** One term of a record, in the order of the record. */
export interface SpfTerm {
  /** As published; cut at 300 characters. */
  readonly text: string
  readonly kind: SpfTermKind
  readonly outcome: SpfOutcome
  /** Terms that count towards the limit, up to and with this one; not there when not reached. */
  readonly lookups?: number
  /** The name after macro expansion, for terms that have one. */
  readonly target?: string
  readonly asked?: readonly SpfLookup[]
  /** The evaluation of the included record, or of the one redirected to. */
  readonly check?: SpfCheck
}

/** One run of check_host() (RFC 7208 §4): a domain, its record and what the terms did. */
export interface SpfCheck {
  readonly domain: string
  readonly result: SpfResult
  /** The question for the record; not there when `domain` is not a name to ask for. */
  readonly asked?: SpfLookup
  /** The record's text, as an octet string; cut at 2,000 characters. */
  readonly record?: string
  readonly terms: readonly SpfTerm[]
  /** How many terms are not listed: of records with more than 100, or in all more than 300. */
  readonly termsCut?: number
}

/** Why no policy was found (RFC 7208 §2.6.1, §4.3, §4.5). */
export type SpfAbsence =
  /** Not a multi-label domain name; nothing was asked. */
  | 'notADomain'
  /** The name does not exist. */
  | 'noName'
  /** The name exists and has no SPF record. */
  | 'noRecord'
  /** The client has no IP address (a local socket, or text that is not an address). */
  | 'noAddress'

/** What stopped a check. `domain` is whose record was being evaluated. */
export type SpfProblem =
  | {
      readonly type: 'dnsFailed'
      readonly domain: string
      readonly term?: string
      readonly name: string
      readonly recordType: SpfRecordType
      readonly reason: DnsFailure
    }
  | {
      readonly type: 'syntax'
      readonly domain: string
      /** The term that is wrong; cut at 300 characters. */
      readonly term: string
      /** Where the term begins in the record, counted from 0. */
      readonly at: number
      /** A sentence: what is wrong with it. */
      readonly because: string
    }
  | {
      readonly type: 'severalRecords'
      readonly domain: string
      readonly count: number
      /** The first of them, each cut at 300 characters. */
      readonly records: readonly string[]
    }
  | {
      readonly type: 'tooManyLookups' | 'tooManyVoidLookups'
      readonly domain: string
      readonly term: string
      readonly limit: number
    }
  | {
      readonly type: 'tooManyMx'
      readonly domain: string
      readonly term: string
      readonly name: string
      readonly count: number
      readonly limit: number
    }
  /** An include or a redirect of a domain without a policy. */
  | {
      readonly type: 'noPolicy'
      readonly domain: string
      readonly term: string
      readonly target: string
      readonly because: Exclude<SpfAbsence, 'noAddress'>
    }

interface SpfEvidence extends Omit<SpfCheck, 'result'> {
  readonly identity: SpfIdentity
  /** The <sender> of RFC 7208 §4.1, with `postmaster` where there was no local-part. */
  readonly sender: string
  /** The client address in canonical form; an IPv4-mapped address as IPv4. */
  readonly ip: string
  readonly helo: string
  readonly lookups: {
    /** Terms that asked DNS (RFC 7208 §4.6.4), of at most `limit`. */
    readonly used: number
    readonly limit: number
    /** Terms whose question found nothing, of at most `voidLimit`. */
    readonly void: number
    readonly voidLimit: number
  }
}

interface SpfDecided extends SpfEvidence {
  /** The mechanism that matched, without its qualifier; `default` when none did (RFC 7208 §4.7). */
  readonly mechanism: string
  /** Whose record it stands in: `domain`, or where a redirect led to. */
  readonly mechanismDomain: string
}

/** The outcome of `checkSpf`, with its evidence: the tree of `terms`, through includes and redirects. */
export type SpfVerdict =
  | (SpfDecided & { readonly result: 'pass' | 'neutral' | 'softfail' })
  | (SpfDecided & {
      readonly result: 'fail'
      /**
       * What the owner of `mechanismDomain` wants to be said (RFC 7208 §6.2): one line of printable
       * ASCII, at most 450 characters. Third-party text: say so where it is shown. Not there when
       * nothing usable was published.
       */
      readonly explanation?: string
    })
  | (SpfEvidence & { readonly result: 'none'; readonly absence: SpfAbsence })
  | (SpfEvidence & {
      readonly result: 'temperror' | 'permerror'
      readonly problem: SpfProblem
    })
