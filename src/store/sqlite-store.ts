import type { WaybillError } from '../base/error.ts'
import type { Log } from '../base/log.ts'
import { silent } from '../base/log.ts'
import { accountPort, actPort } from './account-port.ts'
import { CommitQueue } from './commit-queue.ts'
import type { WriterLink } from './commit-queue.ts'
import { inlineBytes } from './content-files.ts'
import { SpoolSink } from './content-sink.ts'
import type { DataFolder } from './data-folder.ts'
import { dataFolder, makeDataRoot } from './data-folder.ts'
import type { DataLock } from './data-lock.ts'
import { DiskRoom } from './disk-room.ts'
import type { DiskState } from './disk-share.ts'
import { SpoolShare, diskState, keptShare } from './disk-share.ts'
import { lockDataFolder } from './data-lock.ts'
import type { WriterSetup } from './open-writer.ts'
import type { LeaseRequest, TakeRequest } from './operations.ts'
import { messagesIn } from './operations.ts'
import type { AccountPort } from './ports/accounts.ts'
import type { ActPort } from './ports/acts.ts'
import { storeProblem } from './problems.ts'
import { openStoreReader } from './sqlite-reader.ts'
import type {
  Acceptance,
  ContentSink,
  DkimKeyRow,
  FullStore,
  PruneRequest,
  PruneResult,
  QueueItem,
  Settlement,
  StoreReader,
} from './store.ts'
import { addResults } from './write-retention.ts'
import { startWriterThread } from './writer-thread.ts'

export interface SqliteStoreOptions {
  /** The data folder; made when it is not there. */
  readonly folder: string
  /** How long a write waits for another program's lock on the database. 5,000 when absent. */
  readonly busyTimeoutMs?: number
  /**
   * Told once, when the disk or the database has failed. The store takes no more writes then; the
   * server should stop: opened again, the store recovers all that it has acknowledged.
   */
  readonly onBroken?: (error: WaybillError) => void
  /** How much of the disk strangers may make us use, in percent. 10 when absent. */
  readonly strangersPercent?: number
  /** Most octets of refused letters, all together. 64 MiB when absent. */
  readonly refusedBytes?: number
  /** The disk of the folder; asked when it is absent. */
  readonly disk?: () => DiskState
  /** Told of what whoever runs the server should know. */
  readonly log?: Log
}

export const defaultStrangersPercent = 10
export const defaultRefusedBytes: number = 64 * 1024 * 1024

/** Starts the writer somewhere; replaced by tests that want faults. */
export type StartWriter = (setup: WriterSetup) => Promise<WriterLink>

/**
 * Opens the store of a data folder, and takes the folder for this process.
 *
 * Throws `usage` when there can be no such folder, `data-in-use` when another server has it,
 * `store-broken` when the database is lost, damaged, of a newer version or of another program, and
 * `store-full` or `store-busy` as they are.
 */
export async function openSqliteStore(
  options: SqliteStoreOptions,
  startWriter: StartWriter = startWriterThread,
): Promise<FullStore> {
  const folder = dataFolder(options.folder)
  try {
    makeDataRoot(folder)
    const lock = lockDataFolder(folder)
    try {
      const busyTimeoutMs = options.busyTimeoutMs ?? 5000
      const disk = options.disk ?? (() => diskState(folder.root))
      const percent = options.strangersPercent ?? defaultStrangersPercent
      const kept = keptShare(disk(), percent)
      const strangers = {
        octets: kept,
        contentOctets: Math.min(kept, options.refusedBytes ?? defaultRefusedBytes),
      }
      const link = await startWriter({ folder: folder.root, busyTimeoutMs, strangers })
      tellUnexplained(link.unexplained, options.log ?? silent)
      const queue = new CommitQueue(link, options.onBroken ?? (() => undefined))
      const share = new SpoolShare(disk, percent, options.log)
      const room = new DiskRoom(options.log ?? silent)
      return new SqliteStore({ folder, queue, lock, share, room })
    } catch (error) {
      lock.release()
      throw error
    }
  } catch (error) {
    throw storeProblem(error) ?? error
  }
}

class SqliteStore implements FullStore {
  readonly read: StoreReader
  readonly accounts: AccountPort
  readonly acts: ActPort
  readonly #folder: DataFolder
  readonly #queue: CommitQueue
  readonly #lock: DataLock
  readonly #share: SpoolShare
  readonly #room: DiskRoom
  #closing: Promise<void> | undefined

