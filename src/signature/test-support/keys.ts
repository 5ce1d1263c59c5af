import { type KeyObject, generateKeyPairSync } from 'node:crypto'

/** Both halves of an RSA key, made anew. */
export function rsaPair(bits: number): { privateKey: KeyObject; publicKey: KeyObject } {
  return generateKeyPairSync('rsa', { modulusLength: bits })
}

/** The text of a key record for a public key; for a new RSA key when a length is given. */
export function rsaRecord(key: KeyObject | number): string {
  const publicKey = typeof key === 'number' ? rsaPair(key).publicKey : key
  return `v=DKIM1; p=${publicKey.export({ format: 'der', type: 'spki' }).toString('base64')}`
}
