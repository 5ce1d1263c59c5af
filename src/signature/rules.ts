/** Where the RFCs leave a choice to the verifier, and when a right signature does not count. */

import type { KeyRecord } from './key-record.ts'
import type { SignatureReason } from './reason.ts'

export interface SignatureRules {
  /** RFC 8301 §3.2: shorter RSA keys never count. */
  readonly minRsaBits: number
  /** How many records of one name are tried (RFC 6376 §6.1.2 item 4). */
  readonly maxKeyRecords: number
  /** How far `t=` may lie ahead of `now` before a signature does not count (RFC 6376 §3.5, t=). */
  readonly futureToleranceSeconds: number
  /** Header octets that all signatures of a message may cover together, each key tried anew. */
  readonly maxSignedOctets: number
}

export const defaultSignatureRules: SignatureRules = {
  minRsaBits: 1024,
  maxKeyRecords: 4,
  // Clocks that are wrong are wrong by less than a day, most of them by a time zone.
  futureToleranceSeconds: 86_400,
  maxSignedOctets: 1 << 28,
}

/** RFC 6376 §6.1.1 (signature expired). Times in Unix seconds. */
export function expired(expiresAt: number | undefined, now: number): SignatureReason | undefined {
  if (expiresAt === undefined || expiresAt >= now) return undefined
  const text = `The signature expired ${now - expiresAt} seconds ago (x=).`
  return { code: 'expired', text, tag: 'x' }
}

/**
 * RFC 6376 §3.5, `l=`: it must not say more than there is. What was hashed is then the whole body.
 *
 * @param limit `l=`, where there is one
 * @param octets the length of the canonical body
 */
export function lengthExceedsBody(
  limit: number | undefined,
  octets: number,
): SignatureReason | undefined {
  if (limit === undefined || limit <= octets) return undefined
  const text = `The signature covers ${limit} octets of body (l=), and there are ${octets}.`
  return { code: 'length-exceeds-body', text, tag: 'l' }
}

/** RFC 8301 §3.2. */
export function keyTooShort(
  { type, key }: KeyRecord,
  { minRsaBits }: SignatureRules,
): SignatureReason | undefined {
  if (type !== 'rsa' || key.bits >= minRsaBits) return undefined
  const text = `The signature is right, but a key of ${key.bits} bits proves nothing (RFC 8301).`
  return { code: 'key-too-short', text }
}

/** RFC 6376 §3.5, `t=`: signatures from the future may be ignored. Times in Unix seconds. */
export function signedInFuture(
  signedAt: number | undefined,
  now: number,
  { futureToleranceSeconds }: SignatureRules,
): SignatureReason | undefined {
  if (signedAt === undefined || signedAt <= now + futureToleranceSeconds) return undefined
  const text = `The signature is right, but says that it was made ${signedAt - now} seconds from now.`
  return { code: 'signed-in-future', text, tag: 't' }
}
