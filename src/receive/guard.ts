import type { Soon } from '../base/result.ts'

/** A limit that a client has met, as `waybill.toml` names it, and whose it is. */
export interface LimitMet {
  readonly limit: string
  readonly of: 'address' | 'network' | 'account' | 'server'
  /** Of which network, where it is not the usual one. */
  readonly network?: string
}

/** What becomes of a login. */
export type GuardedLogin<T> =
  | { readonly type: 'right'; readonly user: T }
  | { readonly type: 'wrong' }
  /** Not checked: there were too many wrong ones from there. */
  | ({ readonly type: 'closed' } & LimitMet)
  /** Not checked: too many wait. */
  | { readonly type: 'full' }

/** What one letter that is coming in holds of the memory for all. */
export interface Holding {
  /**
   * Holds `octets` in all, from now on. Whose share is used up when there is no room for them; then
   * it holds what it held before.
   */
  grow(octets: number): Soon<'network' | 'server' | undefined>
  /** Gives all of it back. */
  release(): void
}

/** A place of an account, or why there is none. */
export type AccountEntrance =
  | { readonly type: 'admitted'; leave(): void }
  | ({ readonly type: 'turnedAway' } & LimitMet)

/**
 * Who knows how much each client has used. `policy` provides it; nothing here counts. Answers come at
 * once on the thread that counts, and by a promise elsewhere.
 */
export interface Guard {
  /** Why users there are not heard now; `undefined` when they are. */
  closedForLogins(ip: string): Soon<LimitMet | undefined>
  /** Why strangers there are not heard now; `undefined` when they are. */
  closedForMail(ip: string): Soon<LimitMet | undefined>
  /** Somebody has logged in as `account`; `leave` when the connection is over. */
  enterAccount(ip: string, account: string): Soon<AccountEntrance>
  /** Tells whoever runs the server. */
  turnedAway(ip: string, met: LimitMet, more: { readonly listener: string }): void
  /** A letter begins to come in from there. */
  holdMemory(ip: string): Holding
  /** A stranger named a recipient that is refused for good. */
  refusedRecipient(ip: string): void
  /** Has a password checked when it is its turn. */
  login<T>(
    input: { readonly ip: string; readonly name: string },
    check: () => Promise<T | undefined>,
  ): Promise<GuardedLogin<T>>
}
