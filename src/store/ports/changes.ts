/**
 * Something that was committed. It tells where to look and not what is there: whoever is told looks
 * at what is there now.
 */
export type ChangeFact =
  /** A journey came, got steps or another status, lost its message, or went. */
  | { readonly type: 'journey'; readonly id: string }
  /**
   * Items came into the queue, are due at another time, were held, or left. `dueAt`: when the first
   * of those is due that came or were given another time; absent: there are none of these.
   */
  | { readonly type: 'queue'; readonly dueAt?: number }
  /** Messages came into a mailbox of this account, have other flags, or left. */
  | { readonly type: 'mailbox'; readonly account: string }
  /** A key of this domain was put. */
  | { readonly type: 'key'; readonly domain: string }
  /** An account or an alias with this address, or a domain of this name, was put or removed. */
  | { readonly type: 'account'; readonly address: string }
  /** Somebody did something, and this is its number. */
  | { readonly type: 'act'; readonly act: number }
  /** Something of this kind is remembered, or not any more. */
  | { readonly type: 'register'; readonly kind: string }

/**
 * Numbers ascend by one in the order of the commits, also over a restart; those of one transaction
 * follow each other, and each thing is told once in it.
 */
export type Change = ChangeFact & { readonly number: number }

export type ChangeType = ChangeFact['type']

/** So much was committed meanwhile that changes up to this number are forgotten: all may be other. */
export interface Gap {
  readonly type: 'gap'
  readonly number: number
}

export interface ChangesQuery {
  /** Goes on behind the change with this number; absent: with what is committed from now on. */
  readonly after?: number
  /** Changes of these kinds alone; absent: of all. Who is not told costs the writer nothing. */
  readonly only?: readonly ChangeType[]
}

/**
 * What was committed, told as soon as it is, and never before. It never ends by itself, but with
 * `return`, and when the store closes. A slow reader holds nothing up: what it has not read yet
 * waits in the store.
 */
export type Changes = AsyncIterableIterator<Change | Gap>

/** A part of what the store remembers. */
export interface ChangePage {
  /** Changes up to this number were forgotten that were asked for. */
  readonly forgotten: number | undefined
  readonly changes: readonly Change[]
  /** All that was asked for up to this number is told here. */
  readonly through: number
  /** Whether there was more behind it at that time. */
  readonly more: boolean
}

/** Which part of the feed. */
export interface ChangePageQuery {
  readonly after: number
  /** Of so many commits, at most. */
  readonly limit: number
}

/** The feed of what was committed. */
export interface ChangePort {
  changes(query?: ChangesQuery): Changes
  /** What is remembered behind a number, without waiting for more. */
  changesBehind(query: ChangePageQuery): Promise<ChangePage>
}
