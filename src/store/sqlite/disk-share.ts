import { statfsSync } from 'node:fs'
import { WaybillError } from '../../base/error.ts'
import { type Log, silent } from '../../base/log.ts'
import { storeProblem } from '../problems.ts'

/** A disk, in octets. */
export interface DiskState {
  readonly size: number
  readonly free: number
}

/** The disk that a folder is on, as a user without privileges sees it. */
export function diskState(folder: string): DiskState {
  const { bsize, blocks, bavail } = statfsSync(folder)
  return { size: blocks * bsize, free: bavail * bsize }
}

/**
 * Half of the strangers' share is for what is kept of them (see `StrangerLimits`), half for letters
 * that are just coming, so that neither can starve the other.
 */
export function keptShare({ size }: DiskState, percent: number): number {
  return Math.floor((size * percent) / 200)
}

/**
 * Room for letters of strangers that are just coming and too long for memory. All of them together
 * get half of the strangers' share of the disk, and never more than half of what is free: mail that
 * was accepted, and our users' own, needs the rest.
 */
export class SpoolShare {
  readonly #disk: () => DiskState
  readonly #percent: number
  /** By the path of the file, in octets. */
  readonly #files = new Map<string, number>()
  readonly #count: SpoolCount
  readonly #log: Log
  /** It was told that the share is used up, and since then nothing was given back. */
  #told = false

  /** @param count where it is counted, for all threads together */
  constructor(
    disk: () => DiskState,
    percent: number,
    log: Log = silent,
    count: SpoolCount = new SpoolCount(),
  ) {
    this.#disk = disk
    this.#percent = percent
    this.#log = log
    this.#count = count
  }

  /** How much is taken, in octets. */
  get taken(): number {
    return this.#count.total
  }

  /**
   * Takes room for so many octets more of a file.
   *
   * @throws WaybillError `store-full` when the share is used up; nothing is taken then
   */
  take(path: string, octets: number): void {
    const disk = this.#read()
    // First, so that two threads do not both take the last of it.
    this.#count.add(octets)
    const taken = this.taken - octets
    const share = Math.min(keptShare(disk, this.#percent), (disk.free + taken) / 2)
    if (taken + octets > share) {
      this.#count.add(-octets)
      this.#tell(share)
      throw usedUp()
    }
    this.#files.set(path, (this.#files.get(path) ?? 0) + octets)
  }

  /** The file is gone, or is mail from now on. */
  giveBack(path: string): void {
    this.#count.add(-(this.#files.get(path) ?? 0))
    if (this.#files.delete(path)) this.#told = false
  }

  /** Once, until there is room again. */
  #tell(share: number): void {
    if (this.#told) return
    this.#told = true
    const fields = { limit: 'retention.strangers_percent', taken: this.taken, share }
    this.#log({ level: 'warning', event: 'limit', fields })
  }

  #read(): DiskState {
    try {
      return this.#disk()
    } catch (error) {
      throw storeProblem(error) ?? error
    }
  }
}

function usedUp(): WaybillError {
  return new WaybillError('store-full', "The strangers' share of the disk is used up.", {
    hint: 'Letters that are just coming use it, or little is free; retention.strangers_percent sets it.',
  })
}

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
