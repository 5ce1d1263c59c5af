import { randomFillSync } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { connect } from 'node:net'
import type { Clock } from '../base/clock.ts'
import type { DnsFailure } from '../dns/resolver.ts'
import { matchAnswer } from './dns-answer.ts'
import { DnsFrames, type DnsMessage, frameDnsMessage } from './dns-message.ts'
import type { DnsPlaces, PlaceAsked } from './dns-places.ts'
import { readDnsId, readDnsMessage } from './dns-reader.ts'
import type { DnsEndpoint } from './stub-options.ts'

/** What came of one question to one server. */
export type Exchange =
  | { readonly type: 'message'; readonly message: DnsMessage }
  /** Something forges answers, or a server changes the letters: ask again over TCP. */
  | { readonly type: 'doubtful' }
  | { readonly type: 'failed'; readonly reason: ExchangeFailure }

export type ExchangeFailure =
  /** The server was asked and said nothing to it. */
  | 'timeout'
  | 'unreachable'
  | 'malformed'
  /** It was not asked; `no-socket`: the system has no descriptor, memory or port left for us. */
  | 'no-socket'
  | 'no-place'
  | 'silent-zone'
  | 'closed'

export interface DnsTraffic {
  readonly sent: number
  /** Datagrams and messages that were no answer to the question in hand, and were ignored. */
  readonly foreign: number
  /** Answers that could not be read. */
  readonly malformed: number
  readonly overTcp: number
}

/** A question on its way. */
export interface Sent {
  readonly query: Uint8Array
  readonly timeoutMs: number
  /** Whose place it takes. */
  readonly for: PlaceAsked
}

/** So many wrong datagrams for one question are somebody guessing; TCP cannot be guessed. */
const maxForeign = 20

/**
 * Sends single questions over UDP and TCP and gives the answer that belongs to each.
 *
 * Each question over UDP has a socket of its own: the system chooses a port at random, and hands on
 * only what comes from the server's address and port. Beside the id, that is what a forger has to
 * guess (RFC 5452 §9). A socket costs about 15 µs more than a shared one.
 */
export class DnsClient {
  readonly #clock: Clock
  readonly #places: DnsPlaces
  readonly #open = new Set<() => void>()
  readonly #traffic = { sent: 0, foreign: 0, malformed: 0, overTcp: 0 }
  #closed = false

  /** @param places for the sockets that are open at once; further questions wait for one to end */
  constructor(clock: Clock, places: DnsPlaces) {
    this.#clock = clock
    this.#places = places
  }

  get traffic(): DnsTraffic {
    return { ...this.#traffic }
  }

  /** Ends what is under way, and what comes later, as `closed`. */
  close(): void {
    this.#closed = true
    this.#places.close()
    for (const end of this.#open) end()
  }

  /**
   * One datagram there; whatever is no answer is ignored until `timeoutMs` have passed. Waiting for a
   * free place may take as long again.
   */
  async overUdp(server: DnsEndpoint, sent: Sent): Promise<Exchange> {
    return await this.#withPlace(sent, () => this.#udp(server, sent))
  }

  /** One connection for one question, from connecting to the answer within `timeoutMs`. */
  async overTcp(server: DnsEndpoint, sent: Sent): Promise<Exchange> {
    this.#traffic.overTcp++
    return await this.#withPlace(sent, () => this.#tcp(server, sent))
  }

  /** One datagram that needs no place: to see whether a server lives there is one at a time. */
  async probe(server: DnsEndpoint, sent: Pick<Sent, 'query' | 'timeoutMs'>): Promise<Exchange> {
    return this.#closed ? failure('closed') : await this.#udp(server, sent)
  }

  #udp(
    server: DnsEndpoint,
    { query, timeoutMs }: Pick<Sent, 'query' | 'timeoutMs'>,
  ): Promise<Exchange> {
    return new Promise((resolve) => {
      const socket = createSocket({
        type: server.address.includes(':') ? 'udp6' : 'udp4',
        lookup: (address, _options, done) => done(null, address, 0),
      })
      const settle = once((exchange: Exchange): void => {
        cancel()
        this.#open.delete(end)
        socket.close()
        resolve(exchange)
      })
      const end = (): void => settle(failure('closed'))
      let malformed = false
      let foreign = 0
      const cancel = this.#clock.setTimer(timeoutMs, () =>
        settle(failure(malformed ? 'malformed' : 'timeout')),
      )
      this.#open.add(end)
      socket.on('error', (problem) => settle(failure(failureOf(problem))))
      socket.on('message', (octets) => {
        const exchange = this.#judge(query, octets)
        if (exchange === 'malformed') malformed = true
        if (typeof exchange === 'object') settle(exchange)
        else if (exchange === 'other-case') settle({ type: 'doubtful' })
        else if (++foreign >= maxForeign) settle({ type: 'doubtful' })
      })
      this.#traffic.sent++
      socket.once('connect', () => socket.send(query))
      socket.connect(server.port, server.address)
    })
  }

