/** Reads ARC-Message-Signature and ARC-Seal fields (RFC 8617 §4.1.2, §4.1.3). */

import { encodeBase64 } from '../base/base64.ts'
import { type Result, bad, ok } from '../base/result.ts'
import type { HeaderField } from '../message/field.ts'
import type { Omission } from '../signature/canonical-header.ts'
import { excerpt } from '../signature/key-record.ts'
import {
  type CanonicalizationPair,
  type SignatureAlgorithm,
  parseAlgorithm,
  parseBase64Tag,
  parseCanonicalization,
  parseColonList,
  parseDigits,
  parseFieldNames,
  parseSelector,
  parseSignatureDomain,
} from '../signature/signature.ts'
import { shownNames } from '../signature/shown-names.ts'
import type { TagList } from '../signature/tag-list.ts'
import type { ArcClaims, ArcReason, ArcReasonCode } from './verdict.ts'

/** What seals and message signatures share, ready to be checked. */
export interface ArcSignature {
  readonly field: HeaderField
  /** What it claims, for the verdict. */
  readonly claims: ArcClaims
  readonly algorithm: SignatureAlgorithm
  readonly domain: string
  readonly selector: string
  readonly signature: Uint8Array
  readonly signedAt: number | undefined
  /** The value of `b=` with the white space around it, which is not signed (RFC 6376 §3.7). */
  readonly omit: Omission
}

export interface ArcMessageSignature extends ArcSignature {
  readonly canonicalization: CanonicalizationPair
  readonly signedFields: readonly string[]
  /** `bh=` as canonical base64. */
  readonly bodyHash: string
  /** `l=`; past 2^53 it is only about right, and as much beyond every body. */
  readonly bodyLength: number | undefined
  readonly expiresAt: number | undefined
}

/** A field that cannot be used, and what could be read of it all the same. */
export interface UnusableField {
  readonly claims: ArcClaims
  readonly reason: ArcReason
}

/**
 * RFC 8617 §4.1.2: syntax and meaning are those of DKIM-Signature, without `v=`, which is passed
 * over, and with another meaning of `i=`.
 *
 * @param tags of the value of `field`
 */
export function readMessageSignature(
  field: HeaderField,
  tags: TagList,
): Result<ArcMessageSignature, UnusableField> {
  const names = readFieldNames(tags.get('h')?.value ?? '')
  const claims = { ...readClaims(tags), ...readMessageClaims(tags, names) }
  const read = messageSignature(tags, claims, names)
  if ('code' in read) return bad({ claims, reason: read })
  return ok({ field, claims, ...read })
}

/** RFC 8617 §4.1.3. The chain validation status, `cv=`, is the business of whoever reads the chain. */
export function readSeal(field: HeaderField, tags: TagList): Result<ArcSignature, UnusableField> {
  const claims = readClaims(tags)
  // RFC 8617 §4.1.3: "the DKIM "h" tag is NOT allowed and, if found, MUST result in a cv status of
  // "fail"".
  if (tags.has('h')) {
    const text = 'The seal lists fields (h=), and what it covers is not for it to say.'
    return bad({ claims, reason: wrong('fields-listed', text, 'h') })
  }
  const read = signature(tags, claims)
  if ('code' in read) return bad({ claims, reason: read })
  return ok({ field, claims, ...read })
}

function readClaims(tags: TagList): ArcClaims {
  const domain = parseSignatureDomain(tags.get('d')?.value ?? '')
  const selector = parseSelector(tags.get('s')?.value ?? '')
  const algorithm = tags.get('a')?.value
  const signedAt = parseDigits(tags.get('t')?.value ?? '', 12)
  return {
    ...(domain === undefined ? {} : { domain }),
    ...(selector === undefined ? {} : { selector }),
    ...(algorithm === undefined ? {} : { algorithm: excerpt(algorithm.toLowerCase()) }),
    ...(signedAt === undefined ? {} : { signedAt }),
  }
}

function readMessageClaims(tags: TagList, names: readonly string[] | undefined): ArcClaims {
  const pair = parseCanonicalization(tags.get('c')?.value ?? 'simple')
  const shown = names === undefined ? undefined : shownNames(names)
  return {
    ...(pair === undefined ? {} : { canonicalization: `${pair.header}/${pair.body}` }),
    ...(shown === undefined ? {} : { signedFields: shown }),
  }
}

/**
 * `h=`, where an empty name between two colons is passed over: it stands for no field. The grammar
 * has none (RFC 6376 §3.5), but sealers wrote them and their signatures were made in this reading.
 */
function readFieldNames(value: string): readonly string[] | undefined {
  if (!value.includes('::') && !value.startsWith(':') && !value.endsWith(':')) {
    const names = parseFieldNames(value)
    if (names !== undefined) return names
  }
  const names = parseColonList(value).filter((name) => name !== '')
  return names.length === 0 ? undefined : parseFieldNames(names.join(':'))
}

