import type { TlsaFinding } from '../dane/lookup.ts'
import type { TlsaRecord } from '../dns/resolver.ts'
import type { StsMxVerdict } from '../mta-sts/policy.ts'
import type { KnownTls } from './memory.ts'

/** What a server must prove before mail goes to it. Plain data. */
export type TargetDemand =
  /** TLS when it is offered, clear text when not or when it fails. RFC 7435. */
  | { readonly type: 'opportunistic' }
  /** TLS, whoever is at its other end. */
  | { readonly type: 'encrypted' }
  /** TLS, and a certificate that an authority vouches for, with one of these names. */
  | { readonly type: 'verified'; readonly names: readonly string[] }
  /**
   * TLS, and a certificate that one of the records points to. The first name is the TLSA base domain,
   * which is asked for by SNI (RFC 7672 §8.1); all of them count for usage 2.
   */
  | {
      readonly type: 'dane'
      readonly records: readonly TlsaRecord[]
      readonly names: readonly string[]
    }
  /** Nothing goes there now. `because` is a sentence for the sender. */
  | { readonly type: 'skip'; readonly because: string }

/** What made a demand as it is. */
export type DemandReason =
  /** Nobody asks for more than opportunity. */
  | 'nobody-asks'
  /** The message says `TLS-Required: No`. RFC 8689 §4.2.2. */
  | 'message-waives'
  /** `delivery.encrypted_to` or `verified_to` has the destination. */
  | 'setting'
  /** TLSA records that can be used. RFC 7672 §2.2. */
  | 'tlsa'
  /** There are TLSA records, and none that can be used: TLS without a name. RFC 7672 §2.2. */
  | 'tlsa-unusable'
  /** The TLSA records could not be asked for. RFC 7672 §2.1.2. */
  | 'tlsa-unknown'
  /** The MTA-STS policy. RFC 8461 §5. */
  | 'sts'
  /** The MTA-STS policy does not list the host. RFC 8461 §4.1. */
  | 'sts-mismatch'
  /** The message was handed in with REQUIRETLS. RFC 8689 §4.2.1. */
  | 'message-requires'
  /** REQUIRETLS wants a host whose name is proved, by DNSSEC or MTA-STS. */
  | 'name-not-proved'
  /** It had TLS before, and `delivery.tls_memory` says that it must have it again. */
  | 'memory'

/** One server of a route and what it must prove: the same at each of its addresses. */
export interface HostDemand {
  readonly host: string
  readonly demand: TargetDemand
  readonly reason: DemandReason
  /** Absent: DANE is switched off, waived, or does not apply to such a destination. */
  readonly tlsa?: TlsaFinding
  /** Absent: there is no policy, or it is waived. */
  readonly sts?: StsMxVerdict
  /** What it had before, when anything is remembered. */
  readonly before?: KnownTls
}

/** What a message asks of TLS on all its further way. RFC 8689. */
export type TlsWish =
  | 'none'
  /** REQUIRETLS: TLS with a proved server that promises the same, or not at all. */
  | 'required'
  /** `TLS-Required: No`: what recipients' domains ask for does not count. */
  | 'waived'

/** What the servers of a route must prove. */
export type Transport =
  | { readonly result: 'go'; readonly hosts: readonly HostDemand[] }
  /**
   * No server of it may have the message. `status` is an enhanced status code (RFC 3463) and `because`
   * a sentence, both for the recipients.
   */
  | {
      readonly result: 'temporary' | 'permanent'
      readonly hosts: readonly HostDemand[]
      readonly status: string
      readonly because: string
    }
  /** There is no route, so nothing is asked of anybody. */
  | { readonly result: 'no-route' }
