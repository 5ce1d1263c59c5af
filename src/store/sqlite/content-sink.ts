import { createHash } from 'node:crypto'
import { type FileHandle, open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { inlineBytes } from './content-files.ts'
import type { DataFolder } from '../data-folder.ts'
import type { SpoolShare } from './disk-share.ts'
import { contentUnwritten, storeProblem } from '../problems.ts'
import { type ContentSink, contentOf } from '../ports/contents.ts'
import type { NewContent } from '../ports/post.ts'

/** A first buffer that most letters fit in; it doubles up to `inlineBytes`. */
const firstBufferBytes = 16 * 1024

type State = 'memory' | 'file' | 'finished' | 'aborted'

/**
 * Gathers up to 256 KiB in memory; a longer message goes to a file in the spool, one full buffer
 * being written while the next fills.
 */
export class SpoolSink implements ContentSink {
  readonly #path: string
  readonly #hash = createHash('sha256')
  #state: State = 'memory'
  #size = 0
  #buffer: Uint8Array<ArrayBuffer> = new Uint8Array(firstBufferBytes)
  #filled = 0
  /** The buffer that is free while the other is written. */
  #spare: Uint8Array<ArrayBuffer> = new Uint8Array(0)
  #file: FileHandle | undefined
  /** The write under way, and all before it. */
  #writing: Promise<void> = Promise.resolve()
  #writesPending = 0
  readonly #share: SpoolShare | undefined

  /**
   * @param name of the file, if there will be one: see `spoolName`
   * @param share what all long letters of strangers have to share; absent for our own
   */
  constructor(folder: DataFolder, name: string, share?: SpoolShare) {
    this.#path = join(folder.spool, name)
    this.#share = share
  }

  push(chunk: Uint8Array): void | Promise<void> {
    if (this.#state !== 'memory' && this.#state !== 'file') {
      throw new Error('SpoolSink: push after the end')
    }
    this.#hash.update(chunk)
    this.#size += chunk.length
    try {
      return this.#append(chunk, 0)
    } catch (error) {
      return Promise.reject(unwritten(error))
    }
  }

  async finish(): Promise<NewContent> {
    const inFile = this.#state === 'file'
    if (!inFile && this.#state !== 'memory') throw new Error('SpoolSink: finish after the end')
    this.#state = 'finished'
    const sha256 = this.#hash.digest('hex')
    if (!inFile) {
      const octets = this.#buffer.subarray(0, this.#filled)
      return { sha256, size: this.#size, source: { type: 'octets', octets } }
    }
    this.#startWrite()
    await this.#writing
    try {
      await this.#file?.sync()
      await this.#close()
    } catch (error) {
      throw unwritten(error)
    }
    return { sha256, size: this.#size, source: { type: 'file', path: this.#path } }
  }

  async shorten(content: NewContent, octets: number): Promise<NewContent> {
    const { source } = content
    if (content.size <= octets) return content
    if (source.type === 'octets') return contentOf(source.octets.slice(0, octets))
    try {
      const first = new Uint8Array(octets)
      const file = await open(source.path)
      try {
        for (let at = 0; at < octets; ) {
          const { bytesRead } = await file.read(first, at, octets - at, at)
          if (bytesRead === 0) throw new Error('SpoolSink: the file is shorter than its content')
          at += bytesRead
        }
      } finally {
        await file.close()
      }
      return contentOf(first)
    } catch (error) {
      throw unwritten(error)
    } finally {
      this.abort()
    }
  }

  abort(): void {
    const used = this.#file !== undefined || this.#writesPending > 0 || this.#state === 'finished'
    this.#state = 'aborted'
    if (used) void this.#remove()
    this.#share?.giveBack(this.#path)
  }

  /** Copies the chunk from `from` on into the buffer; waits when both buffers are full. */
  #append(chunk: Uint8Array, from: number): void | Promise<void> {
    let at = from
    // Let go while it waited: a file that were opened now would have nobody to close or remove it.
    while (at < chunk.length && this.#state !== 'aborted') {
      this.#makeRoom(chunk.length - at)
      if (this.#filled === this.#buffer.length) {
        if (this.#writesPending > 0) return this.#writing.then(() => this.#append(chunk, at))
        this.#startWrite()
      }
      const taken = Math.min(chunk.length - at, this.#buffer.length - this.#filled)
      this.#buffer.set(chunk.subarray(at, at + taken), this.#filled)
      this.#filled += taken
      at += taken
    }
    return undefined
  }

  #makeRoom(wanted: number): void {
    if (this.#filled + wanted <= this.#buffer.length || this.#buffer.length === inlineBytes) return
    let length = this.#buffer.length
    while (length < this.#filled + wanted && length < inlineBytes) length *= 2
    const larger = new Uint8Array(length)
    larger.set(this.#buffer.subarray(0, this.#filled))
    this.#buffer = larger
  }

  /** Hands the filled buffer to the file and goes on with the other one. */
  #startWrite(): void {
    // First, so that nothing is written where there is no room for it.
    this.#share?.take(this.#path, this.#filled)
    const full = this.#buffer
    const length = this.#filled
    this.#buffer = this.#spare.length === full.length ? this.#spare : new Uint8Array(full.length)
    this.#spare = full
    this.#filled = 0
    if (this.#state === 'memory') this.#state = 'file'
    this.#writesPending++
    const written = this.#writing.then(() => this.#write(full, length))
    this.#writing = written
    written.catch(() => undefined) // seen by the next push that waits, or by finish
  }

  async #write(octets: Uint8Array, length: number): Promise<void> {
    try {
      this.#file ??= await open(this.#path, 'wx', 0o600)
      let at = 0
      while (at < length) {
        const { bytesWritten } = await this.#file.write(octets, at, length - at)
        at += bytesWritten
      }
    } catch (error) {
      throw unwritten(error)
    } finally {
      this.#writesPending--
    }
  }

  async #close(): Promise<void> {
    const file = this.#file
    this.#file = undefined
    await file?.close()
  }

  /** Nobody waits for this: what stays behind after an error is swept at the next start. */
  async #remove(): Promise<void> {
    await this.#writing.catch(() => undefined)
    await this.#close().catch(() => undefined)
    await rm(this.#path, { force: true }).catch(() => undefined)
  }
}

/** A full disk is one; anything else is the trouble of this letter and no other. */
function unwritten(error: unknown): Error {
  const problem = storeProblem(error)
  return problem?.code === 'store-full' ? problem : contentUnwritten(error)
}
