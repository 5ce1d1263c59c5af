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

/** What the contexts in use were made of. */
interface Made {
  readonly certificate: KeyedCertificate
  readonly staticRsa: StaticRsa | undefined
  readonly contexts: TlsContexts
}

/**
 * The contexts in use. They last as long as what they are made of: with new ones clients lose the TLS
 * sessions that they could resume, and accounts come and go more often than certificates.
 */
export class CurrentTls {
  #made: Made

  /** @throws WaybillError `key-unusable` */
  constructor(certificate: KeyedCertificate, staticRsa: StaticRsa | undefined) {
    this.#made = { certificate, staticRsa, contexts: tlsContexts(certificate, staticRsa) }
  }

  get contexts(): TlsContexts {
    return this.#made.contexts
  }

  /** @throws WaybillError `key-unusable`; what held before holds on then */
  use(certificate: KeyedCertificate, staticRsa: StaticRsa | undefined): void {
    const made = this.#made
    // A settings file that was read again, or a thread that was told, has copies of the same text.
    const same =
      certificate.certificate === made.certificate.certificate &&
      certificate.privateKey === made.certificate.privateKey &&
      staticRsa === made.staticRsa
    if (same) return
    this.#made = { certificate, staticRsa, contexts: tlsContexts(certificate, staticRsa) }
  }
}
