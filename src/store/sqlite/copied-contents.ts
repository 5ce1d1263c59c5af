import {
  copyFileSync,
  fsyncSync,
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  rmSync,
  statSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { codeOf } from '../../base/error.ts'
import { syncFolder } from '../../io/make-folder.ts'
import { contentPath, type DataFolder } from '../data-folder.ts'

/** The contents in files that a backup has got so far. They never change; but they come and go. */
export class CopiedContents {
  readonly #from: DataFolder
  readonly #to: DataFolder
  readonly #onCopy: (contents: number) => void
  readonly #copied = new Set<string>()

  /** @param onCopy told before each copy how many there are */
  constructor(from: DataFolder, to: DataFolder, onCopy: (contents: number) => void) {
    this.#from = from
    this.#to = to
    this.#onCopy = onCopy
  }

  /** Copies those of these that are not copied yet, and gives the ones whose files are not there. */
  copy(hashes: readonly string[]): readonly string[] {
    return hashes.filter((sha256) => !this.#copied.has(sha256) && !this.#copyOne(sha256))
  }

  /** How many there are. */
  get count(): number {
    return this.#copied.size
  }

  /** Keeps these, and brings all of it to the disk. */
  keepOnly(hashes: readonly string[]): void {
    const wanted = new Set(hashes)
    for (const sha256 of this.#copied) {
      if (wanted.has(sha256)) continue
      rmSync(contentPath(this.#to, sha256))
      this.#copied.delete(sha256)
    }
    const { content } = this.#to
    for (const part of readdirSync(content)) syncFolder(`${content}/${part}`)
    syncFolder(content)
  }

  #copyOne(sha256: string): boolean {
    this.#onCopy(this.#copied.size)
    if (!copyDurably(contentPath(this.#from, sha256), contentPath(this.#to, sha256))) return false
    this.#copied.add(sha256)
    return true
  }
}

/** `false` when there is no such file (any more), or something else: a pipe would be waited for for ever. */
export function copyDurably(from: string, to: string): boolean {
  if (statSync(from, { throwIfNoEntry: false })?.isFile() !== true) return false
  mkdirSync(dirname(to), { recursive: true, mode: 0o700 })
  try {
    copyFileSync(from, to)
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false
    throw error
  }
  syncFile(to)
  return true
}

/** Brings what was written to a file to the disk. */
export function syncFile(path: string): void {
  const descriptor = openSync(path, 'r+')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}
