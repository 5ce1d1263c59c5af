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
