import { clientKeys } from '../base/ip.ts'
import { type AskedFor, type RecipientAdmission, recipientText } from '../receive/recipient.ts'
import { replies } from '../receive/replies.ts'

/**
 * Greylisting (RFC 6647): a sender not seen before is told to come back later. Off unless asked
 * for. Keeps at most `maxEntries` senders in memory; after a restart they wait once more.
 */
export class Greylist {
  readonly #delayMs: number
  readonly #firstSeen = new Map<string, number>()
  readonly #maxEntries: number

  constructor(options: { readonly delayMs: number; readonly maxEntries?: number }) {
    this.#delayMs = options.delayMs
    this.#maxEntries = options.maxEntries ?? 100_000
  }

  /** Whether this sender must come back later. IPv4 counts by /24, IPv6 by /64 (RFC 6647 §2.3). */
  mustWait(input: { ip: string; mailFrom: string; rcptTo: string; now: number }): boolean {
    const key = `${clientKeys(input.ip).network} ${input.mailFrom.toLowerCase()} ${input.rcptTo.toLowerCase()}`
    const first = this.#firstSeen.get(key)
    if (first !== undefined) return input.now - first < this.#delayMs
    if (this.#firstSeen.size >= this.#maxEntries) {
      // A Map keeps the order of insertion: the oldest goes.
      for (const oldest of this.#firstSeen.keys()) {
        this.#firstSeen.delete(oldest)
        break
      }
    }
    this.#firstSeen.set(key, input.now)
    return true
  }
}

/**
 * Lets strangers in who came before, and tells the others to come again (RFC 6647). Users of ours
 * wait for nothing, nor does who writes to the postmaster (RFC 5321 §4.5.1).
 */
export function greylisting(
  list: Pick<Greylist, 'mustWait'>,
  /** Unix milliseconds. */
  now: () => number,
): RecipientAdmission {
  return {
    refusal({ path, by, ip, mailFrom }: AskedFor) {
      if (by === 'user' || path.type === 'postmaster') return undefined
      const waits = list.mustWait({ ip, mailFrom, rcptTo: recipientText(path), now: now() })
      return waits ? replies.greylisted : undefined
    },
  }
}
