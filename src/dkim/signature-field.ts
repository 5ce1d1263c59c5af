/** Reads a DKIM-Signature field (RFC 6376 §3.5). */

import { isWithin } from '../address/domain.ts'
import { displayUtf8, isAscii, octetsOf } from '../base/octets.ts'
import { type Result, bad, ok } from '../base/result.ts'
import { type HeaderField, rawValue } from '../message/field.ts'
import type { Omission } from '../signature/canonical-header.ts'
import { excerpt } from '../signature/key-record.ts'
import {
  type CanonicalizationPair,
  type SignatureAlgorithm,
  hashOf,
  parseAlgorithm,
  parseBase64Tag,
  parseCanonicalization,
  parseDigits,
  parseFieldNames,
  parseQuotedPrintable,
  parseSelector,
  parseSignatureDomain,
} from '../signature/signature.ts'
import { invalidTag, missingTag, quote } from '../signature/reason.ts'
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
import { type TagList, type TagListProblem, parseTagList } from '../signature/tag-list.ts'
import type { DkimClaims, DkimReason } from './verdict.ts'

/** A signature that obeys the grammar, ready to be checked. */
export interface DkimSignature {
  readonly field: HeaderField
  /** What it claims, for the verdict. */
  readonly claims: DkimClaims
  readonly algorithm: SignatureAlgorithm
  readonly canonicalization: CanonicalizationPair
  readonly domain: string
  readonly selector: string
  /** The domain of `i=`. */
  readonly identityDomain: string
  readonly signedFields: readonly string[]
  readonly signature: Uint8Array
  /** `bh=` as canonical base64. */
  readonly bodyHash: string
  /** `l=`; past 2^53 it is only about right, and as much beyond every body. */
  readonly bodyLength: number | undefined
  readonly signedAt: number | undefined
  readonly expiresAt: number | undefined
  /** The value of `b=` with the white space around it, which is not signed (§3.7). */
  readonly omit: Omission
}

/** A field that cannot be used, and what could be read of it all the same. */
export interface UnusableSignature {
  readonly claims: DkimClaims
  readonly reason: DkimReason
}

/** Far more than any address; what is longer is none. */
const maxIdentityLength = 1000

/** @param index position among the DKIM-Signature fields, top down */
export function parseDkimSignature(
  field: HeaderField,
  index: number,
): Result<DkimSignature, UnusableSignature> {
  const list = parseTagList(rawValue(field))
  if (!list.ok) {
    return bad({ claims: { index }, reason: notAList(list.problem) })
  }
  const values = readValues(list.value)
  const claims = claimsOf(values, index)
  const read = readSignature(list.value, values, { field, claims })
  return 'code' in read ? bad({ claims, reason: read }) : ok(read)
}

function notAList(problem: TagListProblem): DkimReason {
  if (problem.type === 'duplicate') {
    const text = `The tag ${problem.name}= stands in the field twice.`
    return { code: 'tag-duplicate', text, tag: problem.name }
  }
  const text = 'The field is not a list of name=value with semicolons between.'
  return { code: 'signature-syntax', text }
}

/** The tags that are shown, whether or not the whole is right; what cannot be read is undefined. */
interface Values {
  readonly domain: string | undefined
  readonly selector: string | undefined
  readonly identity: Identity | undefined
  readonly algorithm: string | undefined
  readonly canonicalization: CanonicalizationPair | undefined
  readonly signedFields: readonly string[] | undefined
  readonly signedAt: number | undefined
  readonly expiresAt: number | undefined
}

function readValues(tags: TagList): Values {
  const domain = parseSignatureDomain(tags.get('d')?.value ?? '')
  return {
    domain,
    selector: parseSelector(tags.get('s')?.value ?? ''),
    identity: readIdentity(tags.get('i')?.value, domain),
    algorithm: tags.get('a')?.value,
    canonicalization: parseCanonicalization(tags.get('c')?.value ?? 'simple'),
    signedFields: parseFieldNames(tags.get('h')?.value ?? ''),
    signedAt: parseDigits(tags.get('t')?.value ?? '', 12),
    expiresAt: parseDigits(tags.get('x')?.value ?? '', 12),
  }
}

/**
 * Everything that can be said of the field. Property by property, because spreading eight objects
 * into one takes longer than reading the field.
 */
