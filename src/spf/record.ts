/** SPF records: how one is found, and what its terms are (RFC 7208 §4.3 to §4.6). */
import { TextMemo } from '../base/text-memo.ts'
import { type Evaluation, type Stop, cut, cutPolicy, policyLookupOf } from './evaluation.ts'
import { isAskable } from './target-name.ts'
import { type Modifier, type Term, parseTerm } from './term.ts'
import type { SpfAbsence, SpfCheck, SpfProblem } from './verdict.ts'

/** A record whose whole syntax is right. */
export interface SpfRecord {
  readonly text: string
  /** Every term, in the order of the record. */
  readonly terms: readonly Term[]
  readonly redirect: Modifier | undefined
  readonly exp: Modifier | undefined
  /** "all" is among the mechanisms, so that a redirect has no effect (RFC 7208 §5.1). */
  readonly hasAll: boolean
}

/** The first thing wrong with a record. */
export interface SyntaxProblem {
  readonly term: string
  /** Where the term begins in the record. */
  readonly at: number
  readonly because: string
}

export type ParsedRecord =
  | { readonly ok: true; readonly value: SpfRecord }
  | { readonly ok: false; readonly problem: SyntaxProblem }

/** Whether a TXT record is an SPF record: `v=spf1`, in any case, then a space or the end. */
export function isSpfRecord(text: string): boolean {
  if (text.length < 6 || (text.length > 6 && text.charCodeAt(6) !== 0x20)) return false
  return text.startsWith('v=spf1') || text.slice(0, 6).toLowerCase() === 'v=spf1'
}

/**
 * Reads a record for which `isSpfRecord` holds. Any syntax error anywhere makes the whole record
 * wrong (RFC 7208 §4.6). Linear in the length of the text, an octet string.
 */
export function parseRecord(text: string): ParsedRecord {
  const terms: Term[] = []
  let redirect: Modifier | undefined
  let exp: Modifier | undefined
  let hasAll = false
  // record = version terms *SP, terms = *( 1*SP ( directive / modifier ) )
  for (let at = 6; at < text.length; ) {
    if (text.charCodeAt(at) === 0x20) {
      at++
      continue
    }
    const space = text.indexOf(' ', at)
    const end = space < 0 ? text.length : space
    const termText = text.slice(at, end)
    const stray = strayOctet(termText)
    if (stray !== undefined) {
      return wrong(termText, at, `it has the octet 0x${stray.toString(16).padStart(2, '0')}`)
    }
    const term = parseTerm(termText)
    if (!term.ok) return wrong(termText, at, term.problem)
    const value = term.value
    if (value.type === 'directive') {
      if (value.mechanism.kind === 'all') hasAll = true
    } else if (value.type === 'modifier') {
      // "exp" and "redirect" at most once each (RFC 7208 §6).
      if ((value.kind === 'exp' ? exp : redirect) !== undefined) {
        return wrong(termText, at, `"${value.kind}" is there twice`)
      }
      if (value.kind === 'exp') exp = value
      else redirect = value
    }
    terms.push(value)
    at = end
  }
  return { ok: true, value: { text, terms, redirect, exp, hasAll } }
}

/** The first octet that no term may have: controls, DEL, and everything outside ASCII (§3.1). */
function strayOctet(text: string): number | undefined {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code <= 0x20 || code > 0x7e) return code
  }
  return undefined
}

function wrong(term: string, at: number, because: string): ParsedRecord {
  return { ok: false, problem: { term, at, because } }
}

/**
 * Records already read. The same few policies answer for most of a server's mail, and reading one
 * costs more than evaluating it.
 */
const known = new TextMemo(parseRecord, { maxTexts: 256, maxLength: 1000 })

/** `parseRecord`, remembered. */
export function readRecord(text: string): ParsedRecord {
  return known.get(text)
}

/** There is no policy, or what is published cannot be used. */
export type NoPolicy =
  | { readonly result: 'none'; readonly absence: Exclude<SpfAbsence, 'noAddress'> }
  | Stop

/** What was asked, and the record or what stands in its way. */
export interface PolicySearch {
  readonly shown: Pick<SpfCheck, 'asked' | 'record'>
  readonly found: SpfRecord | NoPolicy
}

/** Looks for the policy of a domain, given in lower case without a trailing dot. */
export async function findPolicy(evaluation: Evaluation, domain: string): Promise<PolicySearch> {
  // RFC 7208 §4.3: malformed, or not a multi-label name.
  if (!isAskable(domain)) {
    return { shown: {}, found: { result: 'none', absence: 'notADomain' } }
  }
  const answer = await evaluation.askPolicy(domain)
  const shown = { asked: policyLookupOf(domain, answer) }
  if (answer.type === 'failed') {
    // RFC 7208 §4.4.
    const { reason } = answer
    const problem: SpfProblem = {
      type: 'dnsFailed',
      domain,
      name: domain,
      recordType: 'TXT',
      reason,
    }
    return { shown, found: { result: 'temperror', problem } }
  }
  if (answer.type === 'noName') return { shown, found: { result: 'none', absence: 'noName' } }
  const texts = answer.type === 'found' ? answer.records.filter(isSpfRecord) : []
  const [text] = texts
  // RFC 7208 §4.5: no record is "none", more than one a "permerror".
  if (text === undefined) return { shown, found: { result: 'none', absence: 'noRecord' } }
  if (texts.length > 1) {
    const records = texts.slice(0, 10).map(cut)
    return {
      shown,
      found: permerror({ type: 'severalRecords', domain, count: texts.length, records }),
    }
  }
  const parsed = readRecord(text)
  const withText = { ...shown, record: cutPolicy(text) }
  if (parsed.ok) return { shown: withText, found: parsed.value }
  const { term, at, because } = parsed.problem
  const problem: SpfProblem = { type: 'syntax', domain, term: cut(term), at, because }
  return { shown: withText, found: permerror(problem) }
}

function permerror(problem: SpfProblem): Stop {
  return { result: 'permerror', problem }
}
