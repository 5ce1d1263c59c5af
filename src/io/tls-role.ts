import type { SecureContext } from 'node:tls'
import type { ChainCertificate } from '../dane/chain.ts'
import type { TlsFacts } from './tls-facts.ts'

/** The server's side of TLS, and the client's. */
export type TlsRole =
  | {
      readonly side: 'server'
      readonly context: SecureContext
      /** How long the handshake may take; absent where an engine minds the time. */
      readonly timeoutMs?: number
    }
  | {
      readonly side: 'client'
      /** The name that is asked for, and that the certificate should be for. */
      readonly serverName: string
      /** PEM; `undefined` is the system's own set. */
      readonly trustAnchors: readonly string[] | undefined
      /** How long the handshake may take. */
      readonly timeoutMs: number
      /**
       * What the session lacks, in words, so that it must not begin: nothing is said over it then.
       * Absent: any certificate will do.
       *
       * @param chain reads the certificates of the other side, for who compares them with TLSA records
       */
      readonly lacks?: TlsCheck | undefined
    }

/** What a TLS session lacks, in words; `undefined` when it is good enough. */
export type TlsCheck = (
  facts: TlsFacts,
  chain: () => readonly ChainCertificate[],
) => string | undefined
