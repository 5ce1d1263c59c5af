import type { Soon } from '../base/result.ts'
import type { RegisterEntry, RegisterPort } from '../store/ports/register.ts'
import { afterRefusal, type Refused, type Strikes, strikesMs } from './strikes.ts'
import type { SuppressionRules } from './strikes.ts'
import {
  type Suppression,
  suppressionEntry,
  suppressionIn,
  suppressionKey,
  suppressionKind,
} from './suppression.ts'

export interface SuppressionListParts {
  readonly register: RegisterPort
  /** Unix milliseconds. */
  readonly now: () => number
  /** As they are now. */
  readonly rules: () => SuppressionRules
}

/** Under this kind the register keeps refusals that are no suppression yet. */
const strikesKind = 'refused-address'

const pageEntries = 1000

/**
 * The addresses to which nothing of our users is sent. What is asked for each letter is answered from
 * memory, unless the address was on the list since the start: then the register is asked.
 *
 * One server has a data folder, and whatever changes the list while it runs comes by here; what a
 * command changed before is there when it starts.
 */
export class SuppressionList {
  readonly #parts: SuppressionListParts
  /** The keys that may be on the list: all that are, and some that were. */
  readonly #known = new Set<string>()
  /** Those that were refused before, in the same sense. */
  readonly #struck = new Set<string>()
  #read = false

  constructor(parts: SuppressionListParts) {
    this.#parts = parts
  }

  /** Reads what there is. Until this is done the register is asked about each address. */
  async start(): Promise<void> {
    for (const [kind, known] of [
      [suppressionKind, this.#known],
      [strikesKind, this.#struck],
    ] as const) {
      let after: string | undefined
      for (;;) {
        const page = await this.#parts.register.list({
          kind,
          now: this.#parts.now(),
          limit: pageEntries,
          ...(after === undefined ? {} : { after }),
        })
        for (const { key } of page) known.add(key)
        after = page.at(-1)?.key
        if (page.length < pageEntries) break
      }
    }
    this.#read = true
  }

  /** Whether an address is on the list, and why. */
  find(address: string): Soon<Suppression | undefined> {
    const key = suppressionKey(address)
    if (key === undefined || (this.#read && !this.#known.has(key))) return undefined
    return this.#find(key)
  }

  async #find(key: string): Promise<Suppression | undefined> {
    const { register, now } = this.#parts
    const entry = await register.find(suppressionKind, key, now())
    return entry === undefined ? undefined : suppressionIn(entry)
  }

  /** What is to be remembered of a refusal for good, in the commit that settles the letter. */
  async refused(refused: Refused): Promise<readonly RegisterEntry[]> {
    const { register, now, rules } = this.#parts
    const key = suppressionKey(refused.address)
    if (key === undefined) return []
    const before = await register.find(strikesKind, key, now())
    const next = afterRefusal(strikesIn(before), refused, rules())
    switch (next.type) {
      case 'nothing':
        return []
      case 'remember':
        this.#struck.add(key)
        return [strikesEntry(key, next.strikes)]
      case 'suppress':
        return this.#entries(next.suppression)
    }
  }

  /** The same of a delivery: what was refused before it counts no more. */
  delivered(address: string): readonly RegisterEntry[] {
    const key = suppressionKey(address)
    if (key === undefined || (this.#read && !this.#struck.has(key))) return []
    this.#struck.delete(key)
    const now = this.#parts.now()
    return [{ ...strikesEntry(key, { count: 0, lastAt: now, journey: '' }), expiresAt: now }]
  }

  /** The same of a complaint: one is enough. */
  complained(complaint: {
    readonly address: string
    readonly at: number
    readonly journey: string
    readonly said: string
  }): readonly RegisterEntry[] {
    if (!this.#parts.rules().complaints) return []
    const { address, at: since, journey, said: why } = complaint
    return this.#entries({ address, reason: 'complaint', since, why, journey })
  }

  /** Puts addresses on the list, in the place of what is there of them. */
  async put(suppressions: readonly Suppression[]): Promise<void> {
    await this.#parts.register.put(suppressions.flatMap((one) => this.#entries(one)))
  }

  /** Takes addresses off the list. Gives how many were on it. */
  async remove(addresses: readonly string[]): Promise<number> {
    const keys = addresses.flatMap((address) => suppressionKey(address) ?? [])
    const { register } = this.#parts
    // Else the next refusal alone would bring back what a person took away.
    await register.remove(strikesKind, keys)
    return await register.remove(suppressionKind, keys)
  }

  #entries(suppression: Suppression): readonly RegisterEntry[] {
    const entry = suppressionEntry(suppression)
    if (entry === undefined) return []
    this.#known.add(entry.key)
    return [entry]
  }
}

function strikesEntry(key: string, strikes: Strikes): RegisterEntry {
  const { lastAt: changedAt } = strikes
  const expiresAt = changedAt + strikesMs
  return { kind: strikesKind, key, json: JSON.stringify(strikes), changedAt, expiresAt }
}

function strikesIn(entry: RegisterEntry | undefined): Strikes | undefined {
  // Our own writing, read back.
  return entry === undefined ? undefined : (JSON.parse(entry.json) as Strikes)
}
