import type { SecureContext } from 'node:tls'
import { Handshakes } from '../handshakes.ts'
import { type Listener, listen, type ListenOptions } from '../listener.ts'
import { Peer } from '../peer.ts'

/** A port whose connections are peers, after their handshake where they begin with one. */
export interface PeerPort extends Omit<ListenOptions, 'onSocket' | 'onFailure'> {
  readonly implicitTls?: () => SecureContext
  readonly handshakeTimeoutMs?: number
  onPeer(peer: Peer): void
  onFailure(failure: {
    readonly type: string
    readonly ip: string
    readonly port: number
    readonly problem: string
  }): void
}

/** Opens one; closing it ends the handshakes as well. */
export async function listenForPeers(port: PeerPort): Promise<Listener> {
  const handshakes = new Handshakes(port.handshakeTimeoutMs ?? 5000)
  const listener = await listen({
    ...port,
    onSocket(socket) {
      const peer = new Peer(socket)
      if (port.implicitTls === undefined) return port.onPeer(peer)
      handshakes.begin(peer, port.implicitTls(), (outcome) => {
        if (outcome.type === 'started') port.onPeer(peer)
        else port.onFailure({ type: 'tls', ...peer.remote, problem: `TLS: ${outcome.problem}` })
      })
    },
    onFailure: (failure) => port.onFailure(failure),
  })
  const close = async (): Promise<void> => {
    await Promise.all([listener.close(), handshakes.close()])
  }
  return { ...listener, close }
}
