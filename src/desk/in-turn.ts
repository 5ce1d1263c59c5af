/** Work that reads and then writes: one after the other, however many ask at once. */
export class InTurn {
  #last: Promise<unknown> = Promise.resolve()

  /** Does it when all that were asked for before are over, whatever became of them. */
  do<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#last.then(work)
    this.#last = mine.catch(() => undefined)
    return mine
  }
}
