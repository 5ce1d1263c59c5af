import type { ContentFiles } from './content-files.ts'
import type { Database, Row, Value } from './database.ts'

/** A point within a transaction that its side notes can go back to. */
export interface Mark {
  readonly facts: number
  readonly contents: number
  readonly spooled: number
}

/**
 * One transaction under way: the database, and what has to happen beside it after the commit.
 * Files are placed before the commit and removed after it, so that at every instant each row that
 * is on disk has its file.
 */
export class Transaction {
  readonly database: Database
  readonly files: ContentFiles
  /** Facts that are known to be stored: from hash to the time up to which they are marked. */
  readonly #knownFacts: ReadonlyMap<string, number>
  /** Facts stored by this transaction. */
  readonly newFacts: { readonly hash: string; readonly usedMs: number }[] = []
  /** Contents whose rows this transaction removed, and which lie in files. */
  readonly removedContents: string[] = []
  /** Spool files whose octets are in the database now. */
  readonly usedSpooled: string[] = []
  /** True when facts were removed: what was known about them is void. */
  factsRemoved = false

  constructor(database: Database, files: ContentFiles, knownFacts: ReadonlyMap<string, number>) {
    this.database = database
    this.files = files
    this.#knownFacts = knownFacts
  }

  /** Whether a fact is stored and marked as used up to that time. No means: perhaps. */
  knowsFact(hash: string, usedMs: number): boolean {
    return !this.factsRemoved && (this.#knownFacts.get(hash) ?? -1) >= usedMs
  }

  run(sql: string, ...values: Value[]): { readonly changes: number; readonly lastKey: number } {
    return this.database.run(sql, ...values)
  }

  get(sql: string, ...values: Value[]): Row | undefined {
    return this.database.get(sql, ...values)
  }

  all(sql: string, ...values: Value[]): Row[] {
    return this.database.all(sql, ...values)
  }

  mark(): Mark {
    return {
      facts: this.newFacts.length,
      contents: this.removedContents.length,
      spooled: this.usedSpooled.length,
    }
  }

  backTo(mark: Mark): void {
    this.newFacts.length = mark.facts
    this.removedContents.length = mark.contents
    this.usedSpooled.length = mark.spooled
  }
}
