/** The cryptography of signatures: hash, sign, verify, and what a wrong RSA signature still tells. */

import { type KeyObject, constants, hash, publicDecrypt, sign, verify } from 'node:crypto'

import type { PublicKey } from './public-key.ts'
import { type HashAlgorithm, type SignatureAlgorithm, hashOf } from './signature.ts'

/** The hash of `octets` as base64. */
export function hashBase64(algorithm: HashAlgorithm, octets: Uint8Array): string {
  return hash(algorithm, octets, 'base64')
}

/**
 * Whether `signature` over `octets` was made with the private half of `key`.
 *
 * RSA: RSASSA-PKCS1-v1_5 (RFC 6376 §3.3). Ed25519: PureEdDSA over the SHA-256 of the octets
 * (RFC 8463 §3).
 */
export function verifySignature(input: {
  readonly algorithm: SignatureAlgorithm
  readonly octets: Uint8Array
  readonly key: PublicKey
  readonly signature: Uint8Array
}): boolean {
  const { algorithm, octets, key, signature } = input
  try {
    if (algorithm !== 'ed25519-sha256') {
      return verify(hashOf(algorithm), octets, key.object, signature)
    }
    return verify(null, hash('sha256', octets, 'buffer'), key.object, signature)
  } catch (problem) {
    // OpenSSL refuses some keys (a modulus too small for the hash, say) only when they are used.
    if (problem instanceof Error) return false
    throw problem
  }
}

/** DigestInfo of RFC 8017 §9.2 up to the hash, as hexadecimal. */
const digestInfo: Readonly<Record<HashAlgorithm, string>> = {
  sha1: '3021300906052b0e03021a05000414',
  sha256: '3031300d060960864801650304020105000420',
}

/**
 * The hash that an RSA signature was made over, as base64, if it was made with the other half of
 * `key`. `undefined`: another key made it, or its octets were changed, or its hash is of another kind.
 */
export function recoverHash(
  key: PublicKey,
  algorithm: HashAlgorithm,
  signature: Uint8Array,
): string | undefined {
  if (key.type !== 'rsa') return undefined
  try {
    const padding = constants.RSA_PKCS1_PADDING
    const recovered = publicDecrypt({ key: key.object, padding }, signature)
    const prefix = digestInfo[algorithm]
    const length = prefix.length / 2 + (algorithm === 'sha1' ? 20 : 32)
    if (recovered.length !== length || !recovered.toString('hex').startsWith(prefix)) {
      return undefined
    }
    return recovered.subarray(prefix.length / 2).toString('base64')
  } catch (problem) {
    // The padding is wrong: this is what a signature by another key looks like.
    if (problem instanceof Error) return undefined
    throw problem
  }
}

/** Signs `octets` and gives base64. Blocks for the time it takes: 0.6 ms with RSA-2048. */
export function signOctets(
  algorithm: SigningAlgorithm,
  octets: Uint8Array,
  key: KeyObject,
): string {
  const [digest, data] = signInput(algorithm, octets)
  return sign(digest, data, key).toString('base64')
}

/** The same on the thread pool, so that many signatures use all cores. */
export function signOctetsAsync(
  algorithm: SigningAlgorithm,
  octets: Uint8Array,
  key: KeyObject,
): Promise<string> {
  const [digest, data] = signInput(algorithm, octets)
  return new Promise((resolve, reject) => {
    sign(digest, data, key, (problem, signature) => {
      if (problem === null) resolve(signature.toString('base64'))
      else reject(problem)
    })
  })
}

/** RFC 8301 §3.1: rsa-sha1 is never signed with. */
export type SigningAlgorithm = Exclude<SignatureAlgorithm, 'rsa-sha1'>

function signInput(
  algorithm: SigningAlgorithm,
  octets: Uint8Array,
): readonly [digest: string | null, data: Uint8Array] {
  if (algorithm === 'rsa-sha256') return ['sha256', octets]
  return [null, hash('sha256', octets, 'buffer')]
}
