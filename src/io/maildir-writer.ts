import { mkdir, open, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'

/** What became of a message that was to be written. */
export interface WrittenMessage {
  /** `exists`: a file of that name was there, and was left as it is. */
  readonly type: 'written' | 'exists'
  readonly path: string
}

/**
 * Writes messages into one folder of a Maildir, which is made when it is missing.
 *
 * Each message is written under `tmp`, flushed, and then moved to its place, so that no program ever
 * sees half a message; `close` flushes the folders themselves. One writer at a time.
 *
 * @see https://cr.yp.to/proto/maildir.html
 */
export class MaildirWriter {
  readonly #path: string
  readonly #changed = new Set<string>()

  private constructor(path: string) {
    this.#path = path
  }

  /** @throws the file system's error when the folder cannot be made */
  static async open(path: string): Promise<MaildirWriter> {
    for (const name of ['tmp', 'new', 'cur']) {
      await mkdir(join(path, name), { recursive: true, mode: 0o700 })
    }
    return new MaildirWriter(path)
  }

  /**
   * Writes one message. On a failure nothing of it is left, and the error is thrown.
   *
   * @param place  as `maildirPlace` gives it: `name` is one file name, not a path
   * @param chunks the octets, in the line ends that the file shall have
   */
  async write(
    place: { readonly folder: 'new' | 'cur'; readonly name: string },
    chunks: AsyncIterable<Uint8Array>,
  ): Promise<WrittenMessage> {
    if (!/^[^/\0]+$/.test(place.name) || /^\.{1,2}$/.test(place.name)) {
      throw new Error(`MaildirWriter: "${place.name}" is not a file name`)
    }
    const path = join(this.#path, place.folder, place.name)
    if (await exists(path)) return { type: 'exists', path }
    const temporary = join(this.#path, 'tmp', place.name)
    try {
      const file = await open(temporary, 'w', 0o600)
      try {
        await file.writeFile(chunks)
        await file.sync()
      } finally {
        await file.close()
      }
      await rename(temporary, path)
    } catch (error) {
      await rm(temporary, { force: true })
      throw error
    }
    this.#changed.add(place.folder)
    return { type: 'written', path }
  }

  /** Makes the names durable, too. */
  async close(): Promise<void> {
    for (const name of this.#changed) {
      const folder = await open(join(this.#path, name), 'r')
      try {
        await folder.sync()
      } finally {
        await folder.close()
      }
    }
    this.#changed.clear()
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path)
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false
    throw error
  }
}