  #tcp(server: DnsEndpoint, { query, timeoutMs }: Sent): Promise<Exchange> {
    return new Promise((resolve) => {
      const socket = connect({ host: server.address, port: server.port, noDelay: true })
      const frames = new DnsFrames()
      const settle = once((exchange: Exchange): void => {
        cancel()
        this.#open.delete(end)
        socket.destroy()
        resolve(exchange)
      })
      const end = (): void => settle(failure('closed'))
      const cancel = this.#clock.setTimer(timeoutMs, () => settle(failure('timeout')))
      this.#open.add(end)
      socket.on('error', (problem) => settle(failure(failureOf(problem))))
      socket.on('close', () => settle(failure('unreachable')))
      socket.on('data', (chunk: Uint8Array) => {
        // There is one question on this connection: its first message is the answer, or nothing is.
        const [octets] = frames.push(chunk)
        if (octets === undefined) return
        const exchange = this.#judge(query, octets, 'any case')
        settle(typeof exchange === 'object' ? exchange : failure('malformed'))
      })
      this.#traffic.sent++
      socket.write(frameDnsMessage(query))
    })
  }

  #judge(
    query: Uint8Array,
    octets: Uint8Array,
    letters: 'same case' | 'any case' = 'same case',
  ): Exchange | 'foreign' | 'malformed' | 'other-case' {
    // Most forgeries fail here and are not worth reading.
    if (readDnsId(octets) !== readDnsId(query)) {
      this.#traffic.foreign++
      return 'foreign'
    }
    const message = readDnsMessage(octets)
    if (message === undefined) {
      this.#traffic.malformed++
      return 'malformed'
    }
    switch (matchAnswer(query, octets, message)) {
      case 'answer':
        return { type: 'message', message }
      case 'other-case':
        return letters === 'any case' ? { type: 'message', message } : 'other-case'
      case 'foreign':
        this.#traffic.foreign++
        return 'foreign'
    }
  }

  async #withPlace(sent: Sent, exchange: () => Promise<Exchange>): Promise<Exchange> {
    const place = await this.#places.take(sent.for, sent.timeoutMs)
    if (place !== 'taken') return failure(place)
    try {
      return this.#closed ? failure('closed') : await exchange()
    } finally {
      this.#places.release(sent.for)
    }
  }
}

function failure(reason: ExchangeFailure): Exchange {
  return { type: 'failed', reason }
}

/**
 * Without a descriptor, memory or a port of our own nobody was asked, which says nothing of the
 * server.
 */
function failureOf(problem: Error): 'no-socket' | 'unreachable' {
  const code = 'code' in problem ? problem.code : undefined
  return ourOwn.has(code) ? 'no-socket' : 'unreachable'
}

const ourOwn: ReadonlySet<unknown> = new Set([
  'EMFILE',
  'ENFILE',
  'ENOBUFS',
  'ENOMEM',
  'EADDRNOTAVAIL',
])

/** Random octets from a stock, since each call to the system's generator costs microseconds. */
export class RandomStock {
  readonly #octets = new Uint8Array(4096)
  #at = 4096

  take(count: number): Uint8Array {
    if (this.#at + count > this.#octets.length) {
      randomFillSync(this.#octets)
      this.#at = 0
    }
    this.#at += count
    return this.#octets.slice(this.#at - count, this.#at)
  }
}

function once<T>(fn: (value: T) => void): (value: T) => void {
  let done = false
  return (value) => {
    if (done) return
    done = true
    fn(value)
  }
}

/** Of several failures the one that says most comes first. */
export const worst: readonly (DnsFailure | ExchangeFailure)[] = [
  'servfail',
  'refused',
  'malformed',
  'timeout',
  'unreachable',
  'no-socket',
  'silent-zone',
  'no-place',
  'closed',
]

/** Whatever a server says, it lives; a forger would have to guess the id and the port. */
export function isSignOfLife(exchange: Exchange): boolean {
  if (exchange.type === 'failed') return exchange.reason === 'malformed'
  return exchange.type === 'message'
}

/** Not all of the answer fitted. */
export function isTruncated(exchange: Exchange): boolean {
  return exchange.type === 'message' && exchange.message.truncated
}
