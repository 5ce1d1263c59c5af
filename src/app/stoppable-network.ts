import type { DnsAnswer, RecordData, RecordType, Resolver } from '../dns/resolver.ts'
import type { Dialled, Dialer } from '../io/dialer.ts'
import type { Peer } from '../io/peer.ts'

/**
 * The way to other servers and to DNS, which can be shut: a delivery that waits for somebody else
 * must not keep this server from stopping.
 */
export class StoppableNetwork implements Dialer, Resolver {
  readonly #dialer: Dialer
  readonly #resolver: Resolver
  readonly #peers = new Set<Peer>()
  readonly #waiting = new Set<() => void>()
  readonly #shutting = new AbortController()
  #shut = false

  constructor(dialer: Dialer, resolver: Resolver) {
    this.#dialer = dialer
    this.#resolver = resolver
  }

  async dial(target: Parameters<Dialer['dial']>[0]): Promise<Dialled> {
    if (this.#shut) return stopped
    const dialling = this.#dialer.dial(target)
    const dialled = await this.#unlessShut<Dialled>(dialling, stopped)
    if (dialled === stopped) void dialling.then(drop)
    if (dialled.type === 'failed') return dialled
    for (const peer of this.#peers) if (peer.closed) this.#peers.delete(peer)
    this.#peers.add(dialled.peer)
    return dialled
  }

  realPlace(target: Parameters<Dialer['realPlace']>[0]): string | undefined {
    return this.#dialer.realPlace(target)
  }

  resolve<T extends RecordType>(
    name: string,
    type: T,
    client?: string,
  ): Promise<DnsAnswer<RecordData[T]>> {
    if (this.#shut) return Promise.resolve(unasked)
    const answer = this.#resolver.resolve(name, type, client)
    return this.#unlessShut<DnsAnswer<RecordData[T]>>(answer, unasked)
  }

  /** Aborted when the network is shut, for whoever calls others without it. */
  get open(): AbortSignal {
    return this.#shutting.signal
  }

  /** Ends every question and every dial, and allows no more. Connections that are there stay. */
  shut(): void {
    this.#shut = true
    this.#shutting.abort(new Error('This server stops.'))
    for (const giveUp of this.#waiting) giveUp()
  }

  /** Ends every connection too. */
  cut(): void {
    this.shut()
    for (const peer of this.#peers) peer.destroy()
  }

  #unlessShut<T>(answer: Promise<T>, otherwise: T): Promise<T> {
    return new Promise((resolve, reject) => {
      const giveUp = (): void => resolve(otherwise)
      this.#waiting.add(giveUp)
      answer.then(resolve, reject).finally(() => this.#waiting.delete(giveUp))
    })
  }
}

/** Nobody waits for this connection any more. */
function drop(late: Dialled): void {
  if (late.type === 'connected') late.peer.destroy()
}

const stopped = { type: 'failed', reason: 'broken', text: 'this server was stopped' } as const
const unasked = { type: 'failed', reason: 'no-resolver' } as const
