import { type Domain, isWithin, parseDomain } from '../address/domain.ts'
import { type AddressProblem, parseAddressList } from '../message/address-list.ts'
import { type WalkStep, organizationalDomain, walkTree } from './discovery.ts'
import type { PolicyLookup } from './lookup.ts'
import type { AlignmentMode } from './record.ts'

/** Where the Author Domain comes from. */
export type DmarcFrom =
  /** The domain is known. */
  | { readonly type: 'domain'; readonly domain: string }
  /** The values of every From field of the message, from the top; `unfoldedValue` gives them. */
  | { readonly type: 'fields'; readonly values: readonly string[] }

/** Why there is not just one Author Domain in one From field. RFC 9989 §5.3.1, §11.5. */
export type AuthorProblem =
  | 'no-from-field'
  | 'several-from-fields'
  | 'no-domain'
  | 'several-domains'
  | 'too-many-domains'

/** What the From fields say of the author. Plain data. */
export interface AuthorEvidence {
  /** How many From fields there are; 1 when the domain was given. */
  readonly fields: number
  /** The different domains, in A-labels and lower case, in their order; 100 at most. */
  readonly domains: readonly Domain[]
  readonly problem: AuthorProblem | null
  /** What is wrong with the syntax of the fields; the first ten. */
  readonly syntax: readonly AddressProblem[]
}

/** More Author Domains than this are not evaluated (RFC 9989 §11.5: "limiting the number"). */
export const maxAuthorDomains = 5

const maxDomainsShown = 100

/** Finds the Author Domains. RFC 9989 §5.3.1. */
export function findAuthor(from: DmarcFrom): AuthorEvidence {
  if (from.type === 'domain') {
    const domain = parseDomain(from.domain)
    const domains = domain === undefined ? [] : [domain]
    return { fields: 1, domains, problem: domain === undefined ? 'no-domain' : null, syntax: [] }
  }
  const domains = new Set<Domain>()
  const syntax: AddressProblem[] = []
  for (const value of from.values) {
    const list = parseAddressList(value)
    syntax.push(...list.problems)
    for (const { host } of list.mailboxes) if (host !== null) domains.add(host)
  }
  const fields = from.values.length
  return {
    fields,
    domains: Array.from(domains).slice(0, maxDomainsShown),
    problem: problemOf(fields, domains.size),
    syntax: syntax.slice(0, 10),
  }
}

function problemOf(fields: number, domains: number): AuthorProblem | null {
  if (fields === 0) return 'no-from-field'
  if (domains === 0) return 'no-domain'
  if (domains > maxAuthorDomains) return 'too-many-domains'
  if (fields > 1) return 'several-from-fields'
  return domains > 1 ? 'several-domains' : null
}

/** An authentication result to weigh: SPF's for MAIL FROM, or one DKIM signature's. */
export interface AuthenticatedDomain {
  /** RFC 8601 §2.7: `pass`, `fail`, `temperror` and so on. Only `pass` authenticates. */
  readonly result: string
  /** SPF: the domain that was checked. DKIM: the `d=` tag. */
  readonly domain: string
  /** DKIM: the `s=` tag, for the record. */
  readonly selector?: string
}

/** Whether one result speaks for the Author Domain, and why. Plain data. */
export interface AlignmentEvidence {
  readonly result: string
  /** As it was given, cut at 300 characters. */
  readonly domain: string
  readonly selector: string | null
  /** It passed, and its domain agrees with the Author Domain in the mode the owner asks for. */
  readonly aligned: boolean
  readonly mode: AlignmentMode
  readonly reason: AlignmentReason
  /** Known only where a walk was needed to tell. */
  readonly orgDomain: string | null
  readonly walk: readonly WalkStep[]
}

export type AlignmentReason =
  | 'identical'
  | 'same-organization'
  | 'other-organization'
  /** Not at or below the author's Organizational Domain, so no walk can make them one. */
  | 'outside-organization'
  /** Strict mode asks for the same name. */
  | 'not-identical'
  /** It did not authenticate anything. */
  | 'not-passed'
  /** It could not be checked, and would align if it passed. */
  | 'would-align'
  /** The walk that would tell met a DNS error. */
  | 'walk-failed'
  /** More names than `maxAlignmentWalks` would have to be walked. */
  | 'walk-limit'
  | 'not-a-domain'
  /** No policy applies, so alignment means nothing. */
  | 'no-policy'

