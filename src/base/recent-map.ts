/**
 * A map that holds so many and no more: the one that was set longest ago makes room for a new one. To
 * read one does not make it newer; who wants that sets it again.
 */
export class RecentMap<Key, Value> {
  readonly #most: number
  /** The one that was set last stands last. */
  readonly #known = new Map<Key, Value>()

  /** @param most how many are kept, one at least */
  constructor(most: number) {
    this.#most = most
  }

  get size(): number {
    return this.#known.size
  }

  get(key: Key): Value | undefined {
    return this.#known.get(key)
  }

  set(key: Key, value: Value): void {
    this.#known.delete(key)
    if (this.#known.size >= this.#most) {
      for (const oldest of this.#known.keys()) {
        this.#known.delete(oldest)
        break
      }
    }
    this.#known.set(key, value)
  }

  delete(key: Key): void {
    this.#known.delete(key)
  }

  clear(): void {
    this.#known.clear()
  }

  /** All of them, the one that was set last at the end. */
  values(): readonly Value[] {
    return Array.from(this.#known.values())
  }
}
