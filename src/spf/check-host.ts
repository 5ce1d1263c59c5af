/** check_host(): from a domain to a result, with the evidence (RFC 7208 §4). */
import { inNetwork } from '../base/ip.ts'
import { normalizeName } from '../dns/resolver.ts'
import { type Evaluation, type Place, type Stop, cut } from './evaluation.ts'
import { fetchExplanation } from './explanation.ts'
import { matchesA, matchesExists, matchesMx, matchesPtr } from './mechanism.ts'
import { type NoPolicy, type SpfRecord, findPolicy } from './record.ts'
import { type Target, targetOf } from './target.ts'
import type { Directive, DomainSpec, Modifier, Term } from './term.ts'
import type { SpfCheck, SpfLookup, SpfOutcome, SpfTerm, SpfTermKind } from './verdict.ts'

/** What an evaluation comes to. */
export type Decision =
  | {
      readonly result: 'pass' | 'neutral' | 'softfail' | 'fail'
      readonly mechanism: string
      readonly mechanismDomain: string
      readonly explanation?: string
    }
  | NoPolicy

/** One domain whose policy is evaluated. */
export interface HostQuestion {
  readonly evaluation: Evaluation
  /** Lower case, without a trailing dot. */
  readonly domain: string
  /** Whether its explanation is wanted: never of an include, but of a redirect (RFC 7208 §6.2). */
  readonly explain: boolean
}

const results = { '+': 'pass', '-': 'fail', '~': 'softfail', '?': 'neutral' } as const

/** The evidence of one domain's policy, and what it comes to. */
export interface CheckedHost {
  readonly evidence: Omit<SpfCheck, 'result'>
  readonly decision: Decision
}

/** Evaluates the policy of a domain. The limit of terms ends every recursion. */
export async function checkHost(question: HostQuestion): Promise<CheckedHost> {
  const domain = cut(question.domain)
  const { shown, found } = await findPolicy(question.evaluation, question.domain)
  if ('result' in found) return { evidence: { domain, ...shown, terms: [] }, decision: found }
  const traces = new TermTraces(found, question.evaluation.reserveTerms(found.terms.length))
  const decision = await evaluate(question, found, traces)
  return { evidence: { domain, ...shown, ...traces.list() }, decision }
}

/** The directives in turn, then the redirect, then "neutral" (RFC 7208 §4.6.2, §4.7). */
async function evaluate(
  question: HostQuestion,
  record: SpfRecord,
  traces: TermTraces,
): Promise<Decision> {
  const { evaluation, domain } = question
  for (const [i, term] of record.terms.entries()) {
    if (term.type !== 'directive') continue
    const trace = traces.begin(i, term)
    const matched = matchesAtOnce(evaluation, term) ?? (await matches(question, term, trace))
    trace.lookups ??= evaluation.used
    if (matched === false) continue
    if (matched === true) {
      trace.outcome = 'match'
      return decide(question, record, term, traces)
    }
    trace.outcome = 'error'
    return matched
  }
  if (record.redirect !== undefined && !record.hasAll) {
    const trace = traces.begin(record.terms.indexOf(record.redirect), record.redirect)
    return redirect(question, record.redirect, trace)
  }
  return { result: 'neutral', mechanism: 'default', mechanismDomain: domain }
}

/** The mechanisms that ask nothing (RFC 7208 §5.1, §5.6); `undefined` for the others. */
function matchesAtOnce({ ip }: Evaluation, { mechanism }: Directive): boolean | undefined {
  if (mechanism.kind === 'all') return true
  if (mechanism.kind !== 'ip4' && mechanism.kind !== 'ip6') return undefined
  return inNetwork(ip, mechanism.network, mechanism.prefixLength)
}

async function matches(
  { evaluation, domain }: HostQuestion,
  directive: Directive,
  trace: TermTrace,
): Promise<boolean | Stop> {
  const { mechanism } = directive
  if (!('spec' in mechanism)) return false
  const place = { domain, term: cut(directive.text) }
  const target = await aim(evaluation, mechanism.spec, place, trace)
  if ('problem' in target) return target
  const { name, obstacle, asked } = target
  if (mechanism.kind === 'include') {
    return obstacle === 'localPart' ? false : include(evaluation, name, place, trace)
  }
  if (obstacle !== undefined) return false
  trace.asked = asked
  const question = { evaluation, name, place, asked }
  switch (mechanism.kind) {
    case 'a':
      return matchesA(question, mechanism.prefixLengths)
    case 'mx':
      return matchesMx(question, mechanism.prefixLengths)
    case 'ptr':
      return matchesPtr(question)
    case 'exists':
      return matchesExists(question)
  }
}

