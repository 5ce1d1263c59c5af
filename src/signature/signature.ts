/**
 * What DKIM (RFC 6376) and ARC (RFC 8617) signatures share: the words, and the values of their tags.
 *
 * The readers below take a tag's value as `parseTagList` gives it (octet string, folds still inside)
 * and answer `undefined` for anything the grammar does not have.
 */

import { type Domain, parseDomain } from '../address/domain.ts'
import { decodeBase64 } from '../base/base64.ts'
import { decodeUtf8, isAscii, octetsOf } from '../base/octets.ts'

export type Canonicalization = 'simple' | 'relaxed'
export type HashAlgorithm = 'sha1' | 'sha256'
export type KeyType = 'rsa' | 'ed25519'

/** The signing algorithms that have a meaning; `rsa-sha1` is only read, never written (RFC 8301). */
export type SignatureAlgorithm = 'rsa-sha1' | 'rsa-sha256' | 'ed25519-sha256'

/** How header and body are brought into canonical form (`c=`). */
export interface CanonicalizationPair {
  readonly header: Canonicalization
  readonly body: Canonicalization
}

export function keyTypeOf(algorithm: SignatureAlgorithm): KeyType {
  return algorithm === 'ed25519-sha256' ? 'ed25519' : 'rsa'
}

export function hashOf(algorithm: SignatureAlgorithm): HashAlgorithm {
  return algorithm === 'rsa-sha1' ? 'sha1' : 'sha256'
}

/** `a=`. The grammar's literals are case-insensitive (RFC 5234 §2.3). */
export function parseAlgorithm(value: string): SignatureAlgorithm | undefined {
  const name = value.toLowerCase()
  if (name === 'rsa-sha256' || name === 'ed25519-sha256' || name === 'rsa-sha1') return name
  return undefined
}

/** `c=`: `header/body`; a body that is not named is `simple` (RFC 6376 §3.5). */
export function parseCanonicalization(value: string): CanonicalizationPair | undefined {
  const [header, body, ...more] = value.toLowerCase().split('/')
  if (more.length > 0) return undefined
  const read = { header: oneCanonicalization(header), body: oneCanonicalization(body ?? 'simple') }
  return read.header && read.body ? { header: read.header, body: read.body } : undefined
}

function oneCanonicalization(name: string | undefined): Canonicalization | undefined {
  return name === 'simple' || name === 'relaxed' ? name : undefined
}

/** More names than any signer lists: past this a list is refused. */
const maxFieldNames = 1000

/**
 * `h=`: field names in lower case, in the order signed, a name as often as it stands there. `ftext`
 * is RFC 5322 §3.6.8; an empty name between colons is not in the grammar.
 */
export function parseFieldNames(value: string): readonly string[] | undefined {
  const names = parseColonList(value.toLowerCase(), maxFieldNames + 1)
  if (names.length > maxFieldNames) return undefined
  for (const name of names) if (name === '' || /[^\x21-\x39\x3b-\x7e]/.test(name)) return undefined
  return names
}

const foldsInside = /[ \t\r\n]/

/**
 * A list with colons, such as `q=` or a key's `s=`: items trimmed of white space, as written. What
 * stands past the first `most` is not read: a field may be a quarter of a megabyte of colons.
 */
export function parseColonList(value: string, most = 1000): readonly string[] {
  const items = value.split(':', most)
  return foldsInside.test(value) ? items.map(trimFolds) : items
}

/**
 * `d=`, or the domain of `i=`: at least two labels (RFC 6376 §3.5, `domain-name`), as U-labels or
 * A-labels (RFC 8616 §4), given back as A-labels in lower case.
 */
export function parseSignatureDomain(value: string): Domain | undefined {
  const domain = parseLabels(value)
  return domain?.includes('.') === true ? domain : undefined
}

/** `s=`: one label or more; U-labels become A-labels (RFC 8616 §4). */
export function parseSelector(value: string): Domain | undefined {
  return parseLabels(value)
}

function parseLabels(value: string): Domain | undefined {
  // The grammar has no root dot; `parseDomain` would forgive it.
  if (value.endsWith('.')) return undefined
  const text = isAscii(value) ? value : decodeUtf8(octetsOf(value))
  return text === undefined ? undefined : parseDomain(text)
}

/** `1*maxDigits DIGIT` as a number; values past 2^53 lose precision but stay as large. */
export function parseDigits(value: string, maxDigits: number): number | undefined {
  if (value.length > maxDigits || !/^\d+$/.test(value)) return undefined
  return Number(value)
}

/**
 * Base64 with white space anywhere (RFC 6376 §2.10 `base64string`, where the padding is optional).
 * The empty string is no base64 string.
 */
export function parseBase64Tag(value: string): Uint8Array<ArrayBuffer> | undefined {
  const digits = value.replace(/[ \t\r\n]+/g, '')
  if (digits === '') return undefined
  const missing = digits.includes('=') ? 0 : (4 - (digits.length % 4)) % 4
  return decodeBase64(digits + '='.repeat(missing))
}

/**
 * `dkim-quoted-printable` (RFC 6376 §2.11) to octets: white space goes, `=XX` becomes one octet,
 * upper-case hexadecimal only. Octets above 127 stand for themselves (RFC 8616 §3).
 */
export function parseQuotedPrintable(value: string): string | undefined {
  const packed = value.replace(/[ \t\r\n]+/g, '')
  if (!packed.includes('=')) return packed
  if (/=(?![0-9A-F]{2})/.test(packed)) return undefined
  return packed.replace(/=([0-9A-F]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  )
}

/** `text` without SP, TAB, CR and LF at both ends. Linear, where a regular expression is not. */
export function trimFolds(text: string): string {
  let start = 0
  let end = text.length
  while (start < end && isFold(text.charCodeAt(start))) start++
  while (end > start && isFold(text.charCodeAt(end - 1))) end--
  return start === 0 && end === text.length ? text : text.slice(start, end)
}

function isFold(code: number): boolean {
  return code === 32 || code === 9 || code === 13 || code === 10
}
