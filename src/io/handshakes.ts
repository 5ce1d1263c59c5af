import type { SecureContext } from 'node:tls'
import type { Peer, TlsStart } from './peer.ts'

/**
 * The handshakes of connections that begin with TLS (RFC 8314 §3.3). They are no sessions yet, so
 * nobody else can end them.
 */
export class Handshakes {
  readonly #timeoutMs: number
  readonly #open = new Map<Peer, Promise<void>>()

  /** @param timeoutMs how long one may take */
  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs
  }

  /** Begins one; `ended` hears what came of it. */
  begin(peer: Peer, context: SecureContext, ended: (outcome: TlsStart) => void): void {
    const timeoutMs = this.#timeoutMs
    const shaking = peer.startTls({ side: 'server', context, timeoutMs }).then((outcome) => {
      this.#open.delete(peer)
      ended(outcome)
    })
    this.#open.set(peer, shaking)
  }

  /** Drops the connections of all. Resolves when the last one was told of. */
  async close(): Promise<void> {
    const open = [...this.#open]
    for (const [peer] of open) peer.destroy()
    await Promise.all(open.map(([, shaking]) => shaking))
  }
}
