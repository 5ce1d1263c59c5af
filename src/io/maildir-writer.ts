import { type FileHandle, open, readdir, readFile, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type SyncFolder, makeFolder, syncFolder } from './make-folder.ts'

/** What became of a message that was to be written. */
export interface WrittenMessage {
  /**
   * `exists`: it is there, in `new` or `cur`, with whatever flags, and was left as it is. `gone`: it
   * was written once and somebody took it away or moved it to another folder; it is not brought back.
   */
  readonly type: 'written' | 'exists' | 'gone'
  /** Where it is, or would be. */
  readonly path: string
}

/** The list of messages that were ever written, beside `cur` and `new`: one name a line. */
const recordName = 'waybill-exported'

/**
 * Writes messages into one folder of a Maildir, which is made when it is missing.
 *
 * Each message is written under `tmp`, flushed, and then moved to its place, so that no program ever
 * sees half a message; `close` flushes the folders themselves. A message is written once: a record in
 * the folder remembers its name, so that what a mail program changed, moved or deleted since stays as
 * that program left it. One writer at a time.
 *
 * @see https://cr.yp.to/proto/maildir.html
 */
export class MaildirWriter {
  readonly #path: string
  readonly #record: FileHandle
  /** By the part of their name that no program changes. */
  readonly #present: Map<string, string>
  readonly #written: Set<string>
  /** Folders in which there are new names. */
  readonly #changed: Set<string>
  readonly #sync: SyncFolder

  private constructor(
    path: string,
    opened: {
      readonly record: FileHandle
      readonly present: Map<string, string>
      readonly written: Set<string>
      readonly changed: Set<string>
      readonly sync: SyncFolder
    },
  ) {
    this.#path = path
    this.#record = opened.record
    this.#present = opened.present
    this.#written = opened.written
    this.#changed = opened.changed
    this.#sync = opened.sync
  }

  /** @throws WaybillError `usage` when there can be no such folder, and the file system's errors */
  static async open(path: string, sync: SyncFolder = syncFolder): Promise<MaildirWriter> {
    const made = ['tmp', 'new', 'cur'].flatMap((name) => makeFolder(join(path, name)))
    // The record is a name in the folder itself.
    const changed = new Set([path, ...made.map((folder) => dirname(folder))])
    const present = new Map<string, string>()
    for (const folder of ['new', 'cur']) {
      for (const name of await readdir(join(path, folder))) {
        present.set(uniquePart(name), join(path, folder, name))
      }
    }
    const record = await open(join(path, recordName), 'a+', 0o600)
    try {
      const text = await readFile(record, 'utf8')
      // A line that was cut off by a crash must not become one with the next.
      if (text !== '' && !text.endsWith('\n')) await record.appendFile('\n')
      const written = new Set(text.split('\n').filter((name) => name !== ''))
      return new MaildirWriter(path, { record, present, written, changed, sync })
    } catch (error) {
      await record.close()
      throw error
    }
  }

  /**
   * Writes one message. On a failure nothing of it is left, and the error is thrown.
   *
   * @param place  as `maildirPlace` gives it: `name` is one file name, not a path
   * @param chunks the octets, in the line ends that the file shall have; not read when it is known
   */
  async write(
    place: { readonly folder: 'new' | 'cur'; readonly name: string },
    chunks: AsyncIterable<Uint8Array>,
  ): Promise<WrittenMessage> {
    if (!/^[^/\0\n]+$/.test(place.name) || /^\.{1,2}$/.test(place.name)) {
      throw new Error(`MaildirWriter: "${place.name}" is not a file name`)
    }
    const path = join(this.#path, place.folder, place.name)
    const unique = uniquePart(place.name)
    const there = this.#present.get(unique)
    if (there !== undefined) {
      // One that was written before there was a record, or right before a crash.
      await this.#remember(unique)
      return { type: 'exists', path: there }
    }
    if (this.#written.has(unique)) return { type: 'gone', path }
    await this.#place(path, place.name, chunks)
    this.#present.set(unique, path)
    this.#changed.add(join(this.#path, place.folder))
    await this.#remember(unique)
    return { type: 'written', path }
  }

  /** Makes the names durable, too. */
  async close(): Promise<void> {
    try {
      await this.#record.sync()
    } finally {
      await this.#record.close()
    }
    for (const folder of this.#changed) this.#sync(folder)
    this.#changed.clear()
  }

  async #place(path: string, name: string, chunks: AsyncIterable<Uint8Array>): Promise<void> {
    const temporary = join(this.#path, 'tmp', name)
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
  }

  async #remember(unique: string): Promise<void> {
    if (this.#written.has(unique)) return
    this.#written.add(unique)
    await this.#record.appendFile(`${unique}\n`)
  }
}

/** Flags stand behind `:`, and behind `,` what programs note of a message, such as its size. */
function uniquePart(name: string): string {
  return name.replace(/[,:].*$/s, '')
}
