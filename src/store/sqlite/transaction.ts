import type { ChangeFact } from '../ports/changes.ts'
import type { StrangerLimits } from '../strangers.ts'
import type { ContentFiles } from './content-files.ts'
import type { Database, Row, Value } from './database.ts'

/** What came and what went, for the counts that are kept. */
export interface CountChange {
  readonly messages: number
  readonly queued: number
  readonly held: number
  readonly journeys: number
}

const noChange: CountChange = { messages: 0, queued: 0, held: 0, journeys: 0 }

/** Whom a fact is kept for: a journey of mail, or only what strangers left. */
export type FactUse = 'mail' | 'stranger'

/** A fact that is stored: marked as used up to that time, for mail or for strangers only. */
export interface KnownFact {
  readonly usedMs: number
  readonly keptFor: FactUse
}

/** A point within a transaction that its side notes can go back to. */
export interface Mark {
  readonly facts: number
  readonly contents: number
  readonly spooled: number
  readonly counted: CountChange
  readonly told: number
}

/**
 * One transaction under way: the database, and what has to happen beside it after the commit.
 * Files are placed before the commit and removed after it, so that at every instant each row that
 * is on disk has its file.
 */
export class Transaction {
  readonly database: Database
  readonly files: ContentFiles
  /** How much strangers may make us keep. */
  readonly strangers: StrangerLimits
  /** Facts that are known to be stored, by their hash. */
  readonly #knownFacts: ReadonlyMap<string, KnownFact>
  /** Facts stored by this transaction. */
  readonly newFacts: (KnownFact & { readonly hash: string })[] = []
  /** Contents whose rows this transaction removed, and which lie in files. */
  readonly removedContents: string[] = []
  /** Spool files whose octets are in the database now. */
  readonly usedSpooled: string[] = []
  /** What this transaction does, for the feed of changes. */
  readonly told: ChangeFact[] = []
  /** True when facts were removed: what was known about them is void. */
  factsRemoved = false
  /** The greatest key of a journey whose end is known, when the transaction began. */
  readonly endsTo: number
  /** True when it is another one now. */
  endsChanged = false
  #counted = noChange

  constructor(parts: {
    readonly database: Database
    readonly files: ContentFiles
    readonly strangers: StrangerLimits
    readonly knownFacts: ReadonlyMap<string, KnownFact>
    readonly endsTo: number
  }) {
    this.database = parts.database
    this.files = parts.files
    this.strangers = parts.strangers
    this.#knownFacts = parts.knownFacts
    this.endsTo = parts.endsTo
  }

  /** Whether a fact is stored and marked for such a use up to that time. No means: perhaps. */
  knowsFact(hash: string, { usedMs, keptFor }: KnownFact): boolean {
    const known = this.#knownFacts.get(hash)
    if (this.factsRemoved || known === undefined) return false
    return known.usedMs >= usedMs && (known.keptFor === 'mail' || keptFor === 'stranger')
  }

  /** What came and went so far. */
  get counted(): CountChange {
    return this.#counted
  }

  /** Something came, or went. */
  count(kind: keyof CountChange, change: number): void {
    this.#counted = { ...this.#counted, [kind]: this.#counted[kind] + change }
  }

  /** Something that whoever reads the feed of changes hears of after the commit. */
  tell(fact: ChangeFact): void {
    this.told.push(fact)
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
      counted: this.#counted,
      told: this.told.length,
    }
  }

  backTo(mark: Mark): void {
    this.newFacts.length = mark.facts
    this.removedContents.length = mark.contents
    this.usedSpooled.length = mark.spooled
    this.#counted = mark.counted
    this.told.length = mark.told
  }
}

/** Brings the counts up to date, once for all that the transaction does. */
export function writeCounts(transaction: Transaction): void {
  const { messages, queued, held, journeys } = transaction.counted
  if (messages === 0 && queued === 0 && held === 0 && journeys === 0) return
  transaction.run(
    `UPDATE kept_count SET messages = messages + ?, queued = queued + ?, held = held + ?,
      journeys = journeys + ?`,
    messages,
    queued,
    held,
    journeys,
  )
}
