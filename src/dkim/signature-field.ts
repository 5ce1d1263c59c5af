/** Reads a DKIM-Signature field (RFC 6376 §3.5). */

import { isWithin } from '../address/domain.ts'
import { encodeBase64 } from '../base/base64.ts'
import { isAscii, octetsOf } from '../base/octets.ts'
import { type Result, bad, ok } from '../base/result.ts'
import { displayUtf8 } from '../base/utf8.ts'
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
  parseColonList,
  parseDigits,
  parseFieldNames,
  parseQuotedPrintable,
  parseSelector,
  parseSignatureDomain,
} from '../signature/signature.ts'
import { shownNames } from '../signature/shown-names.ts'
import { type TagList, parseTagList } from '../signature/tag-list.ts'
import type { DkimClaims, DkimReason, DkimReasonCode } from './verdict.ts'

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
    const { problem } = list
    const reason: DkimReason =
      problem.type === 'duplicate'
        ? wrong(
            'tag-duplicate',
            `The tag ${problem.name}= stands in the field twice.`,
            problem.name,
          )
        : wrong(
            'signature-syntax',
            'The field is not a list of name=value with semicolons between.',
          )
    return bad({ claims: { index }, reason })
  }
  const claims = readClaims(list.value, index)
  const read = readSignature(list.value, claims)
  return 'code' in read ? bad({ claims, reason: read }) : ok({ ...read, field, claims })
}

/** Everything that can be said of the field, whether or not the whole is right. */
function readClaims(tags: TagList, index: number): DkimClaims {
  const value = (name: string): string | undefined => tags.get(name)?.value
  const domain = parseSignatureDomain(value('d') ?? '')
  const selector = parseSelector(value('s') ?? '')
  const identity = readIdentity(value('i'), domain)
  const algorithm = value('a')
  const canonicalization = parseCanonicalization(value('c') ?? 'simple')
  const signedFields = parseFieldNames(value('h') ?? '')
  const signedAt = parseDigits(value('t') ?? '', 12)
  const expiresAt = parseDigits(value('x') ?? '', 12)
  return {
    index,
    ...(domain === undefined ? {} : { domain }),
    ...(selector === undefined ? {} : { selector }),
    ...(identity === undefined ? {} : { identity: identity.text }),
    ...(algorithm === undefined ? {} : { algorithm: excerpt(algorithm.toLowerCase()) }),
    ...(canonicalization === undefined
      ? {}
      : { canonicalization: `${canonicalization.header}/${canonicalization.body}` }),
    ...(signedFields === undefined ? {} : { signedFields: shownNames(signedFields) }),
    ...(signedAt === undefined ? {} : { signedAt }),
    ...(expiresAt === undefined ? {} : { expiresAt }),
  }
}

/** RFC 6376 §6.1.1, in its order as far as it gives one. */
function readSignature(
  tags: TagList,
  claims: DkimClaims,
): Omit<DkimSignature, 'field' | 'claims'> | DkimReason {
  const value = (name: string): string | undefined => tags.get(name)?.value

  // Without the one version that there is, nothing else can be relied on.
  const version = value('v')
  if (version !== undefined && version !== '1') {
    return wrong(
      'version-unsupported',
      `The version of the signature is ${quote(version)}, not 1.`,
      'v',
    )
  }
  for (const name of ['v', 'a', 'b', 'bh', 'd', 'h', 's']) {
    if (!tags.has(name)) return wrong('tag-missing', `The tag ${name}= is missing.`, name)
  }
  const algorithm = parseAlgorithm(value('a') ?? '')
  if (algorithm === undefined) {
    const text = `The algorithm ${quote(value('a') ?? '')} is not one that signatures are checked with.`
    return wrong('algorithm-unsupported', text, 'a')
  }
  const canonicalization = parseCanonicalization(value('c') ?? 'simple')
  if (canonicalization === undefined) {
    const text = `The canonicalization ${quote(value('c') ?? '')} is not known.`
    return wrong('canonicalization-unsupported', text, 'c')
  }
  const signature = parseBase64Tag(value('b') ?? '')
  if (signature === undefined) return invalid('b', 'is not base64')
  const bodyHash = parseBase64Tag(value('bh') ?? '')
  if (bodyHash === undefined) return invalid('bh', 'is not base64')
  const hash = hashOf(algorithm)
  if (bodyHash.length !== (hash === 'sha1' ? 20 : 32)) {
    return invalid('bh', `has not the length of a ${hash} hash`)
  }
  const { domain, selector } = claims
  const signedFields = parseFieldNames(value('h') ?? '')
  if (domain === undefined) return invalid('d', 'is not a domain name')
  if (selector === undefined) return invalid('s', 'is not a selector')
  if (signedFields === undefined) return invalid('h', 'is not a list of field names')

  const lengthText = value('l')
  const bodyLength = lengthText === undefined ? undefined : parseDigits(lengthText, 76)
  if (lengthText !== undefined && bodyLength === undefined) {
    return invalid('l', 'is not a number of at most 76 digits')
  }
  const { signedAt, expiresAt } = claims
  if (tags.has('t') && signedAt === undefined) {
    return invalid('t', 'is not a number of at most 12 digits')
  }
  if (tags.has('x') && expiresAt === undefined) {
    return invalid('x', 'is not a number of at most 12 digits')
  }
  // RFC 6376 §3.5, x=: greater than t=, so not equal either.
  if (signedAt !== undefined && expiresAt !== undefined && expiresAt <= signedAt) {
    const text = 'The signature expires (x=) before it was made (t=).'
    return wrong('expires-before-signed', text, 'x')
  }
  const identity = readIdentity(value('i'), domain)
  if (identity === undefined) return invalid('i', 'is not an address')
  if (!isWithin(identity.domain, domain)) {
    const text = `The identity is in ${identity.domain}, which is neither ${domain} nor below it.`
    return wrong('identity-outside-domain', text, 'i')
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
  const b = tags.get('b')
  return {
    algorithm,
    canonicalization,
    domain,
    selector,
    identityDomain: identity.domain,
    signedFields,
    signature,
    bodyHash: encodeBase64(bodyHash),
    bodyLength,
    signedAt,
    expiresAt,
    omit: { start: b?.start ?? 0, end: b?.end ?? 0 },
  }
}

/**
 * `i=`: an optional local-part, `@`, a domain. Of the local-part nothing is asked but that it is
 * text, for nothing is decided by it.
 */
function readIdentity(
  value: string | undefined,
  signingDomain: string | undefined,
): { readonly text: string; readonly domain: string } | undefined {
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

function invalid(tag: string, text: string): DkimReason {
  return wrong('tag-invalid', `The value of ${tag}= ${text}.`, tag)
}

function wrong(code: DkimReasonCode, text: string, tag?: string): DkimReason {
  return tag === undefined ? { code, text } : { code, text, tag }
}

function quote(value: string): string {
  return `"${excerpt(value)}"`
}