function claimsOf(values: Values, index: number): DkimClaims {
  const { domain, selector, identity, algorithm, canonicalization, signedFields } = values
  const { signedAt, expiresAt } = values
  const claims: { -readonly [Name in keyof DkimClaims]: DkimClaims[Name] } = { index }
  if (domain !== undefined) claims.domain = domain
  if (selector !== undefined) claims.selector = selector
  if (identity !== undefined) claims.identity = identity.text
  if (algorithm !== undefined) claims.algorithm = excerpt(algorithm.toLowerCase())
  if (canonicalization !== undefined) {
    claims.canonicalization = `${canonicalization.header}/${canonicalization.body}`
  }
  if (signedFields !== undefined) claims.signedFields = shownNames(signedFields)
  if (signedAt !== undefined) claims.signedAt = signedAt
  if (expiresAt !== undefined) claims.expiresAt = expiresAt
  return claims
}

const requiredTags = ['v', 'a', 'b', 'bh', 'd', 'h', 's']

/** RFC 6376 §6.1.1, in its order as far as it gives one. */
function readSignature(
  tags: TagList,
  { domain, selector, identity, signedFields }: Values,
  { field, claims }: Pick<DkimSignature, 'field' | 'claims'>,
): DkimSignature | DkimReason {
  const value = (name: string): string | undefined => tags.get(name)?.value

  // Without the one version that there is, nothing else can be relied on.
  const version = value('v')
  if (version !== undefined && version !== '1') {
    const text = `The version of the signature is ${quote(version)}, not 1.`
    return { code: 'version-unsupported', text, tag: 'v' }
  }
  for (const name of requiredTags) if (!tags.has(name)) return missingTag(name)
  const algorithm = parseAlgorithm(value('a') ?? '')
  if (algorithm === undefined) return unsupportedAlgorithm(value('a') ?? '')
  const canonicalization = readCanonicalization(tags)
  if (!canonicalization.ok) return canonicalization.problem
  const signature = parseBase64Tag(value('b') ?? '')
  if (signature === undefined) return invalidTag('b', 'is not base64')
  const bodyHash = readBodyHash(tags, hashOf(algorithm))
  if (!bodyHash.ok) return bodyHash.problem
  if (domain === undefined) return invalidTag('d', 'is not a domain name')
  if (selector === undefined) return invalidTag('s', 'is not a selector')
  if (signedFields === undefined) return invalidTag('h', 'is not a list of field names')
  const bodyLength = readBodyLength(tags)
  if (!bodyLength.ok) return bodyLength.problem
  const signedAt = readTime(tags, 't')
  if (!signedAt.ok) return signedAt.problem
  const expiresAt = readTime(tags, 'x')
  if (!expiresAt.ok) return expiresAt.problem
  const misdated = expiryBeforeSigning(signedAt.value, expiresAt.value)
  if (misdated !== undefined) return misdated
  if (identity === undefined) return invalidTag('i', 'is not an address')
  // RFC 6376 §3.5, i=: the same domain as d=, or one below it.
  if (!isWithin(identity.domain, domain)) {
    const text = `The identity is in ${identity.domain}, which is neither ${domain} nor below it.`
    return { code: 'identity-outside-domain', text, tag: 'i' }
  }
  const unfit = unknownQuery(tags) ?? fromNotSigned(signedFields)
  if (unfit !== undefined) return unfit
  return {
    field,
    claims,
    algorithm,
    canonicalization: canonicalization.value,
    domain,
    selector,
    identityDomain: identity.domain,
    signedFields,
    signature,
    bodyHash: bodyHash.value,
    bodyLength: bodyLength.value,
    signedAt: signedAt.value,
    expiresAt: expiresAt.value,
    omit: signatureOmission(tags),
  }
}

interface Identity {
  readonly text: string
  readonly domain: string
}

/**
 * `i=`: an optional local-part, `@`, a domain. Of the local-part nothing is asked but that it is
 * text, for nothing is decided by it.
 */
function readIdentity(
  value: string | undefined,
  signingDomain: string | undefined,
): Identity | undefined {
  if (value === undefined) {
    return signingDomain === undefined
      ? undefined
      : { text: `@${signingDomain}`, domain: signingDomain }
  }
  const decoded = parseQuotedPrintable(value)
  if (decoded === undefined) return undefined
  const at = decoded.lastIndexOf('@')
  if (at < 0 || decoded.length > maxIdentityLength || /[\x00-\x1f\x7f]/.test(decoded))
    return undefined
  const domain = parseSignatureDomain(decoded.slice(at + 1))
  if (domain === undefined) return undefined
  const localPart = decoded.slice(0, at)
  const text = isAscii(localPart) ? localPart : displayUtf8(octetsOf(localPart))
  return { text: `${text}@${domain}`, domain }
}
