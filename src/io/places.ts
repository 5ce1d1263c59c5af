import type { Socket } from 'node:net'

/**
 * The connections that have a place, each with what is to be done when it is gone. Who is gone is
 * read from the sockets themselves: a listener of ours could be taken off by another part, and then
 * the place would be lost for good.
 */
export class Places {
  readonly #leave = new Map<Socket, () => void>()
  readonly #onFree: () => void

  /** @param onFree called each time that a place becomes free */
  constructor(onFree: () => void = () => {}) {
    this.#onFree = onFree
  }

  /** How many places are taken, as of the last `sweep`. */
  get taken(): number {
    return this.#leave.size
  }

  take(socket: Socket, leave: () => void): void {
    this.#leave.set(socket, leave)
    // Only so that it is known at once.
    socket.once('close', () => this.#free(socket))
  }

  /** Frees the places of all whose socket is gone. */
  sweep(): void {
    for (const socket of this.#leave.keys()) if (socket.destroyed) this.#free(socket)
  }

  #free(socket: Socket): void {
    const leave = this.#leave.get(socket)
    if (leave === undefined) return
    this.#leave.delete(socket)
    leave()
    this.#onFree()
  }
}
