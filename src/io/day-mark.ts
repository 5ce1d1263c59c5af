import { mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { codeOf } from '../base/error.ts'

/**
 * A UTC day that is remembered in a small file, over restarts: `2026-11-22`. There whole or not at
 * all; a file with anything else in it counts as none.
 */
export class DayMark {
  readonly #path: string

  /** @param path the file; its folder is made when the first day is written */
  constructor(path: string) {
    this.#path = path
  }

  /** The beginning of the day, Unix milliseconds. */
  async read(): Promise<number | undefined> {
    const text = await readFile(this.#path, 'utf8').catch((error: unknown) => {
      if (codeOf(error) === 'ENOENT') return ''
      throw error
    })
    if (!/^\d{4}-\d\d-\d\d\n$/.test(text)) return undefined
    const day = Date.parse(text.trim())
    return Number.isNaN(day) ? undefined : day
  }

  /** @param day a time in the day, Unix milliseconds */
  async write(day: number): Promise<void> {
    await mkdir(dirname(this.#path), { recursive: true, mode: 0o700 })
    const temporary = `${this.#path}.tmp`
    try {
      const file = await open(temporary, 'w', 0o600)
      try {
        await file.writeFile(`${new Date(day).toISOString().slice(0, 10)}\n`)
        await file.sync()
      } finally {
        await file.close()
      }
      await rename(temporary, this.#path)
    } catch (error) {
      await rm(temporary, { force: true })
      throw error
    }
  }
}
