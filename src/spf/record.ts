/** SPF records: which TXT record is one, and what its terms are (RFC 7208 §4.5, §4.6). */
import { parseTerm } from './term.ts'
import type { Modifier, Term } from './term.ts'

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
