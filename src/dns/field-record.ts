/**
 * TXT records of a version and fields, `v=STSv1; id=1`: the grammar and the look-up that MTA-STS
 * (RFC 8461 §3.1) and TLS reporting (RFC 8460 §3) have in common.
 */
import { bad, ok, type Result } from '../base/result.ts'
import type { DnsAnswer, DnsFailure, Resolver } from './resolver.ts'

export interface RecordField {
  /** Case counts: the grammars of both documents are written with `%s` (RFC 7405). */
  readonly name: string
  readonly value: string
}

export type FieldRecordReason =
  /** Longer than the data of a DNS record can be. */
  | 'too-large'
  /** It is not of this version, or of something else altogether. */
  | 'other-version'
  /** The version stands alone. */
  | 'no-field'
  /** Two semicolons with nothing between them. */
  | 'empty-field'
  /** A piece that is not `name=value`. */
  | 'not-a-field'
  /** A value that is empty, or has characters that no value may have. */
  | 'bad-value'

/** Why a record cannot be used. Plain data, harmless to show. */
export interface RecordRefusal<R extends string = FieldRecordReason> {
  readonly reason: R
  /** One sentence. */
  readonly text: string
}

/** How a kind of record is written. */
export interface FieldRecordGrammar {
  /** `v=STSv1` */
  readonly version: string
  /** Fields whose values have a grammar of their own, which the caller reads. */
  readonly ownValues?: readonly string[]
}

/** RFC 1035 §3.2.1: the length of a record's data is a number of 16 bits. */
const maxOctets = 65_535
const maxShown = 60

// RFC 8461 §3.1: sts-ext-name; RFC 8460 §3: tlsrpt-ext-name.
const fieldName = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,31}$/
// RFC 8461 §3.1: sts-ext-value; RFC 8460 §3: tlsrpt-ext-value. No "=", no ";", no white space.
const fieldValue = /^[\x21-\x3a\x3c\x3e-\x7e]+$/

/**
 * Reads `v=…; name=value; …` into its fields, in the order of the text, duplicates included.
 *
 * @param text the character-strings of the record joined, as an octet string
 */
export function readFieldRecord(
  text: string,
  grammar: FieldRecordGrammar,
): Result<readonly RecordField[], RecordRefusal> {
  const { version, ownValues = [] } = grammar
  if (text.length > maxOctets) {
    return refuse('too-large', `It has ${text.length} octets; a record holds ${maxOctets}.`)
  }
  if (!hasVersion(text, version)) return refuse('other-version', `It is no record of ${version}.`)
  const fields: RecordField[] = []
  const pieces = text.slice(version.length).split(';')
  for (let i = 1; i < pieces.length; i++) {
    const isLast = i === pieces.length - 1
    const piece = pieces[i] ?? ''
    // The white space around a semicolon belongs to the delimiter. At the end there is none, so
    // white space there would be part of the last value.
    const field = isLast ? piece.slice(leadingSpace(piece)) : trimSpace(piece)
    // One delimiter may end the record, behind a field.
    if (field === '' && isLast) break
    if (field === '') return refuse('empty-field', 'There is nothing between two semicolons.')
    const equals = field.indexOf('=')
    const name = field.slice(0, Math.max(0, equals))
    if (!fieldName.test(name)) return refuse('not-a-field', `${quoted(field)} is no field.`)
    const value = field.slice(equals + 1)
    if (!ownValues.includes(name) && !fieldValue.test(value)) {
      return refuse('bad-value', `${name} is ${quoted(value)}, which is no value.`)
    }
    fields.push({ name, value })
  }
  if (fields.length === 0) return refuse('no-field', `Nothing follows ${version}.`)
  return ok(fields)
}

