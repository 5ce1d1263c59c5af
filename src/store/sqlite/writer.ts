import type { WaybillError } from '../../base/error.ts'
import type { ContentFiles } from './content-files.ts'
import { type Database, integer } from './database.ts'
import type { FolderWatch } from './folder-watch.ts'
import { type Problem, problemOf } from '../../base/error-data.ts'
import { messagesOf, type Operation, type Outcome } from '../operations.ts'
import { endsKnownTo } from './journey-ends.ts'
import { type KnownFact, Transaction, writeCounts } from './transaction.ts'
import { storeBroken, storeProblem } from '../problems.ts'
import { attempt, type DoOne, perform } from './perform.ts'
import type { Change } from '../ports/changes.ts'
import { hashOctets } from './rows.ts'
import type { StrangerLimits } from '../strangers.ts'
import { lastChange, writeChanges } from './write-changes.ts'
import { forgetLeaving, leavingContents } from './write-retention.ts'

/** Frames in the log that are worth a checkpoint: 16 MiB, written back after the reply has left. */
const checkpointFrames = 4096
const maxKnownFacts = 20_000

/**
 * The one writer: many operations, one transaction, one fsync. Synchronous, so it lives on a thread
 * of its own. After an I/O error or a failed fsync it is broken and stays so.
 */
export class Writer {
  readonly #database: Database
  readonly #files: ContentFiles
  readonly #watch: FolderWatch
  readonly #strangers: StrangerLimits
  readonly #knownFacts = new Map<string, KnownFact>()
  readonly #changesKept: number
  #endsTo: number
  #lastChange: number
  /** Committed, and not taken yet by whoever tells of it. */
  #changes: Change[] = []
  #broken: WaybillError | undefined
  #full = false
  /** Contents whose files have gone after their rows: they need not be remembered any more. */
  #left: string[] = []

  constructor(parts: {
    readonly database: Database
    readonly files: ContentFiles
    readonly watch: FolderWatch
    readonly strangers: StrangerLimits
    readonly changesKept: number
  }) {
    this.#database = parts.database
    this.#files = parts.files
    this.#watch = parts.watch
    this.#strangers = parts.strangers
    this.#changesKept = parts.changesKept
    this.#endsTo = endsKnownTo(parts.database)
    this.#lastChange = lastChange(parts.database)
  }

  get broken(): WaybillError | undefined {
    return this.#broken
  }

  /** The number of the last change that was committed. */
  get lastChange(): number {
    return this.#lastChange
  }

