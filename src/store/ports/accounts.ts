/**
 * How the store came to know an account: it stands in the settings, it was made in the store, or
 * only a letter was filed for its address.
 */
export type AccountOrigin = 'settings' | 'store' | 'mail'

/** An account to be kept. */
export interface NewAccount {
  /** Its main address, compared without the case of ASCII letters. */
  readonly address: string
  /** Absent: nobody logs in with it. */
  readonly passwordHash: string | undefined
  readonly createdAt: number
  readonly origin: AccountOrigin
  /** Addresses of other servers that get a copy of its mail; absent: none. */
  readonly forward?: readonly string[] | undefined
}

export interface StoredAccount extends NewAccount {
  /** Never given twice, whatever becomes of the address. */
  readonly id: number
}

/** An address that leads on to others. */
export interface NewAlias {
  readonly address: string
  readonly to: readonly string[]
  /** Whether those whom it leads to may also write in its name. */
  readonly send: boolean
  readonly createdAt: number
}

export interface StoredAlias extends NewAlias {
  readonly id: number
}

/** A domain that mail is taken for. */
export interface NewDomain {
  readonly name: string
  readonly createdAt: number
}

export interface StoredDomain extends NewDomain {
  readonly id: number
}

/** What is asked of the writer. Plain data: it crosses threads. */
export type AccountChange =
  | { readonly type: 'put-account'; readonly account: NewAccount }
  | { readonly type: 'put-alias'; readonly alias: NewAlias }
  | { readonly type: 'put-domain'; readonly domain: NewDomain }
  | { readonly type: 'remove-account' | 'remove-alias' | 'remove-domain'; readonly name: string }

/** Accounts, aliases and domains that the store keeps. Lists are in the order of their addresses. */
export interface AccountPort {
  accounts(): Promise<readonly StoredAccount[]>
  account(address: string): Promise<StoredAccount | undefined>
  /** Makes it, or changes the one with this address, which keeps its id and time. Gives its id. */
  putAccount(account: NewAccount): Promise<number>
  /**
   * Takes it away, and tells whether there was one. One that has mailboxes stays with its mail, as an
   * account of origin `mail` without a password and handed on nowhere; such a one is not removed again.
   */
  removeAccount(address: string): Promise<boolean>
  aliases(): Promise<readonly StoredAlias[]>
  putAlias(alias: NewAlias): Promise<number>
  removeAlias(address: string): Promise<boolean>
  domains(): Promise<readonly StoredDomain[]>
  putDomain(domain: NewDomain): Promise<number>
  removeDomain(name: string): Promise<boolean>
}
