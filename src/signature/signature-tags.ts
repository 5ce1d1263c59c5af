/**
 * Tags of a signature field that mean the same in DKIM and in ARC (RFC 6376 §3.5, RFC 8617 §4.1.2),
 * read to a value or to the reason why the signature cannot be used.
 */

import { encodeBase64 } from '../base/base64.ts'
import { type Result, bad, ok } from '../base/result.ts'
import type { Omission } from './canonical-header.ts'
import { type SignatureReason, invalidTag, quote } from './reason.ts'
import {
  type CanonicalizationPair,
  type HashAlgorithm,
  parseBase64Tag,
  parseCanonicalization,
  parseColonList,
  parseDigits,
} from './signature.ts'
import type { TagList } from './tag-list.ts'

type Read<T> = Result<T, SignatureReason>

/** `c=`; without it both are simple. */
export function readCanonicalization(tags: TagList): Read<CanonicalizationPair> {
  const value = tags.get('c')?.value ?? 'simple'
  const pair = parseCanonicalization(value)
  if (pair !== undefined) return ok(pair)
  const text = `The canonicalization ${quote(value)} is not known.`
  return bad({ code: 'canonicalization-unsupported', text, tag: 'c' })
}

/** `bh=` as canonical base64. */
export function readBodyHash(tags: TagList, hash: HashAlgorithm): Read<string> {
  const octets = parseBase64Tag(tags.get('bh')?.value ?? '')
  if (octets === undefined) return bad(invalidTag('bh', 'is not base64'))
  if (octets.length !== (hash === 'sha1' ? 20 : 32)) {
    return bad(invalidTag('bh', `has not the length of a ${hash} hash`))
  }
  return ok(encodeBase64(octets))
}

/** `l=`; past 2^53 it is only about right, and as much beyond every body. */
export function readBodyLength(tags: TagList): Read<number | undefined> {
  return readNumber(tags, 'l', 76)
}

/** `t=` or `x=`, in Unix seconds. */
export function readTime(tags: TagList, tag: 't' | 'x'): Read<number | undefined> {
  return readNumber(tags, tag, 12)
}

function readNumber(tags: TagList, tag: string, maxDigits: number): Read<number | undefined> {
  const value = tags.get(tag)?.value
  if (value === undefined) return ok(undefined)
  const number = parseDigits(value, maxDigits)
  if (number !== undefined) return ok(number)
  return bad(invalidTag(tag, `is not a number of at most ${maxDigits} digits`))
}

/** Where the value of `b=` stands, with the white space around it: it is not signed (§3.7). */
export function signatureOmission(tags: TagList): Omission {
  const b = tags.get('b')
  return { start: b?.start ?? 0, end: b?.end ?? 0 }
}

/** RFC 6376 §3.5, `x=`: greater than `t=`, so not equal either. */
export function expiryBeforeSigning(
  signedAt: number | undefined,
  expiresAt: number | undefined,
): SignatureReason | undefined {
  if (signedAt === undefined || expiresAt === undefined || expiresAt > signedAt) return undefined
  const text = 'The signature expires (x=) before it was made (t=).'
  return { code: 'expires-before-signed', text, tag: 'x' }
}

/** RFC 6376 §3.5, `q=`: methods that are not known are passed over. */
export function unknownQuery(tags: TagList): SignatureReason | undefined {
  const query = tags.get('q')?.value
  if (query === undefined || parseColonList(query.toLowerCase()).includes('dns/txt')) {
    return undefined
  }
  const text = `The key is to be asked for by ${quote(query)}, and only dns/txt is known.`
  return { code: 'query-unsupported', text, tag: 'q' }
}

/** RFC 6376 §5.4, §6.1.1. */
export function fromNotSigned(signedFields: readonly string[]): SignatureReason | undefined {
  if (signedFields.includes('from')) return undefined
  const text = 'The From field is not among the signed ones.'
  return { code: 'from-not-signed', text, tag: 'h' }
}

/** `a=` names what nobody checks with. */
export function unsupportedAlgorithm(named: string): SignatureReason {
  const text = `The algorithm ${quote(named)} is not one that signatures are checked with.`
  return { code: 'algorithm-unsupported', text, tag: 'a' }
}