  /**
   * Carries the operations out, in order, and commits. One that fails by its own fault leaves no
   * trace and the others stand. All outcomes are durable when this returns.
   */
  run(operations: readonly Operation[]): readonly Outcome[] {
    const outcomes =
      this.#commit(operations, perform) ??
      this.#commit(operations, attempt) ??
      operations.map((operation) => this.#alone(operation))
    if (this.#broken === undefined) {
      for (const [i, operation] of operations.entries()) {
        if (outcomes[i]?.ok !== true) this.#discard(operation)
      }
    }
    return outcomes
  }

  /** What was committed since the last call. */
  takeChanges(): readonly Change[] {
    const changes = this.#changes
    if (changes.length > 0) this.#changes = []
    return changes
  }

  /**
   * Writes the log back into the database when it has grown. To be called after the outcomes have
   * been told, because it takes some milliseconds. Nothing that is committed depends on it. On a
   * full disk it is what makes room: the log starts anew in the space that it has.
   */
  checkpoint(): void {
    if (this.#broken !== undefined) return
    try {
      const state = this.#database.get('PRAGMA wal_checkpoint(NOOP)') ?? {}
      const frames = integer(state, 'log') - integer(state, 'checkpointed')
      if (frames < checkpointFrames && !this.#full) return
      const full = this.#full
      this.#full = false
      this.#database.get('PRAGMA wal_checkpoint(PASSIVE)')
      if (full) this.#makeRoom()
    } catch (error) {
      // No room or a lock: the log keeps everything and the next checkpoint tries again.
      const problem = storeProblem(error) ?? storeBroken(error)
      if (problem.code === 'store-broken') this.#broken = problem
    }
  }

  /** Mail goes before what is kept of strangers: some of that goes for each time there is no room. */
  #makeRoom(): void {
    const { octets } = this.#strangers
    const request = { journeysBefore: -Infinity, strangers: { octets, contentOctets: 0 } }
    this.#commit([{ type: 'prune', request }], perform)
    this.#full = false
  }

  close(): void {
    this.#database.close()
  }

  #alone(operation: Operation): Outcome {
    const [outcome] = this.#commit([operation], attempt) ?? []
    if (outcome === undefined) throw new Error('Writer: an operation without outcome')
    return outcome
  }

  /**
   * One transaction. `undefined` when it was lost for one operation, and another way may save the
   * others. First all are done without a savepoint: savepoints cost a copy of each page that an
   * operation touches, a third of the time. Only when one fails it is done again with savepoints;
   * and when SQLite gives the whole transaction up (a full disk), each goes by itself.
   */
  #commit(operations: readonly Operation[], doOne: DoOne): readonly Outcome[] | undefined {
    if (this.#broken !== undefined) return failed(operations, problemOf(this.#broken))
    const transaction = new Transaction({
      database: this.#database,
      files: this.#files,
      strangers: this.#strangers,
      knownFacts: this.#knownFacts,
      endsTo: this.#endsTo,
    })
    let begun = false
    try {
      this.#database.exec('BEGIN IMMEDIATE')
      begun = true
      for (const sha256 of this.#left) forgetLeaving(transaction, sha256)
      const outcomes = operations.map((operation) => doOne(transaction, operation))
      writeCounts(transaction)
      const log = { last: this.#lastChange, kept: this.#changesKept }
      const changes = writeChanges(transaction, log)
      this.#files.sync()
      this.#database.exec('COMMIT')
      // Written into files that are removed, it would be lost although nothing has failed.
      const gone = this.#watch()
      if (gone !== undefined) throw gone
      this.#left = []
      this.#lastChange += changes.length
      this.#changes.push(...changes)
      if (transaction.endsChanged) this.#endsTo = endsKnownTo(this.#database)
      this.#afterCommit(transaction)
      return outcomes
    } catch (error) {
      const problem = this.#rollBack(storeProblem(error))
      if (problem?.code === 'store-full') this.#full = true
      if (problem?.code === 'store-broken') this.#broken = problem
      else if (begun && (operations.length > 1 || doOne === perform)) return undefined
      return failed(operations, problemOf(problem ?? error))
    }
  }

  #rollBack(problem: WaybillError | undefined): WaybillError | undefined {
    try {
      if (this.#database.inTransaction) this.#database.exec('ROLLBACK')
      return problem
    } catch (error) {
      return storeBroken(error)
    }
  }

  #afterCommit(transaction: Transaction): void {
    if (transaction.factsRemoved || this.#knownFacts.size > maxKnownFacts) this.#knownFacts.clear()
    if (!transaction.factsRemoved) {
      for (const { hash, ...known } of transaction.newFacts) this.#knownFacts.set(hash, known)
    }
    for (const sha256 of transaction.removedContents) {
      // Equal content may have come back within the same transaction.
      this.#quietly(() => {
        if (this.isReferred(sha256)) return
        this.#files.remove(sha256)
        this.#left.push(sha256)
      })
    }
    for (const path of transaction.usedSpooled) {
      this.#quietly(() => this.#files.removeSpooled(path))
    }
  }

  /** The files of an operation that failed: taken over, so ours to remove. */
  #discard(operation: Operation): void {
    for (const { content } of messagesOf(operation)) {
      const { source, sha256 } = content
      if (source.type !== 'file') continue
      this.#quietly(() => {
        if (!this.isReferred(sha256)) this.#files.takeBack(source.path, sha256)
        this.#files.removeSpooled(source.path)
      })
    }
  }

  /** Whether a row says that this content lies in a file. */
  isReferred(sha256: string): boolean {
    if (!/^[0-9a-f]{64}$/.test(sha256)) return false
    const sql = 'SELECT 1 FROM content WHERE sha256 = ? AND octets IS NULL'
    return this.#database.get(sql, hashOctets(sha256)) !== undefined
  }

  /** Removes what a crash left. @returns the paths of files that nothing explains, and that stay */
  sweep(): readonly string[] {
    const leaving = new Set(leavingContents(this.#database))
    const unexplained = this.#files.sweep({
      isReferred: (sha256) => this.isReferred(sha256),
      mayGo: (sha256) => leaving.has(sha256),
    })
    this.#left = Array.from(leaving)
    return unexplained
  }

  /** A file too many does no harm and goes at the next start. */
  #quietly(remove: () => void): void {
    try {
      remove()
    } catch {
      // See above; whether the disk works is decided where it matters.
    }
  }
}

function failed(operations: readonly Operation[], problem: Problem): readonly Outcome[] {
  const outcome: Outcome = { ok: false, problem }
  return operations.map(() => outcome)
}
