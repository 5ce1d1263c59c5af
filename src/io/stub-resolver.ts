import type { Clock } from '../base/clock.ts'
import { WaybillError } from '../base/error.ts'
import { parseIp } from '../base/ip.ts'
import { isAscii } from '../base/octets.ts'
import { isQueryableName, maxAliases, normalizeName } from '../dns/resolver.ts'
import type { DnsAnswer, DnsFailure, RecordData, RecordType, Resolver } from '../dns/resolver.ts'
import { type Reading, readAnswer } from './dns-answer.ts'
import { DnsClient, type DnsEndpoint, type DnsTraffic, RandomStock } from './dns-client.ts'
import type { Exchange } from './dns-client.ts'
import { type QueryOptions, writeDnsQuery } from './dns-query.ts'

export interface StubOptions {
  /** Recursive resolvers, asked in this order; one that is silent moves behind the others. */
  readonly servers: readonly DnsEndpoint[]
  readonly clock: Clock
  /** For one server in the first round, doubled with each round; 2,000 when not given. */
  readonly timeoutMs?: number
  /** Rounds over all servers; 2 when not given. */
  readonly attempts?: number
  /** For a question with all its servers, rounds and aliases; 20,000 when not given. */
  readonly totalTimeoutMs?: number
  /**
   * Whether a server's word that DNSSEC proves an answer is believed; not when not given. It is only
   * ever believed of servers on this machine: on the way from others anybody can set the bit.
   */
  readonly trustAd?: boolean
  /** Ask with letters in random case and want them back so ("0x20"); not when not given. */
  readonly randomizeCase?: boolean
  /** Sockets open at once; 256 when not given. */
  readonly maxInFlight?: number
}

/**
 * Asks recursive resolvers over UDP, and over TCP what did not fit or looked forged.
 *
 * A server that fails or stays silent is followed by the next, in several rounds. Only one that
 * answered something definite ends the asking; when none did, the answer is `failed` with the most
 * telling reason. Keeps nothing: put a `CachingResolver` before it.
 */
export class StubResolver implements Resolver {
  readonly #options: Required<StubOptions>
  readonly #client: DnsClient
  readonly #random = new RandomStock()
  #first = 0

