export interface DkimKeyRow {
  readonly domain: string
  readonly selector: string
  readonly algorithm: 'rsa' | 'ed25519'
  /** PKCS#8 PEM. */
  readonly privateKey: string
  readonly createdAt: number
  /** Only active keys sign; a retired one may still be published. */
  readonly active: boolean
}

/** The keys that sign. */
export interface KeyPort {
  /** Those of a domain, the oldest first. */
  list(domain: string): Promise<readonly DkimKeyRow[]>
  /** Keeps a key, or changes the one of this domain and selector. */
  put(key: DkimKeyRow): Promise<void>
}
