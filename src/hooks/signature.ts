import { createHmac, randomBytes } from 'node:crypto'

const prefix = 'whsec_'

/** A new secret, as the receiver's library wants it (Standard Webhooks 1.0.0: 24 to 64 octets). */
export function newSecret(): string {
  return `${prefix}${randomBytes(24).toString('base64')}`
}

/**
 * The headers that prove who sends a body, and when (Standard Webhooks 1.0.0): with several secrets
 * several signatures, so that a receiver may know the old one or the new one.
 *
 * @param at Unix milliseconds of this attempt
 */
export function signedHeaders(
  message: { readonly id: string; readonly body: string },
  at: number,
  secrets: readonly string[],
): Readonly<Record<string, string>> {
  const timestamp = String(Math.floor(at / 1000))
  const signatures = secrets.map((secret) => {
    const key = Buffer.from(secret.slice(prefix.length), 'base64')
    const signed = `${message.id}.${timestamp}.${message.body}`
    return `v1,${createHmac('sha256', key).update(signed).digest('base64')}`
  })
  return {
    'webhook-id': message.id,
    'webhook-timestamp': timestamp,
    'webhook-signature': signatures.join(' '),
  }
}
