import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'

/**
 * Knows which resolvers give signs of life, so that a silent zone can be told from a resolver that
 * is gone. Tells the log when none answers any more, and when one answers again; once each.
 */
export class ResolverHealth {
  readonly #servers: readonly string[]
  readonly #clock: Clock
  readonly #log: Log
  readonly #probe: (place: number) => Promise<boolean>
  /** How often each server was heard. */
  readonly #heard: number[]
  readonly #looking = new Map<number, Promise<boolean>>()
  #downSinceMs: number | undefined

  /**
   * @param parts.servers their names in the log, in their places
   * @param parts.probe asks a server what any resolver can answer
   */
  constructor(parts: {
    readonly servers: readonly string[]
    readonly clock: Clock
    readonly log: Log
    readonly probe: (place: number) => Promise<boolean>
  }) {
    this.#servers = parts.servers
    this.#clock = parts.clock
    this.#log = parts.log
    this.#probe = parts.probe
    this.#heard = parts.servers.map(() => 0)
  }

  /** No server answered the last time that all were asked. */
  get down(): boolean {
    return this.#downSinceMs !== undefined
  }

  /** A number that grows whenever the server in this place is heard. */
  heard(place: number): number {
    return this.#heard[place] ?? 0
  }

  lived(place: number): void {
    this.#heard[place] = this.heard(place) + 1
    if (this.#downSinceMs === undefined) return
    const seconds = Math.round((this.#clock.monotonicMs() - this.#downSinceMs) / 1000)
    this.#downSinceMs = undefined
    const fields = { server: this.#servers[place], down_seconds: seconds }
    this.#log({ level: 'info', event: 'dns-up', fields })
  }

  /** Whether a server that was silent lives. It is asked once, however many want to know. */
  look(place: number): Promise<boolean> {
    const looking = this.#looking.get(place)
    if (looking !== undefined) return looking
    const look = this.#look(place).finally(() => this.#looking.delete(place))
    this.#looking.set(place, look)
    return look
  }

  /** All servers were asked, and none answered this or anything else. */
  nobodyAnswers(): void {
    if (this.#downSinceMs !== undefined) return
    this.#downSinceMs = this.#clock.monotonicMs()
    this.#log({ level: 'error', event: 'dns-down', fields: { servers: this.#servers } })
  }

  async #look(place: number): Promise<boolean> {
    const lives = await this.#probe(place)
    if (lives) this.lived(place)
    return lives
  }
}

/** A zone counts as silent after so many questions in a row that it left without an answer. */
const missesUntilSilent = 3
/** For so long after the last of them. */
const rememberedMs = 5000
const maxZones = 10_000

/**
 * Remembers, for five seconds, which zones leave questions without an answer although the resolver
 * answers others. Such a zone is still asked, but few questions at once may wait for it. Its first
 * answer of any kind makes it a zone like all others.
 */
export class SilentZones {
  readonly #clock: Clock
  /** In the order of their last miss, the oldest first. */
  readonly #missed = new Map<string, { readonly count: number; readonly lastMs: number }>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  isSilent(zone: string): boolean {
    const missed = this.#missed.get(zone)
    if (missed === undefined || missed.count < missesUntilSilent) return false
    return this.#clock.monotonicMs() - missed.lastMs < rememberedMs
  }

  missed(zone: string): void {
    const lastMs = this.#clock.monotonicMs()
    const before = this.#missed.get(zone)
    this.#missed.delete(zone)
    const fresh = before !== undefined && lastMs - before.lastMs < rememberedMs
    this.#missed.set(zone, { count: fresh ? before.count + 1 : 1, lastMs })
    if (this.#missed.size <= maxZones) return
    for (const oldest of this.#missed.keys()) {
      this.#missed.delete(oldest)
      return
    }
  }

  answered(zone: string): void {
    this.#missed.delete(zone)
  }
}
