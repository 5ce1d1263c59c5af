/** One term of an SPF record: its grammar, to the letter of RFC 7208 §12. */
import { parseIp, type IpAddress } from '../base/ip.ts'
import { bad, ok, type Result } from '../base/result.ts'
import { isAlnum, isAlpha, isDigit, endsInTopLabel } from './target-name.ts'
import { fitName, parseMacroString, type MacroParts } from './macro.ts'

/** A `domain-spec` that has been read. */
export interface DomainSpec {
  readonly parts: MacroParts
  /** The name it always stands for, when there are no macros in it. */
  readonly fixed: string | undefined
  /** `%{p}` is in it, which costs a PTR look-up. */
  readonly usesPtr: boolean
  /** `%{s}` or `%{l}` is in it (RFC 8616 §4). */
  readonly usesLocalPart: boolean
}

export type Qualifier = '+' | '-' | '~' | '?'

/** Leading bits to compare, for each family. */
export interface PrefixLengths {
  readonly 4: number
  readonly 6: number
}

/** What a mechanism says, without its qualifier. */
export type Mechanism =
  | { readonly kind: 'all' }
  | { readonly kind: 'ip4' | 'ip6'; readonly network: IpAddress; readonly prefixLength: number }
  | {
      readonly kind: 'a' | 'mx'
      readonly spec: DomainSpec | undefined
      readonly prefixLengths: PrefixLengths
    }
  | { readonly kind: 'ptr'; readonly spec: DomainSpec | undefined }
  | { readonly kind: 'include' | 'exists'; readonly spec: DomainSpec }

export interface Directive {
  readonly type: 'directive'
  readonly text: string
  /** `text` without the qualifier. */
  readonly name: string
  readonly qualifier: Qualifier
  readonly mechanism: Mechanism
}

export interface Modifier {
  readonly type: 'modifier'
  readonly text: string
  readonly kind: 'redirect' | 'exp'
  readonly spec: DomainSpec
}

export type Term =
  | Directive
  | Modifier
  | { readonly type: 'unknownModifier'; readonly text: string }

const wholeAddress: PrefixLengths = { 4: 32, 6: 128 }

/**
 * Reads one term, which has no space in it. The problem is a sentence without the term.
 *
 * A name before "=" is a modifier (RFC 7208 §4.6.1), so `include=a.example` is an unknown modifier
 * and not a broken mechanism.
 */
export function parseTerm(text: string): Result<Term> {
  const qualifier = qualifierOf(text.charCodeAt(0))
  const nameAt = qualifier === undefined ? 0 : 1
  const nameEnd = endOfName(text, nameAt)
  if (nameEnd === nameAt) return bad('it does not begin with the name of a mechanism or a modifier')
  const name = text.slice(nameAt, nameEnd).toLowerCase()
  if (text.charCodeAt(nameEnd) === 0x3d) {
    if (qualifier !== undefined) return bad('a modifier has no qualifier')
    return parseModifier(text, name, nameEnd + 1)
  }
  const mechanism = parseMechanism(text, name, nameEnd)
  if (!mechanism.ok) return mechanism
  return ok({
    type: 'directive',
    text,
    name: nameAt === 0 ? text : text.slice(1),
    qualifier: qualifier ?? '+',
    mechanism: mechanism.value,
  })
}

function qualifierOf(code: number): Qualifier | undefined {
  if (code === 0x2b) return '+'
  if (code === 0x2d) return '-'
  if (code === 0x7e) return '~'
  if (code === 0x3f) return '?'
  return undefined
}

/** name = ALPHA *( ALPHA / DIGIT / "-" / "_" / "." ) */
function endOfName(text: string, from: number): number {
  if (!isAlpha(text.charCodeAt(from))) return from
  let at = from + 1
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at)
    const within = isAlnum(code) || code === 0x2d || code === 0x5f || code === 0x2e
    if (!within) break
  }
  return at
}

function parseModifier(text: string, name: string, valueAt: number): Result<Term> {
  if (name === 'redirect' || name === 'exp') {
    const spec = parseDomainSpec(text, valueAt, text.length)
    return spec.ok ? ok({ type: 'modifier', text, kind: name, spec: spec.value }) : spec
  }
  // Ignored, but its syntax counts (RFC 7208 §4.6, §6): a macro-string, which may be empty.
  const value = parseMacroString(text, { from: valueAt, to: text.length }, 'unknownModifier')
  return value.ok ? ok({ type: 'unknownModifier', text }) : value
}

function parseMechanism(text: string, name: string, at: number): Result<Mechanism> {
  switch (name) {
    case 'all':
      return at === text.length ? ok({ kind: 'all' }) : bad('"all" takes nothing after it')
    case 'include':
    case 'exists': {
      if (text.charCodeAt(at) !== 0x3a) return bad(`"${name}" needs ":" and a domain`)
      const spec = parseDomainSpec(text, at + 1, text.length)
      return spec.ok ? ok({ kind: name, spec: spec.value }) : spec
    }
    case 'ptr': {
      if (at === text.length) return ok({ kind: 'ptr', spec: undefined })
      if (text.charCodeAt(at) !== 0x3a) return bad('after "ptr" come ":" and a domain, or nothing')
      const spec = parseDomainSpec(text, at + 1, text.length)
      return spec.ok ? ok({ kind: 'ptr', spec: spec.value }) : spec
    }
    case 'a':
    case 'mx':
      return parseAddressMechanism(text, name, at)
    case 'ip4':
    case 'ip6':
      return parseNetwork(text, name, at)
    default:
      return bad('there is no such mechanism')
  }
}

