import { MessageChannel } from 'node:worker_threads'
import type { WaybillError } from '../../base/error.ts'
import { type Log, silent } from '../../base/log.ts'
import { ChangeFeed } from '../change-feed.ts'
import { CommitQueue, type WriterLink } from './commit-queue.ts'
import { filesOf, spoolMark } from './content-files.ts'
import { type DataFolder, dataFolder, makeDataRoot } from '../data-folder.ts'
import { type DataLock, lockDataFolder } from './data-lock.ts'
import { DiskRoom, StoreIntake } from './store-intake.ts'
import {
  type DiskState,
  SpoolCount,
  SpoolShare,
  diskState,
  keptShare,
  newSpoolSlots,
} from './disk-share.ts'
import type { WriterSetup } from './open-writer.ts'
import type { AccountPort } from '../ports/accounts.ts'
import type { ActPort } from '../ports/acts.ts'
import type { ApiKeyPort, SecondFactorPort } from '../ports/credentials.ts'
import type { ReceiptPort } from '../ports/receipts.ts'
import type { RegisterPort } from '../ports/register.ts'
import type { ContentIntake, MessagePort } from '../ports/contents.ts'
import type { JourneyPort } from '../ports/journeys.ts'
import type { KeyPort } from '../ports/keys.ts'
import type { MailboxPort } from '../ports/mailboxes.ts'
import type { PostPort } from '../ports/post.ts'
import type { QueuePort, Settlement } from '../ports/queue.ts'
import type { PruneRequest, PruneResult, Retention } from '../ports/retention.ts'
import type { Store } from '../ports/store.ts'
import { storeProblem } from '../problems.ts'
import { type Reading, readOnThread, type StartReading } from './reading.ts'
import { readPorts } from '../reads.ts'
import type { StoreDoor } from './store-door.ts'
import { defaultChangesKept } from '../change-notes.ts'
import { addResults } from './write-retention.ts'
import { writingPorts } from '../writing-ports.ts'
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
  /** How many changes are remembered for who reads them later. 5,000 when absent. */
  readonly changesKept?: number
  /** The disk of the folder; asked when it is absent. */
  readonly disk?: () => DiskState
  /** Told of what whoever runs the server should know. */
  readonly log?: Log
}

const defaultStrangersPercent = 10
const defaultRefusedBytes: number = 64 * 1024 * 1024

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
  startReading: StartReading = readOnThread(),
): Promise<SharedStore> {
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
      const { changesKept = defaultChangesKept } = options
      const setup = { folder: folder.root, busyTimeoutMs, strangers, changesKept }
      const link = await startWriter(setup)
      const log = options.log ?? silent
      tellUnexplained(link.unexplained, log)
      const reads = startReading({ folder: folder.root, busyTimeoutMs }, log)
      const feed = new ChangeFeed({
        read: (query) => reads.ask('changes', query),
        last: () => link.lastChange(),
        want: (types, heard) => link.watch(types, heard),
      })
      const queue = new CommitQueue(link, {
        onBroken: options.onBroken ?? (() => undefined),
        onChanges: (changes) => feed.push(changes),
      })
      const spool = newSpoolSlots(1 + mostDoors)
      const share = new SpoolShare(disk, percent, options.log, new SpoolCount(spool, 0))
      const room = new DiskRoom(log)
      const parts = { folder, link, queue, lock, share, spool, room, reads, feed }
      return new SqliteStore({ ...parts, strangersPercent: percent })
    } catch (error) {
      lock.release()
      throw error
    }
  } catch (error) {
    throw storeProblem(error) ?? error
  }
}

/** A store that other threads can put down in too. */
export interface SharedStore extends Store {
  /**
   * A way in for one of at most `mostDoors` threads, numbered from 1; until it is closed at the other
   * end, or its thread is lost.
   *
   * @throws Error where the writer has no thread of its own
   */
  door(thread: number): StoreDoor
  /**
   * The thread that had this door is gone without having closed it. What it took of the strangers'
   * share is given back, and the files that it was writing are removed.
   */
  lost(thread: number): void
}

/** Threads beside the one that opened the store. */
const mostDoors = 64

