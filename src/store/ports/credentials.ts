/** What whoever comes with a key may do. */
export type Scope = 'read' | 'send' | 'manage'

/** A key for the HTTP API. The secret itself is kept nowhere. */
export interface NewApiKey {
  readonly id: string
  /** SHA-256 of the secret, lower-case hexadecimal. */
  readonly sha256: string
  /** What people call it. */
  readonly name: string
  readonly scopes: readonly Scope[]
  /** May send from these domains alone; absent: from any of ours. */
  readonly domains?: readonly string[]
  /** Sees and does only what is this account's; absent: what is the whole server's. */
  readonly account?: string
  readonly createdAt: number
  /** Not taken from then on; absent: it has no end. */
  readonly endsAt?: number
}

export interface ApiKey extends NewApiKey {
  /** Written now and then, not each time; absent: nobody came with it yet. */
  readonly usedAt?: number
}

/** The keys for the HTTP API. */
export interface ApiKeyPort {
  /** The oldest first. */
  list(): Promise<readonly ApiKey[]>
  byHash(sha256: string): Promise<ApiKey | undefined>
  /** An id or a hash that is taken already is a fault of ours. */
  add(key: NewApiKey): Promise<void>
  /** Somebody came with it at that time. One that is gone by now is passed over. */
  used(id: string, at: number): Promise<void>
  /** Tells whether there was one. */
  remove(id: string): Promise<boolean>
}

/** A second factor for logging in on the page: codes by time (RFC 6238), and some to fall back on. */
export interface SecondFactor {
  /** `operator`, or the address of an account, compared without the case of ASCII letters. */
  readonly who: string
  /** Base 32 (RFC 4648 §6). */
  readonly secret: string
  readonly createdAt: number
  /** Asked for from then on; absent: it was set up, and no code of it was seen yet. */
  readonly confirmedAt?: number
  /** The last time step whose code was used; -1: none was. */
  readonly lastStep: number
  /** SHA-256 of the recovery codes that are left, lower-case hexadecimal. */
  readonly recovery: readonly string[]
}

/** A code that can be used once: by its time step, or the hash of a recovery code. */
export type SpentCode = { readonly step: number } | { readonly recovery: string }

/** Who has a second factor. */
export interface SecondFactorPort {
  /** In the order of who has them. */
  list(): Promise<readonly SecondFactor[]>
  find(who: string): Promise<SecondFactor | undefined>
  /** Keeps it, in place of the one that was there. */
  put(factor: SecondFactor): Promise<void>
  /** Uses a code up; `false`: it, or a later one, was used before, or there is no such code. */
  spend(who: string, code: SpentCode): Promise<boolean>
  /** Tells whether there was one. */
  remove(who: string): Promise<boolean>
}

/** What is asked of the writer. Plain data: it crosses threads. */
export type CredentialChange =
  | { readonly type: 'add-key'; readonly key: NewApiKey }
  | { readonly type: 'use-key'; readonly id: string; readonly at: number }
  | { readonly type: 'remove-key'; readonly id: string }
  | { readonly type: 'put-factor'; readonly factor: SecondFactor }
  | { readonly type: 'spend-code'; readonly who: string; readonly code: SpentCode }
  | { readonly type: 'remove-factor'; readonly who: string }
