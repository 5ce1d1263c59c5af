/**
 * How much of the strangers' share of the disk letters take that are just coming, counted for all
 * threads together: each has a slot that it alone writes.
 */
export class SpoolCount {
  readonly #slots: BigInt64Array
  readonly #mine: number

  /** @param slots shared by all; each thread names its own */
  constructor(slots: SharedArrayBuffer = newSpoolSlots(1), mine = 0) {
    this.#slots = new BigInt64Array(slots)
    this.#mine = mine
  }

  /** Octets, of all threads. */
  get total(): number {
    let total = 0n
    for (let slot = 0; slot < this.#slots.length; slot++) total += Atomics.load(this.#slots, slot)
    return Number(total)
  }

  /** Takes so many more, or with a number below zero gives them back. */
  add(octets: number): void {
    Atomics.add(this.#slots, this.#mine, BigInt(octets))
  }

  /** A thread is gone, and all that it took with it. */
  forget(slot: number): void {
    Atomics.store(this.#slots, slot, 0n)
  }
}

/** Room to count for so many threads. */
export function newSpoolSlots(threads: number): SharedArrayBuffer {
  return new SharedArrayBuffer(threads * BigInt64Array.BYTES_PER_ELEMENT)
}
