import type { Socket } from 'node:net'

/**
 * The connections that have a place, each with what is to be done when it is gone. Who is gone is
 * read from the sockets themselves: a listener of ours could be taken off by another part, and then
 * the place would be lost for good.
 */
export class Places {
  /** By the socket, or by what stands for one that another thread has. */
  readonly #leave = new Map<object, () => void>()
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

  /**
   * From now on the place is not its socket's: it is kept, whatever becomes of the socket here, until
   * what this gives is called.
   */
  keep(socket: Socket): () => void {
    const leave = this.#leave.get(socket)
    if (leave === undefined) return () => {}
    const held = {}
    this.#leave.delete(socket)
    this.#leave.set(held, leave)
    return () => this.#free(held)
  }

  /** Frees the places of all whose socket is gone. */
  sweep(): void {
    for (const holder of this.#leave.keys()) {
      if ('destroyed' in holder && holder.destroyed === true) this.#free(holder)
    }
  }

  #free(holder: object): void {
    const leave = this.#leave.get(holder)
    if (leave === undefined) return
    this.#leave.delete(holder)
    leave()
    this.#onFree()
  }
}