  /** @throws WaybillError `config-invalid` when there is no server, or one is no address and port */
  constructor(options: StubOptions) {
    checkServers(options.servers)
    this.#options = {
      timeoutMs: 2000,
      attempts: 2,
      totalTimeoutMs: 20_000,
      trustAd: false,
      randomizeCase: false,
      maxInFlight: 256,
      ...options,
    }
    this.#client = new DnsClient(options.clock, this.#options.maxInFlight)
  }

  /** What passed over the network so far. */
  get traffic(): DnsTraffic {
    return this.#client.traffic
  }

  /** Ends all questions under way as `failed`, `unreachable`; so do later ones. */
  close(): void {
    this.#client.close()
  }

  async resolve<T extends RecordType>(name: string, type: T): Promise<DnsAnswer<RecordData[T]>> {
    const deadlineMs = this.#options.clock.monotonicMs() + this.#options.totalTimeoutMs
    let asked = normalizeName(name)
    let led: Led = { aliases: [], ttlSeconds: Number.POSITIVE_INFINITY, dnssec: 'secure' }
    for (;;) {
      if (!isQueryableName(asked) || !isAscii(asked)) return absentName(led)
      const { reading, server } = await this.#ask(asked, type, deadlineMs)
      if (reading.type === 'failed') {
        const where = server === undefined ? {} : { server }
        return { type: 'failed', reason: reading.reason, ...where }
      }
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
    name: string,
    type: T,
    deadlineMs: number,
  ): Promise<{ readonly reading: Reading<RecordData[T]>; readonly server?: string }> {
    const { servers, attempts, timeoutMs } = this.#options
    const failures: { readonly reason: DnsFailure; readonly server: string }[] = []
    let places = servers.map((_, i) => (this.#first + i) % servers.length)
    for (let round = 0; round < attempts; round++) {
      const again: number[] = []
      for (const place of places) {
        const endpoint = servers[place]
        if (endpoint === undefined || this.#leftMs(deadlineMs) <= 0) continue
        const server = formatEndpoint(endpoint)
        const limits = { timeoutMs: timeoutMs * 2 ** round, deadlineMs }
        const reading = await this.#askOne(endpoint, name, type, limits)
        if (reading.type !== 'failed') return { reading, server }
        const silent = reading.reason === 'timeout' || reading.reason === 'unreachable'
        if (silent && place === this.#first) this.#first = (place + 1) % servers.length
        failures.push({ reason: reading.reason, server })
        // Who refused or failed would do so again; who was silent may have lost the question.
        if (reading.reason === 'timeout' || reading.reason === 'malformed') again.push(place)
      }
      places = again
    }
    const telling = worst.flatMap((reason) => failures.filter((one) => one.reason === reason))[0]
    if (telling === undefined) return { reading: failed('timeout') }
    return { reading: failed(telling.reason), server: telling.server }
  }

  async #askOne<T extends RecordType>(
    server: DnsEndpoint,
    name: string,
    type: T,
    limits: Limits,
  ): Promise<Reading<RecordData[T]>> {
    const reading = await this.#exchange(server, { name, type, edns: true }, limits)
    if (reading.type !== 'failed' || !reading.withoutEdns) return reading
    return await this.#exchange(server, { name, type, edns: false }, limits)
  }

  async #exchange<T extends RecordType>(
    server: DnsEndpoint,
    question: { readonly name: string; readonly type: T; readonly edns: boolean },
    limits: Limits,
  ): Promise<Reading<RecordData[T]>> {
    const wantsAd = this.#options.trustAd && isLoopback(server.address)
    const query = this.#query({ ...question, wantsAd })
    const timeoutMs = (): number => Math.min(limits.timeoutMs, this.#leftMs(limits.deadlineMs))
    let exchange = await this.#client.overUdp(server, query, timeoutMs())
    if (exchange.type === 'doubtful' || isTruncated(exchange)) {
      exchange = await this.#client.overTcp(server, query, timeoutMs())
    }
    if (exchange.type === 'failed') return failed(exchange.reason)
    if (exchange.type === 'doubtful' || exchange.message.truncated) return failed('malformed')
    const { message } = exchange
    return readAnswer(
      { ...message, authenticated: wantsAd && message.authenticated },
      question.type,
    )
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

interface Limits {
  readonly timeoutMs: number
  /** On the monotonic clock. */
  readonly deadlineMs: number
}

/** What was learnt on the way along aliases, before the name that is asked for now. */
interface Led {
  readonly aliases: readonly string[]
  readonly ttlSeconds: number
  readonly dnssec: 'secure' | 'insecure'
}

/** Of several failures the one that says most comes first. */
const worst: readonly DnsFailure[] = ['servfail', 'refused', 'malformed', 'timeout', 'unreachable']

function failed(reason: DnsFailure): Reading<never> {
  return { type: 'failed', reason, withoutEdns: false }
}

function isTruncated(exchange: Exchange): boolean {
  return exchange.type === 'message' && exchange.message.truncated
}

function absentName(led: Led): DnsAnswer<never> {
  const ttlSeconds = led.aliases.length > 0 ? led.ttlSeconds : 0
  return lengthened({ type: 'noName', ttlSeconds, dnssec: 'insecure' }, led, undefined)
}

function lengthened<T>(
  answer: Exclude<DnsAnswer<T>, { type: 'failed' }>,
  led: Led,
  server: string | undefined,
): DnsAnswer<T> {
  const aliases = [...led.aliases, ...(answer.aliases ?? [])]
  return {
    ...answer,
    ttlSeconds: Math.min(answer.ttlSeconds, led.ttlSeconds),
    dnssec: led.dnssec === 'secure' ? answer.dnssec : 'insecure',
    ...(aliases.length > 0 && { aliases }),
    ...(server !== undefined && { server }),
  }
}

function checkServers(servers: readonly DnsEndpoint[]): void {
  if (servers.length === 0) throw new WaybillError('config-invalid', 'No DNS server is named.')
  for (const { address, port } of servers) {
    // A link-local address has its interface behind a percent sign.
    const sound = parseIp(address.replace(/%[\w.-]+$/, '')) !== undefined
    if (sound && Number.isInteger(port) && port >= 1 && port <= 65_535) continue
    throw new WaybillError('config-invalid', `"${address}" port ${port} is no DNS server.`, {
      hint: 'Name it by its IP address, like 127.0.0.1, and a port from 1 to 65535.',
    })
  }
}

function isLoopback(address: string): boolean {
  return address === '::1' || address.startsWith('127.')
}

function formatEndpoint({ address, port }: DnsEndpoint): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
}
