import { hash, randomBytes } from 'node:crypto'

/** How the secrets of keys begin, so that whoever finds one sees what it opens. */
const secretStart = 'wb_live_'

/** A new secret: 256 bits of chance. */
export function newSecret(): string {
  return `${secretStart}${randomBytes(32).toString('base64url')}`
}

/** Whether a text is a whole secret as `newSecret` makes them. */
export function isSecret(text: string): boolean {
  return /^wb_live_[A-Za-z0-9_-]{43}$/.test(text)
}

/**
 * What is kept of a secret. A fast hash is enough: nobody guesses one of 2^256, as they do a password,
 * and it is computed with each request.
 */
export function secretHash(secret: string): string {
  return hash('sha256', secret, 'hex')
}
