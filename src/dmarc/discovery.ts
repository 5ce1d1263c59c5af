import type { Domain } from '../address/domain.ts'
import type { DnsFailure, Resolver } from '../dns/resolver.ts'
import type { PolicyAnswer, PolicyLookup } from './lookup.ts'
import type { DmarcPolicy, DmarcRecord } from './record.ts'

/** The record that applies to an Author Domain. Plain data. */
export interface AppliedRecord {
  /** The domain that publishes it: RFC 9989's DMARC Policy Domain. */
  readonly domain: string
  readonly role: 'author' | 'organization' | 'public-suffix'
  /** The record as it was found, cut at 2,000 characters. */
  readonly text: string
  readonly tags: DmarcRecord
}

/** Whether the Author Domain exists, asked only where `np` would change the policy. */
export interface ExistenceEvidence {
  readonly name: string
  readonly answer: 'exists' | 'does-not-exist' | 'failed'
  readonly failure: DnsFailure | null
}

/** The policy of an Author Domain, before anybody asks whether the message passes. */
export type Discovery = {
  readonly author: Domain
  readonly walk: TreeWalk
  /** `null` when a DNS error keeps it unknown. */
  readonly orgDomain: string | null
} & (
  | {
      readonly type: 'policy'
      readonly record: AppliedRecord
      readonly policy: DmarcPolicy
      readonly policyTag: 'p' | 'sp' | 'np'
      readonly existence: ExistenceEvidence | null
    }
  | { readonly type: 'none'; readonly because: 'no-record' | 'record-without-policy' }
  | { readonly type: 'failed' }
)

/**
 * Finds the policy that applies to an Author Domain. RFC 9989 §4.10.1.
 *
 * The record of the domain itself, else of its Organizational Domain, else of the public suffix
 * above. The walk goes on above the domain's own record, because the Organizational Domain is part
 * of what is found out; a DNS error there leaves the policy known.
 */
export async function discoverPolicy(author: Domain, lookup: PolicyLookup): Promise<Discovery> {
  const walk = await walkTree(author, lookup)
  const orgDomain = organizationalDomain(walk)
  const base = { author, walk, orgDomain }
  const chosen = choose(walk, orgDomain)
  if (chosen === undefined) {
    return walk.failed
      ? { ...base, type: 'failed' }
      : { ...base, type: 'none', because: 'no-record' }
  }
  const { answer, domain, role } = chosen
  // RFC 9989 §4.10.1: no valid `p` and no `rua`: "no DMARC processing".
  if (answer.type !== 'record') return { ...base, type: 'none', because: 'record-without-policy' }
  const record = { domain, role, text: answer.text.slice(0, maxTextShown), tags: answer.record }
  const { p, sp, np } = answer.record
  if (role === 'author') {
    return { ...base, type: 'policy', record, policy: p, policyTag: 'p', existence: null }
  }
  const policyTag = sp === null ? 'p' : 'sp'
  const existing = { policy: sp ?? p, policyTag } as const
  if (np === null || np === existing.policy) {
    return { ...base, type: 'policy', record, ...existing, existence: null }
  }
  const existence = await checkExistence(author, lookup.resolver)
  const nonExisting = { policy: np, policyTag: 'np' } as const
  // Not knowing which applies, nobody is told of a policy stricter than the one that may be meant.
  const milder = softness(np) > softness(existing.policy) ? nonExisting : existing
  const found = { exists: existing, 'does-not-exist': nonExisting, failed: milder }[
    existence.answer
  ]
  return { ...base, type: 'policy', record, ...found, existence }
}

function choose(walk: TreeWalk, orgDomain: string | null) {
  const own = walk.found.find((found) => found.domain === walk.start)
  if (own !== undefined) return { ...own, role: 'author' } as const
  const organization = walk.found.find((found) => found.domain === orgDomain)
  if (organization !== undefined) return { ...organization, role: 'organization' } as const
  // RFC 9989 §4.10.1: the suffix speaks only for those who do not speak for themselves.
  const last = walk.failed ? undefined : walk.found.at(-1)
  return last?.psd === 'y' ? ({ ...last, role: 'public-suffix' } as const) : undefined
}

/**
 * Only NXDOMAIN means that a name does not exist; with any record, or any name below, it does.
 * RFC 9989 §3.2.13, appendix A.4. An alias exists, even when it points nowhere (RFC 6604 §3).
 */
