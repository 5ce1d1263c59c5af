import type { Clock } from '../base/clock.ts'
import { RecentMap } from '../base/recent-map.ts'
import type { RegisterPort } from '../store/ports/register.ts'
import { isAsStrong, type KnownTls, readKnownTls, type TlsStrength } from '../transport/memory.ts'

/** The kind of these entries in the register. */
const tlsMemoryKind = 'tls-memory'

const dayMs = 86_400_000
/** How long a host is remembered after its last good session. */
const keepMs = 60 * dayMs
/** Hosts that are held in memory beside the register. */
const mostHeld = 1000

/** Remembers the best TLS session of each host, so that it is seen when a host has none any more. */
export interface TlsMemory {
  /** What is known of these hosts; those that nothing is known of are left out. Never rejects. */
  of(hosts: readonly string[]): Promise<readonly KnownTls[]>
  /** Takes down a session. Not waited for: what is lost with a crash is seen again. */
  note(host: string, strength: TlsStrength): void
}

/**
 * What the register remembers, for whoever only looks: nothing is written.
 *
 * @returns whose `of` rejects where the register cannot be read
 */
export function tlsMemoryIn(register: Pick<RegisterPort, 'find'>, now: number): TlsMemory {
  return {
    async of(hosts) {
      const found = hosts.map(async (host) => {
        const entry = await register.find(tlsMemoryKind, host, now)
        return entry === undefined ? [] : [readKnownTls(host, entry.json) ?? []].flat()
      })
      return (await Promise.all(found)).flat()
    },
    note() {
      // Nothing was sent.
    },
  }
}

export interface RegisteredTlsMemoryOptions {
  readonly register: Pick<RegisterPort, 'put' | 'find'>
  readonly clock: Clock
  /** A fault of ours. */
  readonly report: (problem: unknown) => void
}

/**
 * The memory in the register of the store. An entry is written when a host proves more than before,
 * and else once a day; it is forgotten 60 days after its last good session.
 */
export class RegisteredTlsMemory implements TlsMemory {
  readonly #options: RegisteredTlsMemoryOptions
  readonly #held = new RecentMap<string, KnownTls>(mostHeld)
  readonly #writing = new Set<Promise<void>>()

  constructor(options: RegisteredTlsMemoryOptions) {
    this.#options = options
  }

  async of(hosts: readonly string[]): Promise<readonly KnownTls[]> {
    const found = await Promise.all(hosts.map((host) => this.#find(host)))
    return found.filter((one) => one !== undefined)
  }

  note(host: string, strength: TlsStrength): void {
    const writing = this.#note(host, strength)
      .catch(this.#options.report)
      .finally(() => this.#writing.delete(writing))
    this.#writing.add(writing)
  }

  /** Resolves when all that was taken down is in the register: before the store is closed. */
  async settled(): Promise<void> {
    await Promise.all(this.#writing)
  }

  async #note(host: string, strength: TlsStrength): Promise<void> {
    const { register, clock } = this.#options
    const now = clock.now()
    const before = await this.#find(host)
    const best = before !== undefined && isAsStrong(before.best, strength) ? before.best : strength
    // A weaker session does not make the better one newer: after its time the weaker one is the best.
    const asGood = before === undefined || isAsStrong(strength, before.best)
    if (!asGood || (before?.best === best && now - before.seenAt < dayMs)) return
    const known = { host, best, seenAt: now }
    this.#held.set(host, known)
    const json = JSON.stringify({ best, seenAt: now })
    const entry = { kind: tlsMemoryKind, key: host, json, changedAt: now, expiresAt: now + keepMs }
    await register.put([entry])
  }

  async #find(host: string): Promise<KnownTls | undefined> {
    const { register, clock, report } = this.#options
    const now = clock.now()
    const held = this.#held.get(host)
    if (held !== undefined) return now - held.seenAt < keepMs ? held : undefined
    try {
      const entry = await register.find(tlsMemoryKind, host, now)
      const known = entry === undefined ? undefined : readKnownTls(host, entry.json)
      if (known !== undefined) this.#held.set(host, known)
      return known
    } catch (problem) {
      // Mail does not wait for what only warns.
      report(problem)
      return undefined
    }
  }
}
