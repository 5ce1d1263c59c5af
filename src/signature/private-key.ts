/** Private keys that sign mail. */

import { KeyObject, createPrivateKey } from 'node:crypto'

import { WaybillError } from '../base/error.ts'
import type { SigningAlgorithm } from './signature-crypto.ts'

/** A key that is ready to sign with. */
export interface PrivateKey {
  readonly algorithm: SigningAlgorithm
  /** The length of the modulus of an RSA key; 256 for Ed25519. */
  readonly bits: number
  readonly object: KeyObject
}

/** Reading a PEM costs a quarter of what signing with it does, so the last ones are remembered. */
const known = new Map<string, PrivateKey>()
const maxKnown = 100

/**
 * Reads a private key: PEM (PKCS#8 or PKCS#1), or a key object.
 *
 * @throws WaybillError `key-unusable`: not a key, not RSA or Ed25519, or RSA under 1,024 bits, which
 * nobody may sign with (RFC 8301 §3.2)
 */
export function readPrivateKey(key: string | KeyObject): PrivateKey {
  if (key instanceof KeyObject) return describe(key)
  const before = known.get(key)
  if (before !== undefined) return before
  const read = describe(parsePem(key))
  if (known.size >= maxKnown) known.clear()
  known.set(key, read)
  return read
}

function parsePem(pem: string): KeyObject {
  try {
    return createPrivateKey(pem)
  } catch (cause) {
    throw new WaybillError('key-unusable', 'The private key cannot be read.', {
      cause,
      hint: 'It must be a PEM text, PKCS#8 or PKCS#1, without a password.',
    })
  }
}

function describe(object: KeyObject): PrivateKey {
  if (object.type !== 'private') {
    throw new WaybillError('key-unusable', `Signing needs a private key, not a ${object.type} one.`)
  }
  if (object.asymmetricKeyType === 'ed25519') {
    return { algorithm: 'ed25519-sha256', bits: 256, object }
  }
  if (object.asymmetricKeyType !== 'rsa') {
    const type = object.asymmetricKeyType ?? 'unknown'
    throw new WaybillError('key-unusable', `Mail is signed with RSA or Ed25519, not ${type}.`)
  }
  const bits = object.asymmetricKeyDetails?.modulusLength ?? 0
  if (bits < 1024) {
    throw new WaybillError(
      'key-unusable',
      `An RSA key of ${bits} bits is too short to sign with.`,
      {
        hint: 'Make a new one of 2,048 bits.',
      },
    )
  }
  return { algorithm: 'rsa-sha256', bits, object }
}
