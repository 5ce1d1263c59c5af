import { WaybillError } from '../../base/error.ts'
import type { Log } from '../../base/log.ts'
import type { ContentIntake, ContentSink } from '../ports/contents.ts'
import type { Acceptance, PostPort } from '../ports/post.ts'
import type { CommitQueue } from './commit-queue.ts'
import { inlineBytes, spoolName } from './content-files.ts'
import { SpoolSink } from './content-sink.ts'
import type { DataFolder } from '../data-folder.ts'
import type { SpoolShare } from './disk-share.ts'
import { messagesIn } from '../operations.ts'

/** What comes into a store: contents, and what a `250` acknowledges. On any thread. */
export class StoreIntake implements ContentIntake, PostPort {
  readonly #folder: DataFolder
  readonly #queue: CommitQueue
  readonly #share: SpoolShare
  readonly #room: DiskRoom
  readonly #mark: string

  /** @param parts.mark whose files in the spool are ours: see `spoolName` */
  constructor(parts: {
    readonly folder: DataFolder
    readonly queue: CommitQueue
    readonly share: SpoolShare
    readonly room: DiskRoom
    readonly mark: string
  }) {
    this.#folder = parts.folder
    this.#queue = parts.queue
    this.#share = parts.share
    this.#room = parts.room
    this.#mark = parts.mark
  }

  newContent(from: 'stranger' | 'own' = 'own'): ContentSink {
    const share = from === 'stranger' ? this.#share : undefined
    return new SpoolSink(this.#folder, spoolName(this.#mark), share)
  }

  async accept(acceptance: Acceptance): Promise<void> {
    // At once where it can: what is handed in before a close is before it.
    const ready = isLong(acceptance) ? await this.spooled(acceptance) : acceptance
    try {
      const write = this.#queue.submit<'accept'>({ type: 'accept', acceptance: ready })
      return await this.#room.after(write)
    } finally {
      // Taken over, whatever became of it.
      for (const { content } of messagesIn(acceptance)) {
        if (content.source.type === 'file') this.#share.giveBack(content.source.path)
      }
    }
  }

  /** Octets too long for the database go to a file first, like those of a message that came in. */
  async spooled(acceptance: Acceptance): Promise<Acceptance> {
    const { message } = acceptance
    const source = message?.content.source
    if (!isLong(acceptance) || message === undefined || source?.type !== 'octets') return acceptance
    const sink = this.newContent()
    try {
      await sink.push(source.octets)
      const content = await sink.finish()
      if (content.sha256 === message.content.sha256) {
        return { ...acceptance, message: { ...message, content } }
      }
    } catch (error) {
      sink.abort()
      throw error
    }
    sink.abort()
    throw new Error('Store: content does not have the hash it claims')
  }
}

function isLong({ message }: Acceptance): boolean {
  const source = message?.content.source
  return source?.type === 'octets' && source.octets.length > inlineBytes
}

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
