import type { Domain } from '../address/domain.ts'
import type { AlignmentEvidence, AuthorEvidence } from './alignment.ts'
import type { AppliedRecord, ExistenceEvidence, WalkStep } from './discovery.ts'
import type { DmarcPolicy } from './record.ts'
import type { Rfc7489Reading } from './rfc7489.ts'

/** What DMARC says of one Author Domain, with everything that was asked. Plain data. */
export type DmarcOutcome = DmarcPass | DmarcFail | DmarcNone | DmarcTempError | DmarcPermError

/** What DMARC says of a message. RFC 9989 §5.3. Plain data. */
export type DmarcVerdict = DmarcOutcome & {
  readonly author: AuthorEvidence
  /** With several Author Domains: what DMARC says of the others. The strictest one decides. */
  readonly others: readonly DmarcOutcome[]
  /** What RFC 7489 with a public suffix list would have said, when a list was given. */
  readonly rfc7489: Rfc7489Reading | null
}

/** An Authenticated Identifier is aligned with the Author Domain. */
export interface DmarcPass extends KnownPolicy {
  readonly result: 'pass'
}

/** A policy applies and nothing that authenticates is aligned. */
export interface DmarcFail extends KnownPolicy {
  readonly result: 'fail'
}

/** No policy applies. */
export interface DmarcNone extends UnknownPolicy {
  readonly result: 'none'
  readonly because: 'no-record' | 'record-without-policy'
}

/** A DNS error keeps it open; later it may be known. RFC 9989 §5.3.6. */
export interface DmarcTempError extends Omit<Common, 'result'> {
  readonly result: 'temperror'
  /** What could not be asked. */
  readonly because: 'policy-unknown' | 'alignment-unknown' | 'existence-unknown'
  /** `null` when the error kept the policy from being found. */
  readonly policy: DmarcPolicy | null
  readonly disposition: DmarcPolicy | null
  readonly policyTag: 'p' | 'sp' | 'np' | null
  readonly testing: boolean
  readonly record: AppliedRecord | null
  readonly existence: ExistenceEvidence | null
}

/** Whether the policy is unknown because nobody asked for it: here names of its kind are not looked up. */
export function wasNotAsked({ result, walk }: Pick<DmarcOutcome, 'result' | 'walk'>): boolean {
  return result === 'temperror' && walk.some(({ failure }) => failure === 'not-asked')
}

/** The message has no author that a policy could be found for. RFC 9989 §4.4, §5.3.1. */
export interface DmarcPermError extends UnknownPolicy {
  readonly result: 'permerror'
  readonly because: 'no-author' | 'several-from-fields' | 'too-many-authors'
}

interface Common {
  readonly result: string
  /** The Author Domain; `null` when there is none. */
  readonly authorDomain: Domain | null
  /** Its Organizational Domain; `null` when it is not known. */
  readonly orgDomain: string | null
  readonly spfAligned: boolean
  readonly dkimAligned: boolean
  readonly spf: AlignmentEvidence | null
  readonly dkim: readonly AlignmentEvidence[]
  /** The walk up from the Author Domain, each question with its answer. */
  readonly walk: readonly WalkStep[]
}

interface KnownPolicy extends Common {
  /** The value of `p`, `sp` or `np` that applies to the Author Domain, as published. */
  readonly policy: DmarcPolicy
  /** The policy after `t=y` has made it one step softer: what the owner wants done. */
  readonly disposition: DmarcPolicy
  readonly policyTag: 'p' | 'sp' | 'np'
  readonly testing: boolean
  readonly record: AppliedRecord
  readonly existence: ExistenceEvidence | null
}

interface UnknownPolicy extends Common {
  readonly policy: null
  readonly disposition: null
  readonly policyTag: null
  readonly testing: false
  readonly record: null
  readonly existence: null
}

/** RFC 9989 §4.7, tag `t`: one level below. */
export function softened(policy: DmarcPolicy): DmarcPolicy {
  return policy === 'reject' ? 'quarantine' : 'none'
}