async function checkExistence(name: Domain, resolver: Resolver): Promise<ExistenceEvidence> {
  const answer = await resolver.resolve(name, 'A')
  if (answer.type === 'failed') return { name, answer: 'failed', failure: answer.reason }
  const missing = answer.type === 'noName' && (answer.aliases ?? []).length === 0
  return { name, answer: missing ? 'does-not-exist' : 'exists', failure: null }
}

function softness(policy: DmarcPolicy): number {
  return { none: 2, quarantine: 1, reject: 0 }[policy]
}

/** One question of a walk and what came back. Plain data. */
export interface WalkStep {
  /** `_dmarc.` and the name that is looked at. */
  readonly name: string
  readonly answer:
    | 'record'
    | 'unusable-record'
    | 'several-records'
    | 'other-text'
    | 'no-name'
    | 'no-data'
    | 'failed'
  /** The record, cut at 2,000 characters. */
  readonly text: string | null
  readonly psd: DmarcRecord['psd'] | null
  readonly failure: DnsFailure | null
}

/** A record on the way, from the longest name to the shortest. */
export interface FoundRecord {
  readonly domain: string
  readonly psd: DmarcRecord['psd']
  readonly answer: PolicyAnswer
}

/** The DNS Tree Walk from one name. RFC 9989 §4.10. */
export interface TreeWalk {
  readonly start: string
  readonly steps: readonly WalkStep[]
  readonly found: readonly FoundRecord[]
  /** A question was not answered: what lies above it is not known. */
  readonly failed: boolean
}

/** RFC 9989 §4.10 step 4: names of eight labels and more are cut to seven. */
const labelsAfterCut = 7

/** What the evidence keeps of a record, in characters. */
const maxTextShown = 2000

/**
 * Walks up from `start`, asking at most eight names, until a record with `psd=y` or `psd=n`, a
 * question that fails, or the top. RFC 9989 §4.10.
 *
 * @param start in A-labels and lower case
 */
export async function walkTree(start: string, lookup: PolicyLookup): Promise<TreeWalk> {
  const steps: WalkStep[] = []
  const found: FoundRecord[] = []
  for (let domain: string | undefined = start; domain !== undefined; domain = parent(domain)) {
    const answer = await lookup.ask(domain)
    const psd = psdOf(answer)
    steps.push(stepOf(domain, answer, psd))
    if (answer.type === 'failed') return { start, steps, found, failed: true }
    if (psd === null) continue
    found.push({ domain, psd, answer })
    if (psd !== 'u') break
  }
  return { start, steps, found, failed: false }
}

/**
 * The Organizational Domain of the name a walk began at. RFC 9989 §4.10.2. It is always that name or
 * one above it. `null` when the walk failed.
 */
export function organizationalDomain(walk: TreeWalk): string | null {
  if (walk.failed) return null
  for (const { domain, psd } of walk.found) {
    if (psd === 'n') return domain
    if (psd === 'y' && domain !== walk.start) return oneBelow(domain, walk.start)
  }
  return walk.found.at(-1)?.domain ?? walk.start
}

/** RFC 9989 §4.10 steps 4 and 7. */
function parent(domain: string): string | undefined {
  const labels = domain.split('.')
  const rest = labels.slice(Math.max(1, labels.length - labelsAfterCut))
  return rest.length === 0 ? undefined : rest.join('.')
}

/** The name with one label more than `domain` on the way down to `start`. */
function oneBelow(domain: string, start: string): string {
  const above = start.slice(0, -domain.length - 1)
  return start.slice(above.lastIndexOf('.') + 1)
}

/** `null` when there is no valid record. A record without a policy is one, and says where it stands. */
function psdOf(answer: PolicyAnswer): DmarcRecord['psd'] | null {
  if (answer.type === 'record') return answer.record.psd
  const tells = answer.type === 'unusable' && answer.rejection.type === 'no-policy'
  return tells ? answer.rejection.psd : null
}

function stepOf(domain: string, answer: PolicyAnswer, psd: WalkStep['psd']): WalkStep {
  const step = { name: `_dmarc.${domain}`, text: null, psd, failure: null }
  switch (answer.type) {
    case 'record':
      return { ...step, answer: 'record', text: answer.text.slice(0, maxTextShown) }
    case 'unusable':
      return { ...step, answer: 'unusable-record', text: answer.text.slice(0, maxTextShown) }
    case 'several':
      return { ...step, answer: 'several-records' }
    case 'none':
      return { ...step, answer: answer.reason }
    case 'failed':
      return { ...step, answer: 'failed', failure: answer.reason }
  }
}