class SqliteStore implements SharedStore {
  readonly post: PostPort
  readonly contents: ContentIntake
  readonly messages: MessagePort
  readonly queue: QueuePort
  readonly mailboxes: MailboxPort
  readonly journeys: JourneyPort
  readonly accounts: AccountPort
  readonly keys: KeyPort
  readonly acts: ActPort
  readonly apiKeys: ApiKeyPort
  readonly secondFactors: SecondFactorPort
  readonly receipts: ReceiptPort
  readonly register: RegisterPort
  readonly retention: Retention
  readonly counts: Store['counts']
  readonly changes: Store['changes']
  readonly changesBehind: Store['changesBehind']
  readonly #folder: DataFolder
  readonly #queue: CommitQueue
  readonly #lock: DataLock
  readonly #room: DiskRoom
  readonly #reads: Reading
  readonly #feed: ChangeFeed
  readonly #intake: StoreIntake
  readonly #link: WriterLink
  readonly #strangersPercent: number
  /** Octets that long letters of strangers take of the disk, by thread; ours comes first. */
  readonly #spool: SharedArrayBuffer
  /** By thread, how its files in the spool begin. */
  readonly #doors = new Map<number, string>()
  #opened = 0
  #closing: Promise<void> | undefined

  constructor(parts: {
    readonly folder: DataFolder
    readonly link: WriterLink
    readonly queue: CommitQueue
    readonly lock: DataLock
    readonly share: SpoolShare
    readonly spool: SharedArrayBuffer
    readonly strangersPercent: number
    readonly room: DiskRoom
    readonly reads: Reading
    readonly feed: ChangeFeed
  }) {
    const { folder, queue, lock, share, room, reads, feed } = parts
    this.#room = room
    this.#folder = folder
    this.#queue = queue
    this.#lock = lock
    this.#link = parts.link
    this.#spool = parts.spool
    this.#strangersPercent = parts.strangersPercent
    this.#reads = reads
    this.#intake = new StoreIntake({ folder, queue, share, room, mark: spoolMark(0) })
    this.post = this.#intake
    this.contents = this.#intake
    this.retention = { prune: (request, pause) => this.#prune(request, pause) }
    const ports = writingPorts(
      (operation) => queue.submit(operation),
      readPorts(reads.ask, filesOf(folder)),
      {
        settle: (settlements) => this.#settle(settlements),
      },
    )
    this.messages = ports.messages
    this.queue = ports.queue
    this.mailboxes = ports.mailboxes
    this.journeys = ports.journeys
    this.accounts = ports.accounts
    this.keys = ports.keys
    this.acts = ports.acts
    this.apiKeys = ports.apiKeys
    this.secondFactors = ports.secondFactors
    this.receipts = ports.receipts
    this.register = ports.register
    this.counts = ports.counts
    this.#feed = feed
    this.changes = (query) => feed.changes(query)
    this.changesBehind = ports.changesBehind
  }

  door(thread: number): StoreDoor {
    const { doors } = this.#link
    if (doors === undefined) throw new Error('Store: the writer has no thread of its own')
    const { port1: writer, port2 } = new MessageChannel()
    const mark = spoolMark(++this.#opened)
    this.#doors.set(thread, mark)
    doors.open(port2, mark)
    const spool = { slots: this.#spool, mine: thread, mark }
    return { writer, folder: this.#folder.root, strangersPercent: this.#strangersPercent, spool }
  }

  lost(thread: number): void {
    const mark = this.#doors.get(thread)
    if (mark === undefined) return
    this.#doors.delete(thread)
    new SpoolCount(this.#spool, thread).forget(thread)
    this.#link.doors?.lost(mark)
  }

  async #settle(settlements: readonly Settlement[]): Promise<readonly string[]> {
    const ready = await this.#spooled(settlements)
    return this.#room.after(this.#queue.submit<'settle'>({ type: 'settle', settlements: ready }))
  }

  async #prune(
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
    this.#feed.close()
    // The writer closes last: the last connection writes the log back and removes it.
    await this.#reads.close()
    await this.#queue.end()
    this.#lock.release()
  }

  async #spooled(settlements: readonly Settlement[]): Promise<readonly Settlement[]> {
    const ready: Settlement[] = []
    for (const one of settlements) {
      const { notification } = one
      if (notification === undefined) ready.push(one)
      else ready.push({ ...one, notification: await this.#intake.spooled(notification) })
    }
    return ready
  }
}

function tellUnexplained(paths: readonly string[], log: Log): void {
  if (paths.length === 0) return
  const problem = 'files that nothing in the database explains; they are left alone'
  const fields = { problem, count: paths.length, first: paths[0], see: 'waybill verify-store' }
  log({ level: 'warning', event: 'store', fields })
}
