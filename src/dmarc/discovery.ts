import type { Domain } from '../address/domain.ts'
import type { DnsFailure, Resolver } from '../dns/resolver.ts'
import type { PolicyLookup } from './lookup.ts'
import type { DmarcPolicy, DmarcRecord } from './record.ts'
import { maxTextShown, organizationalDomain, type TreeWalk, walkTree } from './tree-walk.ts'

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
