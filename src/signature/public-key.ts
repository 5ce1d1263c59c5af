/** Public keys as key records publish them, read into something that can verify. */

import { type KeyObject, createPublicKey } from 'node:crypto'

import { type Result, bad, ok } from '../base/result.ts'
import type { KeyType } from './signature.ts'

/** A key that is ready to verify with. */
export interface PublicKey {
  readonly type: KeyType
  /** The length of the modulus of an RSA key; 256 for Ed25519. */
  readonly bits: number
  readonly object: KeyObject
}

/**
 * `too-large`: an RSA key past `maxRsaBits`, or with an exponent past 64 bits (past 65,537 when it is
 * longer than 4,096 bits), where verifying would cost the receiver whatever the sender likes. `unusable`: no key of the type it is said to be.
 */
export type PublicKeyProblem =
  | { readonly type: 'too-large'; readonly bits: number | undefined }
  | { readonly type: 'unusable'; readonly text: string }

/**
 * RFC 8301 §3.2 asks verifiers for 1,024 to 4,096 bits and leaves more to them. One key of 8,192
 * bits verifies in about a quarter of a millisecond.
 */
const maxRsaBits = 8192

/** The DER of an RSA key of `maxRsaBits` takes about 1,060 octets. */
const maxKeyOctets = 4096

const maxExponent = 2n ** 64n

/** Longer keys verify that fast only with the exponent that nearly all keys have, or a smaller one. */
const maxBitsWithAnyExponent = 4096
const usualExponent = 65_537n

/** SubjectPublicKeyInfo of Ed25519 (RFC 8410 §4) up to the 32 octets of the key. */
const ed25519Prefix = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00]

/** Reads the octets of `p=` as a key of `type`. */
export function readPublicKey(
  octets: Uint8Array,
  type: KeyType,
): Result<PublicKey, PublicKeyProblem> {
  if (octets.length > maxKeyOctets) return bad({ type: 'too-large', bits: undefined })
  return type === 'rsa' ? readRsa(octets) : readEd25519(octets)
}

/** RFC 8463 §4: the 32 octets of the key, without any ASN.1 around them. */
function readEd25519(octets: Uint8Array): Result<PublicKey, PublicKeyProblem> {
  if (octets.length !== 32) {
    const text = `an Ed25519 key has 32 octets and this one ${octets.length}`
    return bad({ type: 'unusable', text })
  }
  const object = importDer(Uint8Array.from([...ed25519Prefix, ...octets]), 'spki')
  if (object === undefined) return bad({ type: 'unusable', text: 'it is no Ed25519 key' })
  return ok({ type: 'ed25519', bits: 256, object })
}

/** RFC 6376 §3.6.1: DER of an RSAPublicKey, which everybody publishes inside a SubjectPublicKeyInfo. */
function readRsa(octets: Uint8Array): Result<PublicKey, PublicKeyProblem> {
  const object = importDer(octets, beginsWithInteger(octets) ? 'pkcs1' : 'spki')
  if (object === undefined || object.asymmetricKeyType !== 'rsa') {
    return bad({ type: 'unusable', text: 'it is not the DER of an RSA public key' })
  }
  const { modulusLength: bits, publicExponent } = object.asymmetricKeyDetails ?? {}
  if (bits === undefined || publicExponent === undefined) {
    return bad({ type: 'unusable', text: 'its length cannot be told' })
  }
  const most = bits > maxBitsWithAnyExponent ? usualExponent : maxExponent - 1n
  if (bits > maxRsaBits || publicExponent > most) return bad({ type: 'too-large', bits })
  return ok({ type: 'rsa', bits, object })
}

/** Whether the first element inside the outer SEQUENCE is an INTEGER: an RSAPublicKey. */
function beginsWithInteger(octets: Uint8Array): boolean {
  const length = octets[1] ?? 0
  const lengthOctets = length < 0x80 ? 0 : length & 0x7f
  return octets[2 + lengthOctets] === 0x02
}

function importDer(octets: Uint8Array, type: 'spki' | 'pkcs1'): KeyObject | undefined {
  try {
    return createPublicKey({ key: Buffer.from(octets), format: 'der', type })
  } catch (problem) {
    // OpenSSL throws for each way in which DER can be wrong; what it says differs by version.
    if (problem instanceof Error) return undefined
    throw problem
  }
}
