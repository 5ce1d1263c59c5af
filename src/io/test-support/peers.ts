import { createServer, type Server, type Socket } from 'node:net'
import type { TestContext } from 'node:test'
import { dialTcp } from '../dialer.ts'
import { Peer } from '../peer.ts'

/** Writes down what a peer is told. */
export class Heard {
  text = ''
  ended = false
  closed: { readonly problem: string | undefined } | undefined
  readonly #waiting: { readonly look: () => boolean; readonly resolve: () => void }[] = []

  constructor(peer: Peer) {
    peer.open({
      octets: (chunk) => {
        this.text += Buffer.from(chunk).toString('latin1')
        this.#look()
      },
      ended: () => {
        this.ended = true
        this.#look()
      },
      closed: (problem) => {
        this.closed = { problem }
        this.#look()
      },
    })
  }

  /** Resolves as soon as `look` says yes. */
  until(look: () => boolean): Promise<void> {
    if (look()) return Promise.resolve()
    return new Promise((resolve) => {
      this.#waiting.push({ look, resolve })
    })
  }

  #look(): void {
    for (const one of this.#waiting) if (one.look()) one.resolve()
  }
}

/** A bare server on loopback; its sockets go with the test. */
export async function bareServer(
  t: TestContext,
  onSocket: (socket: Socket) => void,
): Promise<number> {
  const sockets = new Set<Socket>()
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (socket) => {
    sockets.add(socket)
    onSocket(socket)
  })
  t.after(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return listening(server)
}

/** A port on which nobody listens. */
export async function deadPort(): Promise<number> {
  const server = createServer()
  const port = await listening(server)
  await new Promise((resolve) => {
    server.close(resolve)
  })
  return port
}

/** Two ends of one connection on loopback. */
export async function peerPair(
  t: TestContext,
): Promise<{ readonly server: Peer; readonly client: Peer }> {
  const { promise, resolve } = Promise.withResolvers<Peer>()
  const port = await bareServer(t, (socket) => resolve(new Peer(socket)))
  const dialled = await dialTcp('127.0.0.1', port, 5000)
  if (dialled.type === 'failed') throw new Error(dialled.text)
  t.after(() => dialled.peer.destroy())
  return { server: await promise, client: dialled.peer }
}

function listening(server: Server): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const bound = server.address()
      if (bound === null || typeof bound === 'string') throw new Error('not a TCP address')
      resolve(bound.port)
    })
  })
}