type SignatureParts = Omit<ArcSignature, 'field' | 'claims'>

/** The tags that both kinds have (RFC 8617 §4.1.3; RFC 6376 §3.5). */
function signature(tags: TagList, claims: ArcClaims): SignatureParts | ArcReason {
  for (const name of ['a', 'b', 'd', 's']) if (!tags.has(name)) return missing(name)
  const named = tags.get('a')?.value ?? ''
  const algorithm = parseAlgorithm(named)
  // RFC 8301 §3.1 took rsa-sha1 away before ARC came.
  if (algorithm === undefined || algorithm === 'rsa-sha1') {
    const text = `The algorithm ${quote(named)} is not one that signatures are checked with.`
    return wrong('algorithm-unsupported', text, 'a')
  }
  const b = tags.get('b')
  const octets = parseBase64Tag(b?.value ?? '')
  if (octets === undefined) return invalid('b', 'is not base64')
  const { domain, selector, signedAt } = claims
  if (domain === undefined) return invalid('d', 'is not a domain name')
  if (selector === undefined) return invalid('s', 'is not a selector')
  if (tags.has('t') && signedAt === undefined) {
    return invalid('t', 'is not a number of at most 12 digits')
  }
  const omit = { start: b?.start ?? 0, end: b?.end ?? 0 }
  return { algorithm, domain, selector, signature: octets, signedAt, omit }
}

type MessageSignatureParts = Omit<ArcMessageSignature, 'field' | 'claims'>

function messageSignature(
  tags: TagList,
  claims: ArcClaims,
  signedFields: readonly string[] | undefined,
): MessageSignatureParts | ArcReason {
  for (const name of ['bh', 'h']) if (!tags.has(name)) return missing(name)
  const shared = signature(tags, claims)
  if ('code' in shared) return shared
  const value = (name: string): string | undefined => tags.get(name)?.value
  // RFC 6376 §3.5, c=: without it both are simple.
  const canonicalization = parseCanonicalization(value('c') ?? 'simple')
  if (canonicalization === undefined) {
    const text = `The canonicalization ${quote(value('c') ?? '')} is not known.`
    return wrong('canonicalization-unsupported', text, 'c')
  }
  const bodyHash = parseBase64Tag(value('bh') ?? '')
  if (bodyHash === undefined) return invalid('bh', 'is not base64')
  if (bodyHash.length !== 32) return invalid('bh', 'has not the length of a sha256 hash')
  if (signedFields === undefined) return invalid('h', 'is not a list of field names')
  const lengthText = value('l')
  const bodyLength = lengthText === undefined ? undefined : parseDigits(lengthText, 76)
  if (lengthText !== undefined && bodyLength === undefined) {
    return invalid('l', 'is not a number of at most 76 digits')
  }
  const expiryText = value('x')
  const expiresAt = expiryText === undefined ? undefined : parseDigits(expiryText, 12)
  if (expiryText !== undefined && expiresAt === undefined) {
    return invalid('x', 'is not a number of at most 12 digits')
  }
  const { signedAt } = shared
  // RFC 6376 §3.5, x=: greater than t=, so not equal either.
  if (signedAt !== undefined && expiresAt !== undefined && expiresAt <= signedAt) {
    const text = 'The signature expires (x=) before it was made (t=).'
    return wrong('expires-before-signed', text, 'x')
  }
  // RFC 6376 §3.5, q=: methods that are not known are passed over.
  const query = value('q')
  if (query !== undefined && !parseColonList(query.toLowerCase()).includes('dns/txt')) {
    const text = `The key is to be asked for by ${quote(query)}, and only dns/txt is known.`
    return wrong('query-unsupported', text, 'q')
  }
  // RFC 6376 §5.4, §6.1.1.
  if (!signedFields.includes('from')) {
    return wrong('from-not-signed', 'The From field is not among the signed ones.', 'h')
  }
  // RFC 8617 §4.1.2 forbids to sign any field of ARC. A seal is made after the message signature and
  // over it, so that one is refused; to have signed the others, as early sealers did, harms nobody.
  if (signedFields.includes('arc-seal')) {
    const text = 'ARC-Seal is among the signed fields, where RFC 8617 forbids it.'
    return wrong('seal-signed', text, 'h')
  }
  const hash = encodeBase64(bodyHash)
  return { ...shared, canonicalization, signedFields, bodyHash: hash, bodyLength, expiresAt }
}

function missing(tag: string): ArcReason {
  return wrong('tag-missing', `The tag ${tag}= is missing.`, tag)
}

function invalid(tag: string, text: string): ArcReason {
  return wrong('tag-invalid', `The value of ${tag}= ${text}.`, tag)
}

function wrong(code: ArcReasonCode, text: string, tag: string): ArcReason {
  return { code, text, tag }
}

function quote(value: string): string {
  return `"${excerpt(value)}"`
}
