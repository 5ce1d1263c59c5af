import { type Domain, parseDomain } from '../address/domain.ts'
import type { AuthenticatedDomain } from './alignment.ts'
import { type PolicyAnswer, type PolicyLookup, readRfc7489Record } from './lookup.ts'
import type { PublicSuffixList } from './public-suffix-list.ts'
import type { AlignmentMode, DmarcPolicy, DmarcRecord } from './record.ts'

/** What two readings can differ in. */
export type ReadingDifference =
  | 'result'
  | 'policy'
  | 'record-domain'
  | 'organizational-domain'
  | 'spf-alignment'
  | 'dkim-alignment'

/** What RFC 7489 says of an Author Domain. Information only: nothing is decided by it. Plain data. */
export interface Rfc7489Reading {
  readonly result: 'pass' | 'fail' | 'none' | 'temperror'
  readonly policy: DmarcPolicy | null
  /** Where the record was found: the Author Domain, or its Organizational Domain by the list. */
  readonly recordDomain: string | null
  readonly orgDomain: string
  readonly spfAligned: boolean
  readonly dkimAligned: boolean
  /** The share of failing mail that the policy is meant for, RFC 7489 §6.3: 0 to 100. */
  readonly percent: number | null
  /** Whether this says anything else than RFC 9989 does. */
  readonly differs: boolean
  readonly what: readonly ReadingDifference[]
}

/** What RFC 9989 said of the same author, as far as the readings can be compared. */
export interface ComparedOutcome {
  readonly result: string
  readonly policy: DmarcPolicy | null
  readonly orgDomain: string | null
  readonly record: { readonly domain: string } | null
  readonly spfAligned: boolean
  readonly dkimAligned: boolean
}

/** The results that are weighed. */
export interface Rfc7489Input {
  readonly author: Domain
  readonly spf: AuthenticatedDomain | null
  readonly dkim: readonly AuthenticatedDomain[]
}

type Uncompared = Omit<Rfc7489Reading, 'differs' | 'what'>

/**
 * Evaluates DMARC as RFC 7489 had it: one look-up at the Author Domain, one at the Organizational
 * Domain that the public suffix list gives (§6.6.3), no `np`, `psd` or `t`.
 *
 * Many receivers still read records this way, so an owner is told where the two readings part.
 */
export async function readRfc7489(
  input: Rfc7489Input,
  list: PublicSuffixList,
  lookup: PolicyLookup,
): Promise<Uncompared> {
  const { author } = input
  const orgDomain = organizationalDomain(author, list)
  const none = { policy: null, recordDomain: null, orgDomain, percent: null }
  const unaligned = { spfAligned: false, dkimAligned: false }
  let at: string = author
  let answer = await lookup.ask(author)
  // RFC 7489 §6.6.3 step 3: only an empty set sends us on; several records end the search.
  if (isEmpty(answer) && orgDomain !== author) {
    at = orgDomain
    answer = await lookup.ask(orgDomain)
  }
  if (answer.type === 'failed') return { result: 'temperror', ...none, ...unaligned }
  const read = 'text' in answer ? readRfc7489Record(answer.text) : undefined
  if (read === undefined || !read.ok) return { result: 'none', ...none, ...unaligned }
  const record = read.value
  const policy = at === author ? record.p : (record.sp ?? record.p)
  const aligns = (one: AuthenticatedDomain, mode: AlignmentMode) =>
    isAligned(one.domain, { author, orgDomain, mode, list })
  const spf = input.spf === null ? [] : [input.spf]
  const spfMay = spf.filter((one) => aligns(one, record.aspf))
  const dkimMay = input.dkim.filter((one) => aligns(one, record.adkim))
  const spfAligned = spfMay.some((one) => one.result === 'pass')
  const dkimAligned = dkimMay.some((one) => one.result === 'pass')
  const open = [...spfMay, ...dkimMay].some((one) => one.result === 'temperror')
  const result = spfAligned || dkimAligned ? 'pass' : open ? 'temperror' : 'fail'
  const percent = percentOf(record)
  return { result, policy, recordDomain: at, orgDomain, spfAligned, dkimAligned, percent }
}

/** Sets both readings side by side. */
export function compareReadings(reading: Uncompared, outcome: ComparedOutcome): Rfc7489Reading {
  const what: ReadingDifference[] = []
  if (reading.result !== outcome.result) what.push('result')
  if (reading.policy !== outcome.policy) what.push('policy')
  if (reading.recordDomain !== (outcome.record?.domain ?? null)) what.push('record-domain')
  if (reading.orgDomain !== outcome.orgDomain) what.push('organizational-domain')
  if (reading.spfAligned !== outcome.spfAligned) what.push('spf-alignment')
  if (reading.dkimAligned !== outcome.dkimAligned) what.push('dkim-alignment')
  return { ...reading, differs: what.length > 0, what }
}

function isEmpty(answer: PolicyAnswer): boolean {
  return answer.type === 'none'
}

/** RFC 7489 §3.2. A public suffix stands for itself. */
function organizationalDomain(domain: Domain, list: PublicSuffixList): string {
  return list.registrableDomain(domain) ?? domain
}

interface Target {
  readonly author: Domain
  readonly orgDomain: string
  readonly mode: AlignmentMode
  readonly list: PublicSuffixList
}

/** RFC 7489 §3.1. */
function isAligned(text: string, { author, orgDomain, mode, list }: Target): boolean {
  const domain = parseDomain(text)
  if (domain === undefined) return false
  if (domain === author) return true
  return mode === 'r' && organizationalDomain(domain, list) === orgDomain
}

/** RFC 7489 §6.3, `pct`: 100 when it is absent or wrong. */
function percentOf(record: DmarcRecord): number {
  const text = record.removed.find(({ tag }) => tag === 'pct')?.value ?? '100'
  return /^(?:100|[0-9]{1,2})$/.test(text) ? Number(text) : 100
}
