/** Why a signature does not pass, in the words that DKIM and ARC share. */

import { excerpt } from './key-record.ts'

/**
 * What can be wrong with any signature: with its field (RFC 6376 §6.1.1), with its key (§6.1.2), with
 * its cryptography (§6.1.3), or by our own rules. DKIM and ARC each have a few more.
 */
export type SignatureReasonCode =
  | 'tag-duplicate'
  | 'tag-missing'
  | 'tag-invalid'
  | 'algorithm-unsupported'
  | 'canonicalization-unsupported'
  | 'query-unsupported'
  | 'from-not-signed'
  | 'expires-before-signed'
  | 'expired'
  | 'length-exceeds-body'
  | 'key-unavailable'
  | 'key-missing'
  | 'key-syntax'
  | 'key-revoked'
  | 'key-type-unsupported'
  | 'key-type-mismatch'
  | 'key-hash-mismatch'
  | 'key-service-mismatch'
  | 'key-unusable'
  | 'key-too-short'
  | 'key-too-large'
  | 'body-hash-mismatch'
  | 'header-hash-mismatch'
  | 'header-and-body-hash-mismatch'
  | 'signature-mismatch'
  | 'signature-and-body-hash-mismatch'
  | 'signed-in-future'
  | 'too-much-signed'

export interface SignatureReason<Code extends string = SignatureReasonCode> {
  readonly code: Code
  /** One sentence for people. */
  readonly text: string
  /** The tag of the signature that is meant, where there is one. */
  readonly tag?: string
}

/** A tag that must be there is not. */
export function missingTag(tag: string): SignatureReason {
  return { code: 'tag-missing', text: `The tag ${tag}= is missing.`, tag }
}

/** @param what the end of a sentence about the value of the tag */
export function invalidTag(tag: string, what: string): SignatureReason {
  return { code: 'tag-invalid', text: `The value of ${tag}= ${what}.`, tag }
}

/** Foreign text in a sentence: in quotation marks, short, and without control characters. */
export function quote(value: string): string {
  return `"${excerpt(value)}"`
}
