import { randomFillSync } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { connect } from 'node:net'
import type { Clock } from '../base/clock.ts'
import { DnsFrames, frameDnsMessage } from './dns-framing.ts'
import type { DnsMessage } from './dns-message.ts'
import { matchAnswer } from './dns-query.ts'
import { readDnsId, readDnsMessage } from './dns-reader.ts'

/** Where a DNS server listens: an IP address, never a name. */
export interface DnsEndpoint {
  readonly address: string
  readonly port: number
}

/** What came of one question to one server. */
export type Exchange =
  | { readonly type: 'message'; readonly message: DnsMessage }
  /** Something forges answers, or a server changes the letters: ask again over TCP. */
  | { readonly type: 'doubtful' }
  | { readonly type: 'failed'; readonly reason: 'timeout' | 'unreachable' | 'malformed' }

export interface DnsTraffic {
  readonly sent: number
  /** Datagrams and messages that were no answer to the question in hand, and were ignored. */
  readonly foreign: number
  /** Answers that could not be read. */
  readonly malformed: number
  readonly overTcp: number
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
  readonly #maxInFlight: number
  readonly #open = new Set<() => void>()
  readonly #waiting = new Set<() => void>()
  readonly #traffic = { sent: 0, foreign: 0, malformed: 0, overTcp: 0 }
  #inFlight = 0
  #closed = false

  /** @param maxInFlight sockets open at once; further questions wait for one to end */
  constructor(clock: Clock, maxInFlight: number) {
    this.#clock = clock
    this.#maxInFlight = maxInFlight
  }

  get traffic(): DnsTraffic {
    return { ...this.#traffic }
  }

  /** Ends what is under way as `unreachable`. */
  close(): void {
    this.#closed = true
    for (const end of this.#open) end()
  }

  /**
   * One datagram there; whatever is no answer is ignored until `timeoutMs` have passed. Waiting for a
   * free place may take as long again.
   */
  async overUdp(server: DnsEndpoint, query: Uint8Array, timeoutMs: number): Promise<Exchange> {
    return await this.#withSocket(timeoutMs, () => this.#udp(server, query, timeoutMs))
  }

  /** One connection for one question, from connecting to the answer within `timeoutMs`. */
  async overTcp(server: DnsEndpoint, query: Uint8Array, timeoutMs: number): Promise<Exchange> {
    this.#traffic.overTcp++
    return await this.#withSocket(timeoutMs, () => this.#tcp(server, query, timeoutMs))
  }

  #udp(server: DnsEndpoint, query: Uint8Array, timeoutMs: number): Promise<Exchange> {
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
      const end = (): void => settle({ type: 'failed', reason: 'unreachable' })
      let malformed = false
      let foreign = 0
      const cancel = this.#clock.setTimer(timeoutMs, () =>
        settle({ type: 'failed', reason: malformed ? 'malformed' : 'timeout' }),
      )
      this.#open.add(end)
      socket.on('error', end)
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

  #tcp(server: DnsEndpoint, query: Uint8Array, timeoutMs: number): Promise<Exchange> {
    return new Promise((resolve) => {
      const socket = connect({ host: server.address, port: server.port, noDelay: true })
      const frames = new DnsFrames()
      const settle = once((exchange: Exchange): void => {
        cancel()
        this.#open.delete(end)
        socket.destroy()
        resolve(exchange)
      })
      const end = (): void => settle({ type: 'failed', reason: 'unreachable' })
      const cancel = this.#clock.setTimer(timeoutMs, () =>
        settle({ type: 'failed', reason: 'timeout' }),
      )
      this.#open.add(end)
      socket.on('error', end)
      socket.on('close', end)
      socket.on('data', (chunk: Uint8Array) => {
        // There is one question on this connection: its first message is the answer, or nothing is.
        const [octets] = frames.push(chunk)
        if (octets === undefined) return
        const exchange = this.#judge(query, octets, 'any case')
        settle(typeof exchange === 'object' ? exchange : { type: 'failed', reason: 'malformed' })
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

  async #withSocket(waitMs: number, exchange: () => Promise<Exchange>): Promise<Exchange> {
    if (this.#inFlight < this.#maxInFlight) this.#inFlight++
    else if (!(await this.#placeFree(waitMs))) return { type: 'failed', reason: 'timeout' }
    try {
      return this.#closed ? { type: 'failed', reason: 'unreachable' } : await exchange()
    } finally {
      this.#release()
    }
  }

  /** Whether a place came free within `waitMs`; it is then ours. */
  #placeFree(waitMs: number): Promise<boolean> {
    return new Promise((resolve) => {
      const go = (): void => {
        cancel()
        resolve(true)
      }
      const cancel = this.#clock.setTimer(waitMs, () => {
        this.#waiting.delete(go)
        resolve(false)
      })
      this.#waiting.add(go)
    })
  }

  /** Who waits longest is given the place of who ends, so that nobody slips in between. */
  #release(): void {
    const [next] = this.#waiting
    if (next === undefined) {
      this.#inFlight--
      return
    }
    this.#waiting.delete(next)
    next()
  }
}

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
