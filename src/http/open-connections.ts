import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { clientKeys } from '../base/ip.ts'
import { clientAddress } from '../io/client-address.ts'

type Socket = IncomingMessage['socket']

/** So many of one network, but for who may have all of them. */
export const mostOfOne = 100

/**
 * The connections of a server, and which of them has an answer under way. Browsers hold some that they
 * have asked nothing on yet, and Node takes those for busy ones.
 */
export class OpenConnections {
  readonly #answering = new Map<Socket, Set<ServerResponse>>()
  readonly #ofNetwork = new Map<string, number>()

  /** @param mayHaveAll whether those from there are not counted: this computer, and proxies */
  constructor(server: Server, mayHaveAll: (ip: string) => boolean) {
    server.on('connection', (socket) => {
      const ip = clientAddress(socket.remoteAddress ?? '')
      if (!mayHaveAll(ip) && !this.#isCounted(socket, clientKeys(ip).network)) return
      this.#answering.set(socket, new Set())
      socket.once('close', () => this.#answering.delete(socket))
    })
    server.on('request', ({ socket }, answer) => {
      const answers = this.#answering.get(socket)
      answers?.add(answer)
      answer.once('close', () => answers?.delete(answer))
    })
  }

  /** Counts one more; what is too much is closed. */
  #isCounted(socket: Socket, network: string): boolean {
    const count = this.#ofNetwork.get(network) ?? 0
    if (count >= mostOfOne) {
      socket.destroy()
      return false
    }
    this.#ofNetwork.set(network, count + 1)
    socket.once('close', () => {
      const left = (this.#ofNetwork.get(network) ?? 1) - 1
      if (left > 0) this.#ofNetwork.set(network, left)
      else this.#ofNetwork.delete(network)
    })
    return true
  }

  get count(): number {
    return this.#answering.size
  }

  /** Ends each as soon as nothing is answered on it: most of them at once. */
  end(): void {
    for (const [socket, answers] of this.#answering) {
      if (answers.size === 0) socket.destroy()
      for (const answer of answers) {
        answer.once('close', () => {
          if (answers.size === 0) socket.destroySoon()
        })
      }
    }
  }
}
