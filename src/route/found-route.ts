import type { Question } from './questions.ts'

/** One address to try, in the order of the list. */
export interface RouteTarget {
  /** The exchange's name, or the literal: what the peer's certificate is checked against. */
  readonly host: string
  /** 0 for implicit MX, literals and next hops. */
  readonly preference: number
  /** Canonical text; the path, for a Unix socket. */
  readonly address: string
  /** `unix` is a socket in the file system, which only settings can name. */
  readonly family: 4 | 6 | 'unix'
  /** `secure` when every answer that led here was validated by a resolver we trust (for DANE). */
  readonly dnssec: 'secure' | 'insecure'
}

/** What became of one exchange of the destination. */
export interface ExchangeFate {
  readonly host: string
  readonly preference: number
  readonly fate:
    | 'used'
    | 'no-such-name'
    | 'no-address'
    /** A or AAAA could not be asked, and the other gave nothing. */
    | 'could-not-ask'
    /** The record holds an IP address or nothing that a name could be: against RFC 5321 §2.3.5. */
    | 'not-a-name'
    /** It is this server. */
    | 'self'
    /** Of equal or higher preference value than this server: RFC 5321 §5.1 forbids it. */
    | 'behind-self'
    | 'over-limit'
    /** All its addresses are private, of a loopback, or for other reasons not of the internet. */
    | 'not-public'
  /** The addresses that mail is not taken to: `10.0.0.1 is a private address`. Absent: none. */
  readonly refused?: readonly string[]
}

/** What every route rests on. */
export interface Evidence {
  /** Every question with its answer, in the order of asking. */
  readonly questions: readonly Question[]
  /** In the order of trying; empty when there was no MX record to read. */
  readonly exchanges: readonly ExchangeFate[]
}

/**
 * Where a message for a destination goes. `because` is a sentence for a person; `status` is an
 * enhanced status code (RFC 3463) for the recipients.
 */
export type Route = Evidence &
  (
    | {
        readonly type: 'targets'
        /** `next-hop`: the settings name it. */
        readonly via: 'mx' | 'implicit-mx' | 'literal' | 'next-hop'
        /** At least one. */
        readonly targets: readonly RouteTarget[]
      }
    | {
        readonly type: 'permanent'
        readonly reason: 'null-mx' | 'no-such-domain' | 'no-address' | 'loop' | 'not-public'
        readonly status: '5.1.10' | '5.1.2' | '5.4.4' | '5.4.6'
        readonly because: string
      }
    | {
        readonly type: 'temporary'
        /** `no-next-hop`: the settings name a server whose name leads nowhere. */
        readonly reason: 'could-not-ask' | 'no-next-hop'
        readonly status: '4.4.3' | '4.3.5'
        readonly because: string
      }
  )
