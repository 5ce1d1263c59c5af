import { randomBytes } from 'node:crypto'
import { createSecureContext, DEFAULT_CIPHERS, type SecureContext } from 'node:tls'
import { WaybillError } from '../base/error.ts'
import type { KeyedCertificate } from './certificates.ts'

/** What `serverContext` gives. */
export type ServerContext = SecureContext

/** Static RSA key exchange of TLS 1.2: who gets the key later reads all that was sent before. */
export type StaticRsa = 'refused' | 'taken'

/**
 * Keys for the tickets by which clients resume their TLS sessions (RFC 5077 §4, RFC 8446 §4.6.1), for
 * one context: all contexts with the same ones take each other's tickets.
 */
export function newTicketKeys(): Uint8Array {
  return randomBytes(48)
}

/**
 * What a server needs to speak TLS: 1.2 or newer (RFC 8996), without static RSA (RFC 9325 §4.1)
 * unless it is asked for. Without ticket keys it has its own.
 *
 * @throws WaybillError `key-unusable` when certificate and key are not PEM or do not fit together
 */
export function serverContext(
  { certificate, privateKey }: KeyedCertificate,
  options: {
    readonly staticRsa?: StaticRsa | undefined
    readonly ticketKeys?: Uint8Array | undefined
  } = {},
): ServerContext {
  try {
    // An empty key counts as none to the TLS library, which then fails at each handshake.
    if (certificate === '' || privateKey === '') throw new Error('certificate or key is empty')
    const ciphers = options.staticRsa === 'taken' ? DEFAULT_CIPHERS : `${DEFAULT_CIPHERS}:!kRSA`
    const pair = { cert: certificate, key: privateKey }
    const keys =
      options.ticketKeys === undefined ? {} : { ticketKeys: Buffer.from(options.ticketKeys) }
    return createSecureContext({ ...pair, minVersion: 'TLSv1.2', ciphers, ...keys })
  } catch (cause) {
    throw new WaybillError('key-unusable', 'The TLS certificate and its key cannot be used.', {
      cause,
      hint: 'Both must be PEM, and the key must be that of the first certificate in the file.',
    })
  }
}