  constructor(parts: {
    readonly folder: DataFolder
    readonly queue: CommitQueue
    readonly lock: DataLock
    readonly share: SpoolShare
    readonly room: DiskRoom
  }) {
    const { folder, queue, lock, share, room } = parts
    this.#room = room
    this.#folder = folder
    this.#queue = queue
    this.#lock = lock
    this.#share = share
    this.read = openStoreReader({ folder: folder.root })
    this.accounts = accountPort(this.read, (change) => {
      return queue.submit<'changeAccounts'>({ type: 'changeAccounts', change })
    })
    this.acts = actPort(this.read, (act) => queue.submit<'putAct'>({ type: 'putAct', act }))
  }

  newContent(from: 'stranger' | 'own' = 'own'): ContentSink {
    return new SpoolSink(this.#folder, from === 'stranger' ? this.#share : undefined)
  }

  async accept(acceptance: Acceptance): Promise<void> {
    const ready = isLong(acceptance) ? await this.#spool(acceptance) : acceptance
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

  take(request: TakeRequest): Promise<readonly QueueItem[]> {
    return this.#queue.submit<'take'>({ type: 'take', request })
  }

  removeMail(input: Parameters<FullStore['removeMail']>[0]): Promise<number> {
    return this.#queue.submit<'removeMail'>({ type: 'removeMail', ...input })
  }

  async settle(settlements: readonly Settlement[]): Promise<readonly string[]> {
    const ready: Settlement[] = []
    for (const settlement of settlements) {
      const { notification } = settlement
      if (notification === undefined || !isLong(notification)) ready.push(settlement)
      else ready.push({ ...settlement, notification: await this.#spool(notification) })
    }
    return this.#room.after(this.#queue.submit<'settle'>({ type: 'settle', settlements: ready }))
  }

  lease(request: LeaseRequest): Promise<readonly QueueItem[]> {
    return this.#queue.submit<'lease'>({ type: 'lease', request })
  }

  releaseLeases(): Promise<void> {
    return this.#queue.submit<'releaseLeases'>({ type: 'releaseLeases' })
  }

  hold(queueIds: readonly string[]): Promise<number> {
    return this.#queue.submit<'hold'>({ type: 'hold', queueIds })
  }

  release(queueIds: readonly string[], nextAttemptAt: number): Promise<number> {
    return this.#queue.submit<'release'>({ type: 'release', queueIds, nextAttemptAt })
  }

  nextDueAt(): Promise<number | undefined> {
    return this.#queue.submit<'nextDueAt'>({ type: 'nextDueAt' })
  }

  putDkimKey(key: DkimKeyRow): Promise<void> {
    return this.#queue.submit<'putDkimKey'>({ type: 'putDkimKey', key })
  }

  async prune(
    request: PruneRequest,
    pause?: () => Promise<'go-on' | 'enough'>,
  ): Promise<PruneResult> {
    let all: PruneResult = { journeys: 0, messages: 0, contents: 0, facts: 0 }
    for (;;) {
      const { removed, more } = await this.#queue.submit<'prune'>({ type: 'prune', request })
      all = addResults(all, removed)
      if (!more || (await pause?.()) === 'enough') return all
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    await this.#queue.drain()
    // The writer closes last: the last connection writes the log back and removes it.
    this.read.close()
    await this.#queue.end()
    this.#lock.release()
  }

  /** Octets too long for the database go to a file first, like those of a message that came in. */
  async #spool(acceptance: Acceptance): Promise<Acceptance> {
    const { message } = acceptance
    if (message?.content.source.type !== 'octets') return acceptance
    const sink = this.newContent()
    try {
      await sink.push(message.content.source.octets)
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

function tellUnexplained(paths: readonly string[], log: Log): void {
  if (paths.length === 0) return
  const problem = 'files that nothing in the database explains; they are left alone'
  const fields = { problem, count: paths.length, first: paths[0], see: 'waybill verify-store' }
  log({ level: 'warning', event: 'store', fields })
}

function isLong({ message }: Acceptance): boolean {
  const source = message?.content.source
  return source?.type === 'octets' && source.octets.length > inlineBytes
}
