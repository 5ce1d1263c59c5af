import { randomBytes } from 'node:crypto'
import { RecentMap } from '../base/recent-map.ts'
import { secretHash } from '../io/secret.ts'
import type { Visitor } from './access.ts'

/** Who that is by now; `undefined`: nobody any more, as after another password. */
export type Whose = () => Promise<Visitor | undefined>

interface Session {
  /** The hash of its token. */
  readonly key: string
  readonly who: string
  readonly whose: Whose
  readonly beganAt: number
  usedAt: number
}

/** How long a session lasts: without a request, and in all. */
const idleMs = 12 * 60 * 60_000
const longestMs = 7 * 24 * 60 * 60_000
/** So many at once, and of one person; the one that was used least lately goes. */
const mostSessions = 1000
const mostOfOne = 50

/**
 * Who has logged in on the page. In memory: a server that starts anew knows nobody. Whose a session is
 * is asked again with each request, so that it ends with the key or the password that it began with.
 */
export class Sessions {
  readonly #now: () => number
  /** By the hash of the token, the one used last at the end: no search by a secret tells of others. */
  readonly #open = new RecentMap<string, Session>(mostSessions)

  constructor(now: () => number) {
    this.#now = now
  }

  /**
   * Gives the token for the cookie, which is kept nowhere here.
   *
   * @param who as the audit names them: whoever logs in again and again logs nobody else out
   */
  begin(who: string, whose: Whose): string {
    const token = randomBytes(32).toString('base64url')
    const now = this.#now()
    const key = secretHash(token)
    const own = this.#open.values().filter((one) => one.who === who)
    const [oldest] = own
    if (oldest !== undefined && own.length >= mostOfOne) this.#open.delete(oldest.key)
    this.#open.set(key, { key, who, whose, beganAt: now, usedAt: now })
    return token
  }

  async visitor(token: string): Promise<Visitor | undefined> {
    const key = secretHash(token)
    const session = this.#open.get(key)
    if (session === undefined) return undefined
    const now = this.#now()
    this.#open.delete(key)
    if (now - session.usedAt >= idleMs || now - session.beganAt >= longestMs) return undefined
    session.usedAt = now
    this.#open.set(key, session)
    const visitor = await session.whose()
    if (visitor === undefined) this.#open.delete(key)
    return visitor
  }

  end(token: string): void {
    this.#open.delete(secretHash(token))
  }
}
