/**
 * Something that was committed. It tells where to look and not what is there: whoever is told looks
 * at what is there now.
 */
export type ChangeFact =
  /** A journey came, got steps, or another status. */
  | { readonly type: 'journey'; readonly id: string }
  /** Items came into the queue, are due at another time, were held, or left. */
  | { readonly type: 'queue' }
  /** Messages came into a mailbox, have other flags, or left. */
  | { readonly type: 'mailbox'; readonly account: string }
  | { readonly type: 'key'; readonly domain: string }
  /** An account, an alias or a domain was put or removed. */
  | { readonly type: 'account'; readonly address: string }
  | { readonly type: 'act'; readonly act: number }

/** Numbers ascend by one in the order of the commits; those of one transaction follow each other. */
export type Change = ChangeFact & { readonly number: number }

/** The feed of what was committed. */
export interface ChangePort {
  /**
   * What is committed from now on, or behind the change with the number `after`; never ends by
   * itself. A slow reader costs nothing: what it has not read yet waits in the store. When so much was
   * committed meanwhile that changes were forgotten, it is told by a `gap`: then all may be other.
   * The feed holds nothing open; it ends with `return`, and when the store closes.
   */
  changes(after?: number): AsyncIterableIterator<Change | Gap>
}

/** Changes up to this number were forgotten before they were read. */
export interface Gap {
  readonly type: 'gap'
  readonly number: number
}
