import { isAscii } from '../base/octets.ts'
import {
  type DnsAnswer,
  type DnsFailure,
  type RecordData,
  type RecordType,
  type Resolver,
  isQueryableName,
  maxAliases,
  normalizeName,
} from '../dns/resolver.ts'
import {
  type Led,
  type QueryOptions,
  type Reading,
  absentName,
  lengthened,
  readAnswer,
  writeDnsQuery,
} from './dns-answer.ts'
import {
  DnsClient,
  type DnsTraffic,
  type ExchangeFailure,
  RandomStock,
  isSignOfLife,
  isTruncated,
  worst,
} from './dns-client.ts'
import { checkServers, formatEndpoint, isLoopback, withDefaults } from './stub-options.ts'
import type { StubOptions, WholeStubOptions } from './stub-options.ts'
import { DnsPlaces, type PlaceAsked, placeLimits } from './dns-places.ts'
import { ResolverHealth, SilentZones } from './resolver-health.ts'

/**
 * Asks recursive resolvers over UDP, and over TCP what did not fit or looked forged.
 *
 * A server that fails or stays silent is followed by the next, in several rounds. Only one that
 * answered something definite ends the asking; when none did, the answer is `failed` with the most
 * telling reason. A server that was silent is asked whether it lives before the zone is blamed. Keeps
 * no answers: put a `CachingResolver` before it.
 */
export class StubResolver implements Resolver {
  readonly #options: WholeStubOptions
  readonly #client: DnsClient
  readonly #silentZones: SilentZones
  readonly #health: ResolverHealth
  readonly #random = new RandomStock()
  #first = 0

