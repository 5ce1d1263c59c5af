import type { Domain } from '../address/domain.ts'
import type { Resolver } from '../dns/resolver.ts'
import {
  Aligner,
  type AlignmentEvidence,
  type AuthenticatedDomain,
  type AuthorEvidence,
  type DmarcFrom,
  findAuthor,
  unweighed,
} from './alignment.ts'
import { type Discovery, discoverPolicy } from './discovery.ts'
import { PolicyLookup } from './lookup.ts'
import type { PublicSuffixList } from './public-suffix-list.ts'
import { compareReadings, readRfc7489 } from './rfc7489.ts'
import { type DmarcOutcome, type DmarcPermError, type DmarcVerdict, softened } from './verdict.ts'

export type {
  AlignmentEvidence,
  AlignmentReason,
  AuthenticatedDomain,
  AuthorEvidence,
  AuthorProblem,
  DmarcFrom,
} from './alignment.ts'
export type { AppliedRecord, ExistenceEvidence } from './discovery.ts'
export { decideDmarc, type DecisionInput, type DmarcDecision } from './decision.ts'
export { parsePublicSuffixList, type PublicSuffixList } from './public-suffix-list.ts'
export { type DmarcPolicy, type DmarcRecord, parseDmarcRecord } from './record.ts'
export { checkReportDestination, type ReportDestination } from './report-destination.ts'
export { parseReportUri, type ReportUri } from './report-uri.ts'
export type { Rfc7489Reading } from './rfc7489.ts'
export type { WalkStep } from './discovery.ts'
export { type DmarcOutcome, type DmarcVerdict, wasNotAsked } from './verdict.ts'

/** The authentication results that DMARC rests on. RFC 9989 §4.3. */
export interface Authentication {
  /** SPF for MAIL FROM (never for HELO, §4.4.2), or `null` when it was not checked. */
  readonly spf: AuthenticatedDomain | null
  /** Every DKIM signature that was checked. */
  readonly dkim: readonly AuthenticatedDomain[]
}

export interface DmarcInput extends Authentication {
  readonly from: DmarcFrom
}

export interface DmarcOptions {
  /** With a list the verdict tells in `rfc7489` what RFC 7489 would have said. */
  readonly publicSuffixList?: PublicSuffixList
}

/** A DMARC evaluation whose policy is being looked up while SPF and DKIM are still at work. */
export interface DmarcCheck {
  finish(authentication: Authentication): Promise<DmarcVerdict>
}

/**
 * Evaluates DMARC for a message. RFC 9989 §5.3.
 *
 * Several addresses of one domain in From are one author. Several domains are evaluated each (§11.5,
 * five at most) and the strictest policy among those that fail decides; it passes only when all do.
 * With several From fields nothing can pass, and what fails still fails (§4.4). Without an author
 * the result is `permerror`.
 *
 * At most eight look-ups a walk, one walk an Author Domain, ten for identifiers, one for existence
 * (`np`); a name that several walks pass is asked once. Never throws for what anybody published.
 *
 * @example
 * await evaluateDmarc(
 *   {
 *     from: { type: 'fields', values: ['Ann <ann@mail.example>'] },
 *     spf: { result: 'pass', domain: 'bounces.mail.example' },
 *     dkim: [],
 *   },
 *   resolver,
 * )
 */
export function evaluateDmarc(
  input: DmarcInput,
  resolver: Resolver,
  options: DmarcOptions = {},
): Promise<DmarcVerdict> {
  return beginDmarc(input.from, resolver, options).finish(input)
}

/**
 * Begins to look the policy up, as soon as the header is known; `finish` weighs the authentication
 * results when they are there. `evaluateDmarc` is both in one.
 */
export function beginDmarc(
  from: DmarcFrom,
  resolver: Resolver,
  options: DmarcOptions = {},
): DmarcCheck {
  const author = findAuthor(from)
  const lookup = new PolicyLookup(resolver)
  const usable = author.problem !== 'too-many-domains'
  const discoveries = Promise.all(
    (usable ? author.domains : []).map((domain) => discoverPolicy(domain, lookup)),
  )
  // A resolver never rejects. Should one do so, `finish` reports it, and nothing is left unheard
  // when `finish` is never called.
  discoveries.catch(() => undefined)
  return {
    finish: async (authentication) => {
      const context = { lookup, authentication }
      const found = await discoveries
      const outcomes = await Promise.all(found.map((one) => weigh(one, context)))
      const { decisive, others } = decide(author, outcomes, authentication)
      const rfc7489 = await readBeside(decisive, context, options.publicSuffixList)
      return { ...decisive, author, others, rfc7489 }
    },
  }
}

type PolicyFound = Extract<Discovery, { readonly type: 'policy' }>

interface Context {
  readonly lookup: PolicyLookup
  readonly authentication: Authentication
}

