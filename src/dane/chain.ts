/** A certificate as a server presented it: what TLSA records are compared with. */
export interface ChainCertificate {
  /** DER of all of it: selector 0. RFC 6698 §2.1.2. */
  readonly certificate: Uint8Array
  /** DER of its SubjectPublicKeyInfo: selector 1. */
  readonly publicKey: Uint8Array
  /** The DNS names in subjectAltName, wildcards among them. */
  readonly dnsNames: readonly string[]
  /** The common name of its subject; empty without one. */
  readonly commonName: string
  /** Unix milliseconds. */
  readonly notBefore: number
  readonly notAfter: number
  /** It may sign others: cA in basicConstraints. */
  readonly isAuthority: boolean
  /** The next one in the chain has issued it, by its name and by its signature. */
  readonly signedByNext: boolean
}

/** Makes the digest of a matching type. Where it comes from is for the caller to say. */
export type Digest = (algorithm: 'sha256' | 'sha512', octets: Uint8Array) => Uint8Array
