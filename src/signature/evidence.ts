/** What a verdict on a signature rests on: hashes expected and found, and what differs. */

import type { BodyHash } from './body-hash.ts'
import type { KeyAnswer } from './key-lookup.ts'
import type { PublicKey } from './public-key.ts'
import type { SignatureReason, SignatureReasonCode } from './reason.ts'
import { hashBase64, recoverHash, verifySignature } from './signature-crypto.ts'
import { type KeyType, type SignatureAlgorithm, hashOf, keyTypeOf } from './signature.ts'

/** The key that was used, or the answer in which there was none. */
export interface KeyEvidence extends KeyAnswer {
  readonly type?: KeyType
  readonly bits?: number
}

export interface HeaderEvidence {
  /** Hash of the canonical header octets that the signature is over (base64). */
  readonly hash: string
  /** How many octets that were. */
  readonly octets: number
  /** The hash that was signed (base64): only for RSA, and only when it differs and the key is right. */
  readonly signedHash?: string
  readonly signature: 'match' | 'differs'
}

export interface BodyEvidence {
  /** `bh=`, base64. */
  readonly expected: string
  readonly found: string
  readonly hash: 'match' | 'differs'
  /** Octets of the canonical body. */
  readonly octets: number
  /** How many of them the hash covers: fewer than `octets` only with `l=`. */
  readonly covered: number
}

/** Checks the signature over the canonical header `octets` (RFC 6376 §6.1.3). */
export function headerEvidence(
  { algorithm, signature }: Readonly<{ algorithm: SignatureAlgorithm; signature: Uint8Array }>,
  key: PublicKey,
  octets: Uint8Array,
): HeaderEvidence {
  const hash = hashBase64(hashOf(algorithm), octets)
  if (verifySignature({ algorithm, octets, key, signature })) {
    return { hash, octets: octets.length, signature: 'match' }
  }
  const signedHash = recoverHash(key, hashOf(algorithm), signature)
  const differs = { hash, octets: octets.length, signature: 'differs' } as const
  return signedHash === undefined ? differs : { ...differs, signedHash }
}

/** Compares `bh=` (canonical base64) with what the body came to. */
export function bodyEvidence(expected: string, found: BodyHash): BodyEvidence {
  return {
    expected,
    found: found.hash,
    hash: expected === found.hash ? 'match' : 'differs',
    octets: found.octets,
    covered: found.covered,
  }
}

/**
 * What differs, if anything does, and so far as that can be told.
 *
 * @param input.body absent when the signature does not cover the body
 * @param input.fields what the sentences call the header fields that it is over
 */
export function mismatchOf(input: {
  readonly algorithm: SignatureAlgorithm
  readonly header: HeaderEvidence
  readonly body: BodyEvidence | undefined
  readonly fields: 'signed' | 'covered'
}): SignatureReason | undefined {
  const { algorithm, header, body, fields } = input
  const bodyDiffers = body?.hash === 'differs'
  if (header.signature === 'match') {
    if (!bodyDiffers) return undefined
    const text = 'The body is not the one that was signed: its hash differs from bh=.'
    return { code: 'body-hash-mismatch', text, tag: 'bh' }
  }
  const also = bodyDiffers ? ' The body hash differs as well.' : ''
  let code: SignatureReasonCode
  let text: string
  if (header.signedHash !== undefined) {
    code = bodyDiffers ? 'header-and-body-hash-mismatch' : 'header-hash-mismatch'
    text = `The key is right, but the ${fields} header fields are not those that were signed.`
  } else {
    code = bodyDiffers ? 'signature-and-body-hash-mismatch' : 'signature-mismatch'
    text =
      keyTypeOf(algorithm) === 'rsa'
        ? 'The signature was not made with the published key, or was changed on the way.'
        : `The signature does not fit the published key and the ${fields} header fields.`
  }
  return { code, text: `${text}${also}`, tag: 'b' }
}
