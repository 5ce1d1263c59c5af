import type { KeyedCertificate } from '../io/certificates.ts'
import { serverContext, type StaticRsa } from '../io/tls-context.ts'
import type { ListenerKind } from './sessions.ts'

/** What each port speaks TLS with. */
export type TlsContexts = Readonly<Record<ListenerKind, ReturnType<typeof serverContext>>>

/**
 * The contexts of all ports. Users' programs have no need of static RSA, whatever the setting.
 *
 * @throws WaybillError `key-unusable`
 */
export function tlsContexts(
  certificate: KeyedCertificate,
  staticRsa: StaticRsa | undefined,
): TlsContexts {
  const forUsers = serverContext(certificate)
  return {
    smtp: serverContext(certificate, staticRsa),
    submission: forUsers,
    submissions: forUsers,
  }
}