/** `a` and `mx`: [ ":" domain-spec ] [ dual-cidr-length ] (RFC 7208 §5.3, §5.4) */
function parseAddressMechanism(text: string, kind: 'a' | 'mx', at: number): Result<Mechanism> {
  if (at === text.length) return ok({ kind, spec: undefined, prefixLengths: wholeAddress })
  // A domain-spec may have "/" in it but cannot end in "/" and digits: those are prefix lengths.
  let end = text.length
  let six: string | undefined
  let four: string | undefined
  let digitsAt = startOfDigits(text, end)
  if (digitsAt < end && endsWithSlashes(text, digitsAt, 2)) {
    six = text.slice(digitsAt, end)
    end = digitsAt - 2
    digitsAt = startOfDigits(text, end)
  }
  if (digitsAt < end && endsWithSlashes(text, digitsAt, 1) && digitsAt > at) {
    four = text.slice(digitsAt, end)
    end = digitsAt - 1
  }
  const fourLength = four === undefined ? 32 : prefixLength(four, 32)
  const sixLength = six === undefined ? 128 : prefixLength(six, 128)
  if (fourLength === undefined)
    return bad('an IPv4 prefix length is 0 to 32, without leading zeros')
  if (sixLength === undefined)
    return bad('an IPv6 prefix length is 0 to 128, without leading zeros')
  const prefixLengths =
    fourLength === 32 && sixLength === 128 ? wholeAddress : { 4: fourLength, 6: sixLength }
  if (end <= at) return ok({ kind, spec: undefined, prefixLengths })
  if (text.charCodeAt(at) !== 0x3a) return bad(`after "${kind}" comes ":" or a prefix length`)
  const spec = parseDomainSpec(text, at + 1, end)
  return spec.ok ? ok({ kind, spec: spec.value, prefixLengths }) : spec
}

function startOfDigits(text: string, end: number): number {
  let at = end
  while (at > 0 && isDigit(text.charCodeAt(at - 1))) at--
  return at
}

function endsWithSlashes(text: string, end: number, count: number): boolean {
  for (let i = 1; i <= count; i++) if (text.charCodeAt(end - i) !== 0x2f) return false
  return true
}

/** `ip4` and `ip6` (RFC 7208 §5.6). */
function parseNetwork(text: string, kind: 'ip4' | 'ip6', at: number): Result<Mechanism> {
  if (text.charCodeAt(at) !== 0x3a) return bad(`"${kind}" needs ":" and a network`)
  const slash = text.indexOf('/', at)
  const family = kind === 'ip4' ? 4 : 6
  const network = parseIp(text.slice(at + 1, slash < 0 ? text.length : slash))
  if (network?.family !== family) return bad(`this is not an IPv${family} network`)
  const max = wholeAddress[family]
  const length = slash < 0 ? max : prefixLength(text.slice(slash + 1), max)
  if (length === undefined) {
    return bad(`an IPv${family} prefix length is 0 to ${max}, without leading zeros`)
  }
  return ok({ kind, network, prefixLength: length })
}

/** "0" / %x31-39 0*1DIGIT for IPv4, 0*2DIGIT for IPv6, in the family's range. */
function prefixLength(digits: string, max: number): number | undefined {
  if (digits === '' || digits.length > 3) return undefined
  for (let i = 0; i < digits.length; i++) if (!isDigit(digits.charCodeAt(i))) return undefined
  if (digits.length > 1 && digits.startsWith('0')) return undefined
  const length = Number(digits)
  return length <= max ? length : undefined
}

/** domain-spec = macro-string domain-end (RFC 7208 §7.1) */
function parseDomainSpec(text: string, from: number, to: number): Result<DomainSpec> {
  if (from === to) return bad('a domain is missing')
  const read = parseMacroString(text, { from, to }, 'domain')
  if (!read.ok) return read
  const { parts, tailAt } = read.value
  // domain-end = ( "." toplabel [ "." ] ) / macro-expand
  if (tailAt < to && !endsInTopLabel(text, tailAt, to)) {
    return bad('a domain ends in a top label of letters, after a dot, or in a macro')
  }
  const [only] = parts
  const macros = parts.filter((part) => typeof part !== 'string')
  return ok({
    parts,
    fixed: typeof only === 'string' && parts.length === 1 ? fitName(only) : undefined,
    usesPtr: macros.some(({ letter }) => letter === 'p'),
    usesLocalPart: macros.some(({ letter }) => letter === 's' || letter === 'l'),
  })
}