/** One Author Domain. RFC 9989 §5.3.2 to §5.3.5. */
async function weigh(discovery: Discovery, context: Context): Promise<DmarcOutcome> {
  const { author, orgDomain, walk } = discovery
  if (discovery.type !== 'policy') {
    const common = { authorDomain: author, orgDomain, walk: walk.steps }
    const unweighedToo = { ...common, ...withoutAlignment(context.authentication), ...noPolicy }
    if (discovery.type === 'failed') {
      return { result: 'temperror', because: 'policy-unknown', ...unweighedToo }
    }
    return { result: 'none', because: discovery.because, ...unweighedToo }
  }
  const { existence } = discovery
  const aligner = new Aligner({ author, orgDomain }, context.lookup)
  const { adkim, aspf } = discovery.record.tags
  const aligned = await alignAll(context.authentication, (one, kind) =>
    aligner.align(one, kind === 'spf' ? aspf : adkim),
  )
  if (aligned.spfAligned || aligned.dkimAligned) {
    return { result: 'pass', ...weighed(discovery, aligned) }
  }
  // RFC 9989 §5.3.6: while a query that might have made it pass is open, it has not failed either.
  const open = await alignAll(context.authentication, (one, kind, index) => {
    const evidence = kind === 'spf' ? aligned.spf : aligned.dkim[index]
    if (one.result !== 'temperror') return evidence ?? unweighed(one)
    return aligner.wouldAlign(one, kind === 'spf' ? aspf : adkim)
  })
  const outcome = weighed(discovery, open)
  if ([open.spf, ...open.dkim].some(isOpen)) {
    return { result: 'temperror', because: 'alignment-unknown', ...outcome }
  }
  if (existence?.answer === 'failed') {
    return { result: 'temperror', because: 'existence-unknown', ...outcome }
  }
  return { result: 'fail', ...outcome }
}

/** What a policy and the weighing by it come to, but for the result. */
function weighed(
  { author, orgDomain, walk, record, policy, policyTag, existence }: PolicyFound,
  { spf, dkim, spfAligned, dkimAligned }: Alignments,
) {
  const testing = record.tags.t === 'y'
  const disposition = testing ? softened(policy) : policy
  return {
    authorDomain: author,
    orgDomain,
    walk: walk.steps,
    policy,
    disposition,
    policyTag,
    testing,
    record,
    existence,
    spf,
    dkim,
    spfAligned,
    dkimAligned,
  }
}

function isOpen(evidence: AlignmentEvidence | null): boolean {
  return evidence?.reason === 'would-align' || evidence?.reason === 'walk-failed'
}

type Weigh = (
  one: AuthenticatedDomain,
  kind: 'spf' | 'dkim',
  index: number,
) => AlignmentEvidence | Promise<AlignmentEvidence>

/** Every result with what speaks for it, and whether one of them does. */
type Alignments = Pick<DmarcOutcome, 'spf' | 'dkim' | 'spfAligned' | 'dkimAligned'>

async function alignAll({ spf, dkim }: Authentication, weighOne: Weigh): Promise<Alignments> {
  const all = [
    ...(spf === null ? [] : [weighOne(spf, 'spf', 0)]),
    ...dkim.map((one, index) => weighOne(one, 'dkim', index)),
  ]
  const known = all.filter((one): one is AlignmentEvidence => !(one instanceof Promise))
  const told =
    known.length === all.length ? known : await Promise.all(all.map((one) => Promise.resolve(one)))
  const ofSpf = spf === null ? null : (told[0] ?? null)
  const ofDkim = spf === null ? told : told.slice(1)
  return {
    spf: ofSpf,
    dkim: ofDkim,
    spfAligned: ofSpf?.aligned ?? false,
    dkimAligned: ofDkim.some((one) => one.aligned),
  }
}

const noPolicy = {
  policy: null,
  disposition: null,
  policyTag: null,
  testing: false,
  record: null,
  existence: null,
} as const

function withoutAlignment({ spf, dkim }: Authentication) {
  return {
    spf: spf === null ? null : unweighed(spf),
    dkim: dkim.map(unweighed),
    spfAligned: false,
    dkimAligned: false,
  }
}

/** The strictest outcome decides for the message. RFC 9989 §11.5. */
function decide(
  author: AuthorEvidence,
  outcomes: readonly DmarcOutcome[],
  authentication: Authentication,
): { decisive: DmarcOutcome; others: readonly DmarcOutcome[] } {
  const ordered = outcomes.toSorted((a, b) => severity(b) - severity(a))
  const [decisive, ...others] = ordered
  const nobody = { authorDomain: null, orgDomain: null, walk: [], ...noPolicy }
  const permerror = (because: DmarcPermError['because']) =>
    ({ result: 'permerror', because, ...nobody, ...withoutAlignment(authentication) }) as const
  if (author.problem === 'too-many-domains')
    return { decisive: permerror('too-many-authors'), others: [] }
  if (decisive === undefined) return { decisive: permerror('no-author'), others: [] }
  // RFC 9989 §4.4: alignment cannot occur with a repeated From field, yet what fails may be refused.
  const mayStand = decisive.result === 'fail' || decisive.result === 'temperror'
  if (author.problem === 'several-from-fields' && !mayStand) {
    return { decisive: permerror('several-from-fields'), others: ordered }
  }
  return { decisive, others }
}

function severity(outcome: DmarcOutcome): number {
  switch (outcome.result) {
    case 'fail':
      return 10 + { none: 0, quarantine: 1, reject: 2 }[outcome.disposition]
    case 'temperror':
      return 3
    case 'permerror':
      return 2
    case 'none':
      return 1
    case 'pass':
      return 0
  }
}

async function readBeside(
  outcome: DmarcOutcome,
  { lookup, authentication }: Context,
  list: PublicSuffixList | undefined,
) {
  const author: Domain | null = outcome.authorDomain
  if (list === undefined || author === null) return null
  return compareReadings(await readRfc7489({ author, ...authentication }, list, lookup), outcome)
}