/** Spends a term and expands its domain-spec, for which questions may have to be asked. */
async function aim(
  evaluation: Evaluation,
  spec: DomainSpec | undefined,
  place: Place,
  trace: TermTrace,
): Promise<(Target & { readonly asked: SpfLookup[] }) | Stop> {
  const stop = evaluation.spend(place)
  if (stop !== undefined) return stop
  const asked: SpfLookup[] = []
  const target = await targetOf(evaluation, spec, place, asked)
  trace.lookups = evaluation.used
  if (asked.length > 0) trace.asked = asked
  if ('problem' in target) return target
  trace.target = target.name
  return { ...target, asked }
}

/** The table of RFC 7208 §5.2. */
async function include(
  evaluation: Evaluation,
  domain: string,
  place: Place,
  trace: TermTrace,
): Promise<boolean | Stop> {
  const { evidence, decision } = await checkHost({ evaluation, domain, explain: false })
  trace.check = { result: decision.result, ...evidence }
  switch (decision.result) {
    case 'pass':
      return true
    case 'fail':
    case 'softfail':
    case 'neutral':
      return false
    case 'temperror':
    case 'permerror':
      return decision
    case 'none':
      return noPolicy(place, domain, decision.absence)
  }
}

/** RFC 7208 §6.1: the other policy's result is the result, but for "none". */
async function redirect(
  { evaluation, domain, explain }: HostQuestion,
  { text, spec }: Modifier,
  trace: TermTrace,
): Promise<Decision> {
  const place = { domain, term: cut(text) }
  trace.outcome = 'error'
  const target = await aim(evaluation, spec, place, trace)
  if ('problem' in target) return target
  if (target.obstacle === 'localPart') return noPolicy(place, target.name, 'notADomain')
  const { evidence, decision } = await checkHost({ evaluation, domain: target.name, explain })
  trace.check = { result: decision.result, ...evidence }
  if (decision.result === 'none') return noPolicy(place, target.name, decision.absence)
  if (!('problem' in decision)) trace.outcome = 'followed'
  return decision
}

function noPolicy(
  { domain, term }: Place,
  target: string,
  because: Extract<NoPolicy, { result: 'none' }>['absence'],
): Stop {
  return { result: 'permerror', problem: { type: 'noPolicy', domain, term, target, because } }
}

async function decide(
  { evaluation, domain, explain }: HostQuestion,
  { terms, exp }: SpfRecord,
  directive: Directive,
  traces: TermTraces,
): Promise<Decision> {
  const result = results[directive.qualifier]
  const decision = { result, mechanism: cut(directive.name), mechanismDomain: domain }
  if (result !== 'fail' || !explain || exp === undefined) return decision
  const trace = traces.begin(terms.indexOf(exp), exp)
  const asked: SpfLookup[] = []
  const { target, text } = await fetchExplanation(evaluation, exp.spec, domain, asked)
  if (asked.length > 0) trace.asked = asked
  trace.outcome = text === undefined ? 'ignored' : 'used'
  trace.target = normalizeName(target)
  return text === undefined ? decision : { ...decision, explanation: text }
}

/** The evidence of one term while it is being evaluated. */
export interface TermTrace {
  readonly text: string
  readonly kind: SpfTermKind
  outcome: SpfOutcome
  lookups?: number
  target?: string
  asked?: readonly SpfLookup[]
  check?: SpfCheck
}

/** The evidence of a record's terms, filled in as they are evaluated. */
class TermTraces {
  readonly #terms: readonly Term[]
  readonly #listed: number
  readonly #begun: (TermTrace | undefined)[] = []

  /** @param listed how many of the first terms are listed, whatever became of them */
  constructor({ terms }: SpfRecord, listed: number) {
    this.#terms = terms
    this.#listed = listed
  }

  /** The evidence of the term at `index`, which is now evaluated. It does not match until said. */
  begin(index: number, term: Term): TermTrace {
    const trace: TermTrace = { text: cut(term.text), kind: kindOf(term), outcome: 'noMatch' }
    this.#begun[index] = trace
    return trace
  }

  /**
   * The terms in the order of the record. Of a long record the first are listed, and after them
   * those that asked DNS or decided.
   */
  list(): Pick<SpfCheck, 'terms' | 'termsCut'> {
    const terms: SpfTerm[] = []
    for (const [i, term] of this.#terms.entries()) {
      const begun = this.#begun[i]
      if (i < this.#listed) terms.push(begun ?? untouched(term))
      else if (begun !== undefined && isTelling(begun)) terms.push(begun)
    }
    const termsCut = this.#terms.length - terms.length
    return termsCut === 0 ? { terms } : { terms, termsCut }
  }
}

function isTelling(trace: TermTrace): boolean {
  return trace.outcome !== 'noMatch' || trace.target !== undefined
}

function untouched(term: Term): SpfTerm {
  const outcome = term.type === 'directive' ? 'notReached' : 'ignored'
  return { text: cut(term.text), kind: kindOf(term), outcome }
}

function kindOf(term: Term): SpfTermKind {
  switch (term.type) {
    case 'directive':
      return term.mechanism.kind
    case 'modifier':
      return term.kind
    case 'unknownModifier':
      return 'unknown'
  }
}