/** What stands at a name, after RFC 8461 §3.1 and RFC 8460 §3. Plain data. */
export type FieldRecordAnswer<T, R extends string> = {
  /** The name that was asked. */
  readonly name: string
  /** The names that the question was led to by CNAME records. */
  readonly aliases: readonly string[]
} & (
  | { readonly type: 'record'; readonly text: string; readonly record: T }
  /** One record that is not as it must be: as good as none. */
  | { readonly type: 'unusable'; readonly text: string; readonly refusal: RecordRefusal<R> }
  /** Several records: as good as none. */
  | { readonly type: 'several'; readonly texts: readonly string[] }
  /** `other-text`: there are TXT records, and none of them is meant. */
  | { readonly type: 'none'; readonly reason: 'no-name' | 'no-data' | 'other-text' }
  /** DNS could not be asked. That is not the same as no record. */
  | { readonly type: 'failed'; readonly reason: DnsFailure }
)

export interface FieldRecordQuestion<T, R extends string> {
  readonly name: string
  readonly version: string
  readonly read: (text: string) => Result<T, RecordRefusal<R>>
}

/** Asks for the one record of a kind. One question to DNS. */
export async function lookupFieldRecord<T, R extends string>(
  question: FieldRecordQuestion<T, R>,
  resolver: Resolver,
): Promise<FieldRecordAnswer<T, R>> {
  const { name, version, read } = question
  const answer = await resolver.resolve(name, 'TXT')
  const asked = { name, aliases: aliasesOf(answer) }
  switch (answer.type) {
    case 'failed':
      return { type: 'failed', ...asked, reason: answer.reason }
    case 'noName':
      return { type: 'none', ...asked, reason: 'no-name' }
    case 'noData':
      return { type: 'none', ...asked, reason: 'no-data' }
    case 'found': {
      const texts = candidates(answer.records, version)
      const [text] = texts
      if (text === undefined) return { type: 'none', ...asked, reason: 'other-text' }
      if (texts.length > 1) return { type: 'several', ...asked, texts }
      const parsed = read(text)
      if (parsed.ok) return { type: 'record', ...asked, text, record: parsed.value }
      return { type: 'unusable', ...asked, text, refusal: parsed.problem }
    }
  }
}

/**
 * RFC 8461 §3.1, RFC 8460 §3: of several TXT records those that do not begin with the version and a
 * semicolon are discarded. The grammar also allows white space before that semicolon, so a record
 * like that is read when it is the only one there (RFC 8461 erratum 6285 tells of the contradiction).
 */
function candidates(texts: readonly string[], version: string): readonly string[] {
  if (texts.length === 1) return texts.filter((text) => hasVersion(text, version))
  return texts.filter((text) => text.startsWith(`${version};`))
}

/** Whether the version stands first, and is not the beginning of a longer word. */
function hasVersion(text: string, version: string): boolean {
  if (!text.startsWith(version)) return false
  let at = version.length
  while (isSpace(text, at)) at++
  return at === text.length || text[at] === ';'
}

function aliasesOf(answer: DnsAnswer<string>): readonly string[] {
  return answer.type === 'failed' ? [] : (answer.aliases ?? [])
}

/** Without the spaces and tabs around it, in one pass: a regular expression would take a square. */
export function trimSpace(text: string): string {
  const start = leadingSpace(text)
  let end = text.length
  while (end > start && isSpace(text, end - 1)) end--
  return text.slice(start, end)
}

function leadingSpace(text: string): number {
  let at = 0
  while (isSpace(text, at)) at++
  return at
}

function isSpace(text: string, at: number): boolean {
  const code = text.charCodeAt(at)
  return code === 0x20 || code === 0x09
}

function refuse(reason: FieldRecordReason, text: string): Result<never, RecordRefusal> {
  return bad({ reason, text })
}

/** A domain owner's text between quotation marks: what is not printable ASCII becomes `?`. */
export function quoted(text: string): string {
  const start = text.slice(0, maxShown).replace(/[^\x20-\x7e]/g, '?')
  return text.length > maxShown ? `"${start}..."` : `"${start}"`
}
