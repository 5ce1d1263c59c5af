import type { CommitQueue } from './commit-queue.ts'
import { inlineBytes } from './content-files.ts'
import { SpoolSink } from './content-sink.ts'
import type { DataFolder } from './data-folder.ts'
import type { DiskRoom } from './disk-room.ts'
import type { SpoolShare } from './disk-share.ts'
import { messagesIn } from './operations.ts'
import type { ContentIntake, ContentSink } from './ports/contents.ts'
import type { Acceptance, PostPort } from './ports/post.ts'

/** What comes into a store: contents, and what a `250` acknowledges. On any thread. */
export class StoreIntake implements ContentIntake, PostPort {
  readonly #folder: DataFolder
  readonly #queue: CommitQueue
  readonly #share: SpoolShare
  readonly #room: DiskRoom

  constructor(parts: {
    readonly folder: DataFolder
    readonly queue: CommitQueue
    readonly share: SpoolShare
    readonly room: DiskRoom
  }) {
    this.#folder = parts.folder
    this.#queue = parts.queue
    this.#share = parts.share
    this.#room = parts.room
  }

  newContent(from: 'stranger' | 'own' = 'own'): ContentSink {
    return new SpoolSink(this.#folder, from === 'stranger' ? this.#share : undefined)
  }

  async accept(acceptance: Acceptance): Promise<void> {
    const ready = await this.spooled(acceptance)
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
    if (message === undefined || source?.type !== 'octets') return acceptance
    if (source.octets.length <= inlineBytes) return acceptance
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
