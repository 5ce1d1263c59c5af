import { defaultPool } from './source.ts'
import type { SourceFacts } from './choose-source.ts'

/** Senders: addresses of MAIL FROM, their domains, and logins; in lower case. */
export interface Senders {
  readonly addresses: readonly string[]
  readonly accounts: readonly string[]
}

/** Whose letter it is. */
export interface SentBy {
  readonly account?: string
  /** Empty for notices. */
  readonly reversePath: string
}

/** By what a letter is of these senders; the most precise word counts. `undefined`: it is not. */
export function senderFits(
  { addresses, accounts }: Senders,
  { account, reversePath }: SentBy,
): 'address' | 'account' | 'domain' | undefined {
  const address = reversePath.toLowerCase()
  if (addresses.includes(address)) return 'address'
  const login = account?.toLowerCase()
  if (login !== undefined && accounts.includes(login)) return 'account'
  return addresses.includes(address.slice(address.lastIndexOf('@') + 1)) ? 'domain' : undefined
}

/** The pool of a letter, and what has said so. */
export interface PoolFound {
  readonly pool: string
  readonly by: SourceFacts['by']
}

/**
 * Which pool a letter goes from: what is said of its sender counts before what is said of its
 * destination, since a reputation is the sender's; an address before an account, and that before a
 * domain.
 *
 * @param toDestination the pool that a rule gives the destination
 */
export function poolOf(
  senders: readonly (Senders & { readonly pool: string })[],
  sentBy: SentBy,
  toDestination: string | undefined,
): PoolFound {
  const fitting = senders.map((one) => ({ pool: one.pool, by: senderFits(one, sentBy) }))
  for (const by of ['address', 'account', 'domain'] as const) {
    const found = fitting.find((one) => one.by === by)
    if (found !== undefined) return { pool: found.pool, by }
  }
  if (toDestination !== undefined) return { pool: toDestination, by: 'destination' }
  return { pool: defaultPool, by: 'default' }
}
