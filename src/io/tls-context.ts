import { createSecureContext, type SecureContext } from 'node:tls'
import { WaybillError } from '../base/error.ts'
import type { KeyedCertificate } from './certificates.ts'

/**
 * What a server needs to speak TLS: 1.2 or newer (RFC 8996, RFC 9325).
 *
 * @throws WaybillError `key-unusable` when certificate and key are not PEM or do not fit together
 */
export function serverContext({ certificate, privateKey }: KeyedCertificate): SecureContext {
  try {
    // An empty key counts as none to the TLS library, which then fails at each handshake.
    if (certificate === '' || privateKey === '') throw new Error('certificate or key is empty')
    return createSecureContext({ cert: certificate, key: privateKey, minVersion: 'TLSv1.2' })
  } catch (cause) {
    throw new WaybillError('key-unusable', 'The TLS certificate and its key cannot be used.', {
      cause,
      hint: 'Both must be PEM, and the key must be that of the first certificate in the file.',
    })
  }
}
