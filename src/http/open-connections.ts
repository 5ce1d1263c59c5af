import type { IncomingMessage, Server, ServerResponse } from 'node:http'

type Socket = IncomingMessage['socket']

/**
 * The connections of a server, and which of them has an answer under way. Browsers hold some that they
 * have asked nothing on yet, and Node takes those for busy ones.
 */
export class OpenConnections {
  readonly #answering = new Map<Socket, Set<ServerResponse>>()

  constructor(server: Server) {
    server.on('connection', (socket) => {
      this.#answering.set(socket, new Set())
      socket.once('close', () => this.#answering.delete(socket))
    })
    server.on('request', ({ socket }, answer) => {
      const answers = this.#answering.get(socket)
      answers?.add(answer)
      answer.once('close', () => answers?.delete(answer))
    })
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
