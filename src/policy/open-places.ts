/** How many connections each key has at this moment. Only who has one takes up memory. */
export class OpenPlaces {
  readonly #open = new Map<string, number>()

  count(key: string): number {
    return this.#open.get(key) ?? 0
  }

  enter(key: string): void {
    this.#open.set(key, this.count(key) + 1)
  }

  leave(key: string): void {
    const left = this.count(key) - 1
    if (left > 0) this.#open.set(key, left)
    else this.#open.delete(key)
  }
}
