import { decodeUtf8 } from '../base/octets.ts'
import { type Result, bad, ok } from '../base/result.ts'
import { trimSpace } from '../dns/field-record.ts'
import { oneLine } from '../message/field.ts'
import { matchesMx, readMxPattern } from './mx-pattern.ts'

/** What a sender does with a host that the policy does not allow. RFC 8461 §5. */
export type StsMode = 'enforce' | 'testing' | 'none'

/**
 * A policy as it was read. Plain data: beside the id of its record and the hour of its fetch it is
 * all that has to be kept.
 */
export interface StsPolicy {
  readonly mode: StsMode
  /** Hosts and `*.` patterns, lower case, in the order of the text; none only when mode is `none`. */
  readonly mx: readonly string[]
  /** How long the policy may be kept after its fetch: at most 31,557,600, a year. */
  readonly maxAgeSeconds: number
  /** Names of fields that RFC 8461 does not know, once each. They are ignored. */
  readonly unknown: readonly string[]
  /** `version`, `mode` or `max_age` where they stand again, once each: only the first counts. */
  readonly repeated: readonly string[]
  /** The text, as reports give it (RFC 8460 §4.4, `policy-string`). */
  readonly lines: readonly string[]
}

export type StsPolicyReason =
  | 'too-large'
  | 'not-utf8'
  | 'empty'
  | 'empty-line'
  | 'not-a-field'
  | 'bad-value'
  | 'bad-version'
  | 'bad-mode'
  | 'bad-max-age'
  | 'bad-mx'
  | 'missing-version'
  | 'missing-mode'
  | 'missing-max-age'
  | 'missing-mx'

/** Why a text is no policy. Plain data, harmless to show. */
export interface StsPolicyRefusal {
  readonly reason: StsPolicyReason
  /** Counted from 1; `null` when it is about the whole. */
  readonly line: number | null
  /** One sentence. */
  readonly text: string
}

/** RFC 8461 §3.3: 64 kilobytes, the limit that it suggests to senders. */
export const maxPolicyOctets = 65_536
/** RFC 8461 §3.2, `max_age`. */
const maxMaxAgeSeconds = 31_557_600

const modes: readonly StsMode[] = ['enforce', 'testing', 'none']
const singleFields: readonly string[] = ['version', 'mode', 'max_age']

// RFC 8461 §3.2: sts-policy-ext-name.
const fieldName = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,31}$/

/**
 * Reads the text of a policy. RFC 8461 §3.2.
 *
 * Lines end in LF or CRLF; the last one may have no end, and no line is empty. The order of fields is
 * free, case counts. Unknown fields are ignored, and so is each `version`, `mode` and `max_age` but
 * the first. What is refused counts as if it could not have been fetched: a policy that was read
 * before stays in force (§3.3).
 *
 * @param octets the body of the HTTPS answer, at most 64 KiB
 */
export function readStsPolicy(octets: Uint8Array): Result<StsPolicy, StsPolicyRefusal> {
  if (octets.length > maxPolicyOctets) {
    const text = `The policy has ${octets.length} octets; ${maxPolicyOctets} are read.`
    return refuse('too-large', null, text)
  }
  const text = decodeUtf8(octets)
  if (text === undefined) return refuse('not-utf8', null, 'Some octets are not UTF-8.')
  if (text === '') return refuse('empty', null, 'The policy is empty.')
  const lines = linesOf(text)
  const fields: Fields = { single: new Map(), mx: [], unknown: new Set(), repeated: new Set() }
  for (const [index, line] of lines.entries()) {
    const problem = readLine(line, fields)
    if (problem === undefined) continue
    return refuse(problem.reason, index + 1, `Line ${index + 1}: ${problem.text}`)
  }
  return assemble(lines, fields)
}

interface Fields {
  /** The first `version`, `mode` and `max_age`, their values checked. */
  readonly single: Map<string, string>
  readonly mx: string[]
  readonly unknown: Set<string>
  readonly repeated: Set<string>
}

interface LineProblem {
  readonly reason: StsPolicyReason
  readonly text: string
}

/** RFC 8461 §3.2: sts-policy-term is LF or CRLF, and one may end the text. */
function linesOf(text: string): readonly string[] {
  const lines = text.split('\n')
  if (lines.at(-1) === '') lines.pop()
  // What has no LF behind it is no CRLF: a CR that ends the text stays, and is refused.
  const ended = text.endsWith('\n') ? lines.length : lines.length - 1
  return lines.map((line, index) => {
    return index < ended && line.endsWith('\r') ? line.slice(0, -1) : line
  })
}

