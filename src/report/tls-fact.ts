/** How a session with another server failed to be safe. RFC 8460 §4.3. */
export type TlsResultType =
  | 'starttls-not-supported'
  | 'certificate-host-mismatch'
  | 'certificate-expired'
  | 'certificate-not-trusted'
  | 'validation-failure'
  | 'tlsa-invalid'
  | 'dnssec-invalid'
  | 'dane-required'
  | 'sts-policy-fetch-error'
  | 'sts-policy-invalid'
  | 'sts-webpki-invalid'

/** The policy that a session was held to, as a report names it. RFC 8460 §4.4. */
export interface TlsFactPolicy {
  readonly type: 'tlsa' | 'sts' | 'no-policy-found'
  /** The domain that a report goes to: that of the recipients, or for `tlsa` of the TLSA records. */
  readonly domain: string
  /** The lines of the MTA-STS policy, or the TLSA records as text; empty without a policy. */
  readonly strings: readonly string[]
  /** The `mx` patterns of an MTA-STS policy; empty for others. */
  readonly mxHosts: readonly string[]
}

/** What became of TLS in one session with another server, or in the attempt at one. Plain data. */
export interface TlsFact {
  readonly policy: TlsFactPolicy
  /** The exchange that was tried; empty when there was none yet, as when a policy cannot be had. */
  readonly mxHost: string
  /** Its address; empty when it was not called. */
  readonly ip: string
  /** Our address that called it; absent when it was not called. */
  readonly from?: string
  /** The name that it said of itself in its answer to EHLO. */
  readonly helo?: string
  readonly result:
    | { readonly type: 'success' }
    /** `reason`: more of it, in one line; an error code of TLS for example. */
    | { readonly type: 'failure'; readonly resultType: TlsResultType; readonly reason?: string }
}

/** Who counts how sessions with other servers fared, for the reports of the day (RFC 8460). */
export interface TlsLedger {
  /** At most a few microseconds, and never throws: deliveries do not wait for it. */
  note(fact: TlsFact): void
}