  /** @throws WaybillError `config-invalid` when there is no server, or one is no address and port */
  constructor(options: StubOptions) {
    checkServers(options.servers)
    this.#options = withDefaults(options)
    const { clock, servers, log, maxInFlight } = this.#options
    this.#silentZones = new SilentZones(clock)
    const places = new DnsPlaces({
      limits: placeLimits(maxInFlight, options.maxPerClient),
      clock,
      isSilent: (zone) => this.#silentZones.isSilent(zone),
      onLimit: (limit, client) => this.#tellLimit(limit, client),
    })
    this.#client = new DnsClient(clock, places)
    this.#health = new ResolverHealth({
      servers: servers.map(formatEndpoint),
      clock,
      log,
      probe: (place) => this.#probe(place),
    })
  }

  /** What passed over the network so far. */
  get traffic(): DnsTraffic {
    return this.#client.traffic
  }

  /** Ends all questions under way as `failed`, `no-resolver`; so do later ones. */
  close(): void {
    this.#client.close()
  }

  async resolve<T extends RecordType>(
    name: string,
    type: T,
    client?: string,
  ): Promise<DnsAnswer<RecordData[T]>> {
    const deadlineMs = this.#options.clock.monotonicMs() + this.#options.totalTimeoutMs
    let asked = normalizeName(name)
    let led: Led = { aliases: [], ttlSeconds: Number.POSITIVE_INFINITY, dnssec: 'secure' }
    for (;;) {
      if (!isQueryableName(asked) || !isAscii(asked)) return absentName(led)
      const sought = { name: asked, type, for: { client, zone: this.#options.zoneOf(asked) } }
      const { reading, server } = await this.#ask(sought, deadlineMs)
      if (reading.type === 'failed') {
        const where = server === undefined ? {} : { server }
        return { type: 'failed', reason: reading.reason, ...where }
      }
      this.#silentZones.answered(sought.for.zone)
      if (reading.type === 'answer') return lengthened(reading.answer, led, server)
      // A message that led nowhere says nothing that DNSSEC could prove about the end of the way.
      led = {
        aliases: [...led.aliases, ...reading.aliases],
        ttlSeconds: Math.min(led.ttlSeconds, reading.ttlSeconds),
        dnssec: 'insecure',
      }
      // A dot inside a label: no name that we could ask for, and none that mail could use.
      if (reading.name.includes('\\')) return absentName(led)
      const circle = new Set([normalizeName(name), ...led.aliases]).size <= led.aliases.length
      if (circle || led.aliases.length > maxAliases) return { type: 'failed', reason: 'servfail' }
      asked = reading.name
    }
  }

  /** One name from all servers in turn, until one says something definite. */
  async #ask<T extends RecordType>(
    sought: Sought<T>,
    deadlineMs: number,
  ): Promise<{ readonly reading: Reading<RecordData[T]>; readonly server?: string }> {
    const { servers, timeoutMs } = this.#options
    const misses: Miss[] = []
    // Nobody waits long for what is known to be dead.
    const rounds = this.#health.down ? 1 : this.#options.attempts
    let places = servers.map((_, i) => (this.#first + i) % servers.length)
    for (let round = 0; round < rounds; round++) {
      const again: number[] = []
      for (const place of places) {
        const endpoint = servers[place]
        if (endpoint === undefined || this.#leftMs(deadlineMs) <= 0) continue
        const server = formatEndpoint(endpoint)
        const limits = { timeoutMs: timeoutMs * 2 ** round, deadlineMs }
        const heardBefore = this.#health.heard(place)
        const reading = await this.#askOne(place, sought, limits)
        if (reading.type !== 'failed') return { reading, server }
        const { reason } = reading
        misses.push({ reason, server, place, heardBefore })
        // Whoever waited for a place once would only wait again.
        if (reason === 'no-place' || reason === 'silent-zone' || reason === 'closed') {
          return await this.#inVain(sought.for.client, misses)
        }
        // The server answers others meanwhile, so it is the zone that is silent.
        const heardSince = this.#health.heard(place) > heardBefore
        if (reason === 'timeout' && heardSince) this.#silentZones.missed(sought.for.zone)
        const mute = reason === 'timeout' || reason === 'unreachable'
        if (mute && place === this.#first) this.#first = (place + 1) % servers.length
        // Who refused or failed would do so again; who was silent may have lost the question.
        if (reason === 'timeout' || reason === 'malformed') again.push(place)
      }
      places = again
    }
    return await this.#inVain(sought.for.client, misses)
  }

  /** What is to be said when no server answered. */
  async #inVain(
    client: string | undefined,
    misses: readonly Miss[],
  ): Promise<{ readonly reading: Reading<never>; readonly server?: string }> {
    const [telling] = worst.flatMap((reason) => misses.filter((one) => one.reason === reason))
    // Time ran out along a way of aliases: those who were asked before were too slow.
    if (telling === undefined) return { reading: failed('timeout') }
    const { reason, server } = telling
    switch (reason) {
      case 'timeout':
      case 'unreachable':
        if (await this.#anyLives(misses)) return { reading: failed(reason), server }
        this.#health.nobodyAnswers()
        return { reading: failed('no-resolver') }
      case 'closed':
        return { reading: failed('no-resolver') }
      case 'no-socket':
        this.#tellLimit('descriptors', client)
        return { reading: failed('no-place') }
      case 'no-place':
        return { reading: failed('no-place') }
      case 'servfail':
      case 'refused':
      case 'malformed':
      case 'silent-zone':
      case 'no-resolver':
      case 'not-asked':
        return { reading: failed(reason), server }
    }
  }

  async #anyLives(misses: readonly Miss[]): Promise<boolean> {
    const asked = misses.filter(({ reason }) => reason === 'timeout' || reason === 'unreachable')
    const last = new Map(asked.map((one) => [one.place, one]))
    const lives = Array.from(last.values(), async ({ place, heardBefore, reason }) => {
      if (this.#health.heard(place) > heardBefore) return true
      // Where nobody listens, nobody needs to be asked once more.
      return reason === 'timeout' && (await this.#health.look(place))
    })
    return (await Promise.all(lives)).some(Boolean)
  }

  #tellLimit(limit: string, client: string | undefined): void {
    // What all share is used up by somebody else, or by many.
    const level = limit === 'dns.questions_per_address' ? 'warning' : 'error'
    this.#options.log({ level, event: 'limit', fields: { limit, client } })
  }

  /** Whether a server answers a question that any resolver can answer: who serves the root? */
  async #probe(place: number): Promise<boolean> {
    const server = this.#options.servers[place]
    if (server === undefined) return false
    const query = this.#query({ name: '', type: 'NS', edns: true, wantsAd: false })
    // It is seldom asked, and much hangs on it.
    const exchange = await this.#client.probe(server, {
      query,
      timeoutMs: 2 * this.#options.timeoutMs,
    })
    return isSignOfLife(exchange)
  }

  async #askOne<T extends RecordType>(
    place: number,
    sought: Sought<T>,
    limits: Limits,
  ): Promise<OneReading<RecordData[T]>> {
    const reading = await this.#exchange(place, { ...sought, edns: true }, limits)
    if (reading.type !== 'failed' || !reading.withoutEdns) return reading
    return await this.#exchange(place, { ...sought, edns: false }, limits)
  }

  async #exchange<T extends RecordType>(
    place: number,
    sought: Sought<T> & { readonly edns: boolean },
    limits: Limits,
  ): Promise<OneReading<RecordData[T]>> {
    const { servers, trustAd, trustAdFrom } = this.#options
    const server = servers[place]
    if (server === undefined) throw new Error('StubResolver: a server that is not there')
    const { name, type, edns } = sought
    const wantsAd = trustAd && (trustAdFrom === 'anywhere' || isLoopback(server.address))
    const query = this.#query({ name, type, edns, wantsAd })
    const sent = () => {
      const timeoutMs = Math.min(limits.timeoutMs, this.#leftMs(limits.deadlineMs))
      return { query, timeoutMs, for: sought.for }
    }
    let exchange = await this.#client.overUdp(server, sent())
    if (isSignOfLife(exchange)) this.#health.lived(place)
    if (exchange.type === 'doubtful' || isTruncated(exchange)) {
      exchange = await this.#client.overTcp(server, sent())
      if (isSignOfLife(exchange)) this.#health.lived(place)
    }
    if (exchange.type === 'failed') {
      return { type: 'failed', reason: exchange.reason, withoutEdns: false }
    }
    if (exchange.type === 'doubtful' || exchange.message.truncated) return failed('malformed')
    const { message } = exchange
    return readAnswer({ ...message, authenticated: wantsAd && message.authenticated }, type)
  }

  #query(question: Omit<QueryOptions, 'id' | 'caseBits'>): Uint8Array {
    const [high = 0, low = 0] = this.#random.take(2)
    const caseBits = this.#options.randomizeCase
      ? { caseBits: this.#random.take((question.name.length >> 3) + 1) }
      : {}
    return writeDnsQuery({ ...question, ...caseBits, id: (high << 8) | low })
  }

  #leftMs(deadlineMs: number): number {
    return Math.max(0, deadlineMs - this.#options.clock.monotonicMs())
  }
}

interface Sought<T extends RecordType> {
  readonly name: string
  readonly type: T
  readonly for: PlaceAsked
}

/** A server that did not answer, and what had been heard of it when it was asked. */
interface Miss {
  readonly reason: DnsFailure | ExchangeFailure
  readonly server: string
  readonly place: number
  readonly heardBefore: number
}

type OneReading<T> =
  | Exclude<Reading<T>, { type: 'failed' }>
  | {
      readonly type: 'failed'
      readonly reason: DnsFailure | ExchangeFailure
      readonly withoutEdns: boolean
    }

interface Limits {
  readonly timeoutMs: number
  /** On the monotonic clock. */
  readonly deadlineMs: number
}

function failed(reason: DnsFailure): Reading<never> {
  return { type: 'failed', reason, withoutEdns: false }
}