/** Different names that one message can make us walk from (RFC 9989 §4.10.2 sets no limit). */
const maxAlignmentWalks = 10

/** Names come from messages and may be of any length. */
const maxNameShown = 300

/** What alignment is measured against. */
export interface AlignmentTarget {
  readonly author: Domain
  /** `null` when the author's own walk failed above its record. */
  readonly orgDomain: string | null
}

type Comparison = Pick<AlignmentEvidence, 'reason' | 'orgDomain' | 'walk'>

/** Compares authenticated domains with the author's. RFC 9989 §4.10.2. Walks run side by side. */
export class Aligner {
  readonly #target: AlignmentTarget
  readonly #lookup: PolicyLookup
  readonly #walks = new Map<string, Promise<Comparison>>()

  constructor(target: AlignmentTarget, lookup: PolicyLookup) {
    this.#target = target
    this.#lookup = lookup
  }

  /** At once, unless a walk is needed to tell. */
  align(
    given: AuthenticatedDomain,
    mode: AlignmentMode,
  ): AlignmentEvidence | Promise<AlignmentEvidence> {
    if (given.result !== 'pass') return evidenceOf(given, mode, untold('not-passed'))
    const comparison = this.#compare(given.domain, mode)
    if ('reason' in comparison) return evidenceOf(given, mode, comparison)
    return comparison.then((walked) => evidenceOf(given, mode, walked))
  }

  /** For a result that could not be had: whether having it might have changed the outcome. */
  async wouldAlign(given: AuthenticatedDomain, mode: AlignmentMode): Promise<AlignmentEvidence> {
    const comparison = await this.#compare(given.domain, mode)
    const { reason } = comparison
    if (aligns(reason)) return evidenceOf(given, mode, { ...comparison, reason: 'would-align' })
    if (reason === 'walk-failed') return evidenceOf(given, mode, comparison)
    return evidenceOf(given, mode, { ...comparison, reason: 'not-passed' })
  }

  #compare(text: string, mode: AlignmentMode): Comparison | Promise<Comparison> {
    const { author, orgDomain } = this.#target
    const domain = parseDomain(text)
    if (domain === undefined) return untold('not-a-domain')
    if (domain === author) return untold('identical')
    if (mode === 's') return untold('not-identical')
    // Without a label in common at the top no record can make them one organization.
    if (topLabel(domain) !== topLabel(author)) return untold('outside-organization')
    if (orgDomain === null) return untold('walk-failed')
    // An Organizational Domain is its name or one above it: equal ones lie above both.
    if (!isWithin(domain, orgDomain)) return untold('outside-organization')
    const known = this.#walks.get(domain)
    // Many signatures of one domain tell of its walk once.
    if (known !== undefined) return known.then((one) => ({ ...one, walk: [] }))
    if (this.#walks.size >= maxAlignmentWalks) return untold('walk-limit')
    const walk = compareByWalk(domain, orgDomain, this.#lookup)
    this.#walks.set(domain, walk)
    return walk
  }
}

/** The evidence of a result that nobody had to compare. */
export function unweighed(given: AuthenticatedDomain): AlignmentEvidence {
  return evidenceOf(given, 'r', untold('no-policy'))
}

async function compareByWalk(
  domain: Domain,
  authorOrg: string,
  lookup: PolicyLookup,
): Promise<Comparison> {
  const walk = await walkTree(domain, lookup)
  const orgDomain = organizationalDomain(walk)
  const same = orgDomain === authorOrg ? 'same-organization' : 'other-organization'
  return { reason: orgDomain === null ? 'walk-failed' : same, orgDomain, walk: walk.steps }
}

/** Told without a walk. */
function untold(reason: AlignmentReason): Comparison {
  return { reason, orgDomain: null, walk: [] }
}

function evidenceOf(
  { result, domain, selector }: AuthenticatedDomain,
  mode: AlignmentMode,
  { reason, orgDomain, walk }: Comparison,
): AlignmentEvidence {
  return {
    result,
    domain: domain.slice(0, maxNameShown),
    selector: selector?.slice(0, maxNameShown) ?? null,
    mode,
    reason,
    orgDomain,
    walk,
    aligned: aligns(reason),
  }
}

function aligns(reason: AlignmentReason): boolean {
  return reason === 'identical' || reason === 'same-organization'
}

function topLabel(domain: string): string {
  return domain.slice(domain.lastIndexOf('.') + 1)
}
