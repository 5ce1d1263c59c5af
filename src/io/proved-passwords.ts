import { createHmac, randomBytes } from 'node:crypto'
import { checkPassword } from './password.ts'

/** A password that was right is known again for so long. */
const lastsMs = 10 * 60_000
/** So many at a time; the one that was proved first is forgotten for the next. */
const most = 1_000

/**
 * Checks passwords, and knows one that was right a moment ago: a program that opens a connection for
 * each letter would pay the whole price of the hash, which is high by design, each time. What is
 * kept is an HMAC-SHA-256 over hash and password, by a key that this process alone has and that is
 * never written. The hash is part of it, so a password that was changed is forgotten with it. A
 * wrong password is never kept, and pays in full.
 */
export class ProvedPasswords {
  readonly #key = randomBytes(32)
  readonly #now: () => number
  /** When each was proved, oldest first. */
  readonly #provedAt = new Map<string, number>()
  readonly #check: typeof checkPassword

  /** @param now milliseconds on any scale that only goes on */
  constructor(now: () => number, check: typeof checkPassword = checkPassword) {
    this.#now = now
    this.#check = check
  }

  /** As `checkPassword`: without a hash the same work is done, and the answer is no. */
  async check(password: string, hash: string | undefined): Promise<boolean> {
    if (hash === undefined) return await this.#check(password, hash)
    const mark = createHmac('sha256', this.#key).update(`${hash}\0${password}`).digest('base64')
    if (this.#isFresh(mark)) return true
    const right = await this.#check(password, hash)
    if (right) this.#keep(mark)
    return right
  }

  #isFresh(mark: string): boolean {
    const at = this.#provedAt.get(mark)
    if (at === undefined) return false
    const age = this.#now() - at
    // A clock that was set back proves nothing.
    if (age >= 0 && age < lastsMs) return true
    this.#provedAt.delete(mark)
    return false
  }

  #keep(mark: string): void {
    this.#provedAt.delete(mark)
    this.#provedAt.set(mark, this.#now())
    if (this.#provedAt.size <= most) return
    const [oldest] = this.#provedAt.keys()
    if (oldest !== undefined) this.#provedAt.delete(oldest)
  }
}
