import { WaybillError } from '../base/error.ts'
import type { Log } from '../base/log.ts'

/**
 * Knows whether the last write found the disk full, and tells once that there is room again: that it
 * was full each caller hears, and tells in its own words.
 */
export class DiskRoom {
  readonly #log: Log
  #full = false

  constructor(log: Log) {
    this.#log = log
  }

  /** Gives what a write gives. */
  async after<T>(write: Promise<T>): Promise<T> {
    try {
      const result = await write
      if (this.#full) this.#tell()
      return result
    } catch (problem) {
      if (problem instanceof WaybillError && problem.code === 'store-full') this.#full = true
      throw problem
    }
  }

  #tell(): void {
    this.#full = false
    const did = 'the disk has room again, and mail is taken'
    this.#log({ level: 'info', event: 'store', fields: { did } })
  }
}
