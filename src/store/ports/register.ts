/**
 * Something that the server remembers by name, until a time where it has one: a suppressed address, a
 * pause, a policy that was fetched. What it is, is the business of whoever put it there.
 */
export interface RegisterEntry {
  /** What sort of thing it is: `suppression`, `pause`, `mta-sts`, … */
  readonly kind: string
  /** Its name among those of its kind, compared octet by octet. */
  readonly key: string
  /** What is remembered, as JSON. */
  readonly json: string
  /** Unix milliseconds, as `expiresAt`. */
  readonly changedAt: number
  /** From then on it is not there. Absent: it stays until it is removed. */
  readonly expiresAt?: number
}

export interface RegisterQuery {
  readonly kind: string
  readonly now: number
  /** Goes on behind this key. */
  readonly after?: string
  readonly limit: number
}

/** What the server remembers by name. */
export interface RegisterPort {
  /**
   * Puts entries, in the place of those with the same kind and key; durable when it resolves. What is
   * put down with a letter goes by `Acceptance.register` and `Settlement.register`, in one commit.
   */
  put(entries: readonly RegisterEntry[]): Promise<void>
  find(kind: string, key: string, now: number): Promise<RegisterEntry | undefined>
  /** Those of a kind in the order of their keys (by the octets of UTF-8). */
  list(query: RegisterQuery): Promise<readonly RegisterEntry[]>
  /** Gives how many there were. */
  remove(kind: string, keys: readonly string[]): Promise<number>
}