/** Reads one line into `fields`. No white space may stand before the name or the colon. */
function readLine(line: string, fields: Fields): LineProblem | undefined {
  if (line === '') return { reason: 'empty-line', text: 'there is nothing in it.' }
  const colon = line.indexOf(':')
  const name = line.slice(0, Math.max(0, colon))
  if (!fieldName.test(name)) {
    return { reason: 'not-a-field', text: `${shown(line)} is not written "name: value".` }
  }
  const value = trimSpace(line.slice(colon + 1))
  if (name === 'mx') {
    const pattern = readMxPattern(value)
    if (pattern === undefined) {
      const text = `mx is ${shown(value)}, which is neither a host nor "*." and a domain.`
      return { reason: 'bad-mx', text }
    }
    fields.mx.push(pattern)
    return undefined
  }
  // RFC 8461 §3.2: sts-policy-ext-value, which whatever is ignored must still be.
  if (value === '' || /[\x00-\x1f\x7f]/.test(value)) {
    return { reason: 'bad-value', text: `${name} is ${shown(value)}, which is no value.` }
  }
  if (!singleFields.includes(name)) {
    fields.unknown.add(name)
    return undefined
  }
  if (fields.single.has(name)) {
    fields.repeated.add(name)
    return undefined
  }
  fields.single.set(name, value)
  return checkSingle(name, value)
}

function checkSingle(name: string, value: string): LineProblem | undefined {
  if (name === 'version' && value !== 'STSv1') {
    return { reason: 'bad-version', text: `version is ${shown(value)}, not STSv1.` }
  }
  if (name === 'mode' && modeOf(value) === undefined) {
    const text = `mode is ${shown(value)}; there are enforce, testing and none.`
    return { reason: 'bad-mode', text }
  }
  if (name === 'max_age' && secondsOf(value) === undefined) {
    const text = `max_age is ${shown(value)}, not a number of seconds up to ${maxMaxAgeSeconds}.`
    return { reason: 'bad-max-age', text }
  }
  return undefined
}

function assemble(
  lines: readonly string[],
  { single, mx, unknown, repeated }: Fields,
): Result<StsPolicy, StsPolicyRefusal> {
  const mode = modeOf(single.get('mode') ?? '')
  const maxAgeSeconds = secondsOf(single.get('max_age') ?? '')
  if (!single.has('version')) return refuse('missing-version', null, 'The policy has no version.')
  if (mode === undefined) return refuse('missing-mode', null, 'The policy has no mode.')
  if (maxAgeSeconds === undefined) {
    return refuse('missing-max-age', null, 'The policy has no max_age.')
  }
  if (mx.length === 0 && mode !== 'none') {
    return refuse('missing-mx', null, `The policy has no mx, which mode ${mode} needs.`)
  }
  return ok({
    mode,
    mx,
    maxAgeSeconds,
    unknown: Array.from(unknown),
    repeated: Array.from(repeated),
    lines,
  })
}

function modeOf(value: string): StsMode | undefined {
  return modes.find((one) => one === value)
}

/**
 * RFC 8461 §3.2: 1*10(DIGIT), with a maximum of 31557600. A greater number is refused, not cut: the
 * grammar has room for it and the text forbids it (erratum 7282), and a policy that breaks a rule is
 * none.
 */
function secondsOf(value: string): number | undefined {
  if (!/^[0-9]{1,10}$/.test(value)) return undefined
  const seconds = Number(value)
  return seconds <= maxMaxAgeSeconds ? seconds : undefined
}

function shown(text: string): string {
  return `"${oneLine(text, 60)}"`
}

function refuse(
  reason: StsPolicyReason,
  line: number | null,
  text: string,
): Result<never, StsPolicyRefusal> {
  return bad({ reason, line, text })
}

/** Whether a policy allows an MX host. Plain data, with what decided. */
export type StsMxVerdict =
  | { readonly result: 'match'; readonly mxHost: string; readonly pattern: string }
  /** `enforced`: no mail may go to this host. Otherwise it may, and the failure is to be reported. */
  | { readonly result: 'mismatch'; readonly mxHost: string; readonly enforced: boolean }
  /** The mode is `none`: as if the domain had no policy. */
  | { readonly result: 'no-policy'; readonly mxHost: string }

/**
 * Compares an MX host with what a policy lists. The certificate is another question. A match allows
 * nothing that DANE forbids: where both are there, a failure of DANE stands (RFC 8461 §2).
 *
 * @see RFC 8461 §4.1, §5
 */
export function checkMx(policy: StsPolicy, mxHost: string): StsMxVerdict {
  if (policy.mode === 'none') return { result: 'no-policy', mxHost }
  const pattern = policy.mx.find((one) => matchesMx(one, mxHost))
  if (pattern !== undefined) return { result: 'match', mxHost, pattern }
  return { result: 'mismatch', mxHost, enforced: policy.mode === 'enforce' }
}
