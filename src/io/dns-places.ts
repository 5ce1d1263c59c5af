import { clientKeys } from '../base/ip.ts'
import type { Clock } from '../base/clock.ts'

/** How many questions may be under way at once. */
export interface PlaceLimits {
  /** In all: each has a socket. */
  readonly total: number
  /** On behalf of one client. */
  readonly perClient: number
  /** On behalf of the clients of one network: /24 of IPv4, /64 of IPv6. */
  readonly perNetwork: number
  /** On behalf of the clients of all networks of a /48 of IPv6, which is what one customer may have. */
  readonly perSite: number
  /** On behalf of all clients; the rest is kept for questions of our own. */
  readonly clients: number
  /** For names of one zone. */
  readonly perZone: number
  /** For names of a zone that is silent. */
  readonly perSilentZone: number
}

/** Shares of `total` places; a client may have `perClient` of them, its network twice as many. */
export function placeLimits(total: number, perClient: number = Math.ceil(total / 8)): PlaceLimits {
  const clients = Math.max(1, total - Math.floor(total / 8))
  return {
    total,
    perClient,
    perNetwork: 2 * perClient,
    perSite: Math.max(2 * perClient, Math.ceil(clients / 2)),
    clients,
    perZone: Math.max(1, Math.floor(total / 4)),
    perSilentZone: 4,
  }
}

/** Who wants a place, and what for. */
export interface PlaceAsked {
  /** The address of the client on whose behalf it is; `undefined` for our own questions. */
  readonly client: string | undefined
  readonly zone: string
}

/** `no-place` and `silent-zone` say why there was none within the time. */
export type PlaceAnswer = 'taken' | 'no-place' | 'silent-zone' | 'closed'

/** The setting that kept somebody waiting. */
export type QuestionLimit = 'dns.questions_per_address' | 'dns.questions'

type OnLimit = (limit: QuestionLimit, client: string | undefined) => void

interface Waiting {
  readonly shares: Shares
  readonly settle: (answer: PlaceAnswer) => void
}

/** What a question counts for. */
interface Shares {
  readonly client: string | undefined
  readonly network: string | undefined
  readonly site: string | undefined
  readonly zone: string
}

/**
 * The places for questions under way, and who may have them.
 *
 * A server that is silent keeps a place for seconds, and anybody can have us ask such servers. So
 * there are shares: no client, no network and no zone takes all places, and those that are kept for
 * ourselves no stranger takes. Of those who wait, the one whose network has the fewest goes first.
 */
export class DnsPlaces {
  readonly #limits: PlaceLimits
  readonly #clock: Clock
  readonly #isSilent: (zone: string) => boolean
  readonly #onLimit: OnLimit
  readonly #taken = new Map<string, number>()
  readonly #waiting = new Set<Waiting>()
  #total = 0
  #ofClients = 0
  #closed = false

  /** @param parts.onLimit told of who waited in vain */
  constructor(parts: {
    readonly limits: PlaceLimits
    readonly clock: Clock
    readonly isSilent: (zone: string) => boolean
    readonly onLimit: OnLimit
  }) {
    this.#limits = parts.limits
    this.#clock = parts.clock
    this.#isSilent = parts.isSilent
    this.#onLimit = parts.onLimit
  }

  /**
   * Waits for a place, `waitMs` at most. Who is given one must `release` it with the same words. In a
   * silent zone nobody waits: its few places would only come free when it answers.
   */
  take(asked: PlaceAsked, waitMs: number): PlaceAnswer | Promise<PlaceAnswer> {
    if (this.#closed) return 'closed'
    const shares = sharesOf(asked)
    if (this.#mayGo(shares)) {
      this.#count(shares, 1)
      return 'taken'
    }
    if (this.#isFullAndSilent(shares)) return 'silent-zone'
    return new Promise((resolve) => {
      const waiting: Waiting = {
        shares,
        settle: (answer) => {
          cancel()
          this.#waiting.delete(waiting)
          resolve(answer)
        },
      }
      const limit = this.#limitMet(shares)
      const cancel = this.#clock.setTimer(waitMs, () => {
        this.#onLimit(limit, asked.client)
        waiting.settle('no-place')
      })
      this.#waiting.add(waiting)
    })
  }

  release(asked: PlaceAsked): void {
    this.#count(sharesOf(asked), -1)
    if (!this.#closed) this.#admit()
  }

  /** Nobody waits any longer, and nobody gets a place. */
  close(): void {
    this.#closed = true
    for (const { settle } of this.#waiting) settle('closed')
  }

  /** The setting that keeps a question from going, as it is now. */
  #limitMet(shares: Shares): QuestionLimit {
    const { client } = shares
    const own = !this.#hasShare(shares)
    return client !== undefined && own ? 'dns.questions_per_address' : 'dns.questions'
  }

  /** Gives what came free to who waits. */
  #admit(): void {
    for (;;) {
      let next: Waiting | undefined
      let fewest = Number.POSITIVE_INFINITY
      for (const waiting of this.#waiting) {
        if (!this.#mayGo(waiting.shares)) {
          if (this.#isFullAndSilent(waiting.shares)) waiting.settle('silent-zone')
          continue
        }
        const held = this.#countOf(waiting.shares.network)
        if (held >= fewest) continue
        next = waiting
        fewest = held
      }
      if (next === undefined) return
      this.#count(next.shares, 1)
      next.settle('taken')
    }
  }

  #hasShare({ client, network, site }: Shares): boolean {
    const { perClient, perNetwork, perSite } = this.#limits
    if (this.#countOf(client) >= perClient || this.#countOf(network) >= perNetwork) return false
    return this.#countOf(site) < perSite
  }

  #mayGo(shares: Shares): boolean {
    const { client, zone } = shares
    const { total, clients } = this.#limits
    if (this.#total >= total || this.#countOf(zone) >= this.#zoneLimit(zone)) return false
    if (client === undefined) return true
    if (this.#ofClients >= clients) return false
    return this.#hasShare(shares)
  }

  #isFullAndSilent({ zone }: Shares): boolean {
    return (
      this.#isSilent(zone.slice(zonePrefix.length)) && this.#countOf(zone) >= this.#zoneLimit(zone)
    )
  }

  #zoneLimit(zone: string): number {
    const { perZone, perSilentZone } = this.#limits
    return this.#isSilent(zone.slice(zonePrefix.length)) ? perSilentZone : perZone
  }

  #countOf(key: string | undefined): number {
    return key === undefined ? 0 : (this.#taken.get(key) ?? 0)
  }

  #count({ client, network, site, zone }: Shares, by: 1 | -1): void {
    this.#total += by
    if (client !== undefined) this.#ofClients += by
    for (const key of [client, network, site, zone]) {
      if (key === undefined) continue
      const count = this.#countOf(key) + by
      if (count === 0) this.#taken.delete(key)
      else this.#taken.set(key, count)
    }
  }
}

const zonePrefix = 'zone '

/** Keys of all kinds share one map; each says what it is. */
function sharesOf({ client, zone }: PlaceAsked): Shares {
  const ofZone = `${zonePrefix}${zone}`
  if (client === undefined) {
    return { client: undefined, network: undefined, site: undefined, zone: ofZone }
  }
  const { address, network, site } = clientKeys(client)
  // Whoever has a /64 has all its addresses.
  const own = site === undefined ? address : network
  return {
    client: `client ${own}`,
    network: `network ${network}`,
    site: site === undefined ? undefined : `site ${site}`,
    zone: ofZone,
  }
}
