import { serverContext } from '../io/tls-context.ts'
import type { ListenerKind, SessionSettings } from './sessions.ts'

/** What each port speaks TLS with. */
export type TlsContexts = Readonly<Record<ListenerKind, ReturnType<typeof serverContext>>>

/** What the contexts are made of. */
type TlsSettings = Pick<SessionSettings, 'certificate' | 'staticRsa' | 'ticketKeys'>

/**
 * The contexts of all ports. Users' programs have no need of static RSA, whatever the setting.
 *
 * @throws WaybillError `key-unusable`
 */
function tlsContexts({ certificate, staticRsa, ticketKeys }: TlsSettings): TlsContexts {
  const forUsers = serverContext(certificate, { ticketKeys: ticketKeys.users })
  return {
    smtp: serverContext(certificate, { staticRsa, ticketKeys: ticketKeys.strangers }),
    submission: forUsers,
    submissions: forUsers,
  }
}

/**
 * The contexts in use. They last as long as what they are made of: with new ones clients lose the TLS
 * sessions that they could resume, and accounts come and go more often than certificates.
 */
export class CurrentTls {
  #made: { readonly settings: TlsSettings; readonly contexts: TlsContexts }

  /** @throws WaybillError `key-unusable` */
  constructor(settings: TlsSettings) {
    this.#made = { settings, contexts: tlsContexts(settings) }
  }

  get contexts(): TlsContexts {
    return this.#made.contexts
  }

  /** @throws WaybillError `key-unusable`; what held before holds on then */
  use(settings: TlsSettings): void {
    if (!sameTls(settings, this.#made.settings)) {
      this.#made = { settings, contexts: tlsContexts(settings) }
    }
  }
}

/** A settings file that was read again, or a thread that was told, has copies of the same. */
function sameTls(one: TlsSettings, other: TlsSettings): boolean {
  return (
    one.certificate.certificate === other.certificate.certificate &&
    one.certificate.privateKey === other.certificate.privateKey &&
    one.staticRsa === other.staticRsa &&
    sameOctets(one.ticketKeys.strangers, other.ticketKeys.strangers) &&
    sameOctets(one.ticketKeys.users, other.ticketKeys.users)
  )
}

function sameOctets(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((octet, at) => octet === other[at])
}
