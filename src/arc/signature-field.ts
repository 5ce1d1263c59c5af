/** Reads ARC-Message-Signature and ARC-Seal fields (RFC 8617 §4.1.2, §4.1.3). */

import { type Result, bad, ok } from '../base/result.ts'
import type { HeaderField } from '../message/field.ts'
import type { Omission } from '../signature/canonical-header.ts'
import { excerpt } from '../signature/key-record.ts'
import {
  type CanonicalizationPair,
  type SignatureAlgorithm,
  hashOf,
  parseAlgorithm,
  parseBase64Tag,
  parseCanonicalization,
  parseColonList,
  parseDigits,
  parseFieldNames,
  parseSelector,
  parseSignatureDomain,
} from '../signature/signature.ts'
import { invalidTag, missingTag } from '../signature/reason.ts'
import { shownNames } from '../signature/field-selection.ts'
import {
  expiryBeforeSigning,
  fromNotSigned,
  readBodyHash,
  readBodyLength,
  readCanonicalization,
  readTime,
  signatureOmission,
  unknownQuery,
  unsupportedAlgorithm,
} from '../signature/signature-tags.ts'
import type { TagList } from '../signature/tag-list.ts'
import type { ArcClaims, ArcReason } from './verdict.ts'

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
    return bad({ claims, reason: { code: 'fields-listed', text, tag: 'h' } })
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
  for (const name of ['a', 'b', 'd', 's']) if (!tags.has(name)) return missingTag(name)
  const named = tags.get('a')?.value ?? ''
  const algorithm = parseAlgorithm(named)
  // RFC 8301 §3.1 took rsa-sha1 away before ARC came.
  if (algorithm === undefined || algorithm === 'rsa-sha1') return unsupportedAlgorithm(named)
  const octets = parseBase64Tag(tags.get('b')?.value ?? '')
  if (octets === undefined) return invalidTag('b', 'is not base64')
  const { domain, selector } = claims
  if (domain === undefined) return invalidTag('d', 'is not a domain name')
  if (selector === undefined) return invalidTag('s', 'is not a selector')
  const signedAt = readTime(tags, 't')
  if (!signedAt.ok) return signedAt.problem
  return {
    algorithm,
    domain,
    selector,
    signature: octets,
    signedAt: signedAt.value,
    omit: signatureOmission(tags),
  }
}

type MessageSignatureParts = Omit<ArcMessageSignature, 'field' | 'claims'>

function messageSignature(
  tags: TagList,
  claims: ArcClaims,
  signedFields: readonly string[] | undefined,
): MessageSignatureParts | ArcReason {
  for (const name of ['bh', 'h']) if (!tags.has(name)) return missingTag(name)
  const shared = signature(tags, claims)
  if ('code' in shared) return shared
  const canonicalization = readCanonicalization(tags)
  if (!canonicalization.ok) return canonicalization.problem
  const bodyHash = readBodyHash(tags, hashOf(shared.algorithm))
  if (!bodyHash.ok) return bodyHash.problem
  if (signedFields === undefined) return invalidTag('h', 'is not a list of field names')
  const bodyLength = readBodyLength(tags)
  if (!bodyLength.ok) return bodyLength.problem
  const expiresAt = readTime(tags, 'x')
  if (!expiresAt.ok) return expiresAt.problem
  const unfit =
    expiryBeforeSigning(shared.signedAt, expiresAt.value) ??
    unknownQuery(tags) ??
    fromNotSigned(signedFields) ??
    sealSigned(signedFields)
  if (unfit !== undefined) return unfit
  return {
    ...shared,
    canonicalization: canonicalization.value,
    signedFields,
    bodyHash: bodyHash.value,
    bodyLength: bodyLength.value,
    expiresAt: expiresAt.value,
  }
}

/**
 * RFC 8617 §4.1.2 forbids to sign any field of ARC. A seal is made after the message signature and
 * over it, so that one is refused; to have signed the others, as early sealers did, harms nobody.
 */
function sealSigned(signedFields: readonly string[]): ArcReason | undefined {
  if (!signedFields.includes('arc-seal')) return undefined
  const text = 'ARC-Seal is among the signed fields, where RFC 8617 forbids it.'
  return { code: 'seal-signed', text, tag: 'h' }
}
