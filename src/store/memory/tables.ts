import type { StoredAccount, StoredAlias, StoredDomain } from '../ports/accounts.ts'
import type { Act } from '../ports/acts.ts'
import type { Change, ChangeFact } from '../ports/changes.ts'
import type { ApiKey, SecondFactor } from '../ports/credentials.ts'
import type { DkimKeyRow } from '../ports/keys.ts'
import type { MailboxRow, StoredMailbox } from '../ports/mailboxes.ts'
import type { JourneyRecipient, NewJourney } from '../ports/post.ts'
import type { NewReceipt } from '../ports/receipts.ts'
import type { QueueItem } from '../ports/queue.ts'
import type { RegisterEntry } from '../ports/register.ts'

export interface MemoryMessage {
  readonly id: string
  readonly sha256: string
  readonly size: number
  readonly prefix: Uint8Array
  readonly omit: readonly (readonly [start: number, end: number])[]
}

export interface MemoryQueueRow {
  readonly key: number
  readonly item: QueueItem
  readonly lease: { readonly owner: string; readonly until: number } | undefined
}

export interface MemoryJourney {
  readonly key: number
  readonly journey: NewJourney
  readonly appended: readonly string[]
  /** By address. */
  readonly recipients: ReadonlyMap<string, JourneyRecipient>
  readonly writtenAt: number
}

export interface MemoryMailbox
  extends Omit<StoredMailbox, 'account' | 'messages' | 'unseen' | 'octets'> {
  /** Its id. */
  readonly account: number
}

export interface MemoryExpunged {
  readonly mailbox: number
  readonly uid: number
  readonly modseq: number
}

export interface MemoryItem extends Omit<MailboxRow, 'account' | 'mailbox' | 'role'> {
  readonly changed: boolean
}

/** What the store in memory holds. Rows are replaced, never changed. */
export interface MemoryTables {
  /** By hash. */
  readonly contents: Map<string, Uint8Array>
  readonly messages: Map<string, MemoryMessage>
  /** By id in lower case. */
  readonly journeys: Map<string, MemoryJourney>
  readonly facts: Map<string, { readonly json: string; readonly usedMs: number }>
  readonly queue: Map<string, MemoryQueueRow>
  /** By address in lower case, as are the aliases; domains by name. */
  readonly accounts: Map<string, StoredAccount>
  readonly aliases: Map<string, StoredAlias>
  readonly domains: Map<string, StoredDomain>
  readonly acts: Map<number, Act>
  /** By who asked and their key. */
  readonly receipts: Map<string, NewReceipt>
  /** By kind and key. */
  readonly register: Map<string, RegisterEntry>
  readonly mailboxes: Map<number, MemoryMailbox>
  /** By their mailbox and uid. */
  readonly items: Map<string, MemoryItem>
  /** By the same. */
  readonly expunged: Map<string, MemoryExpunged>
  readonly dkimKeys: Map<string, DkimKeyRow>
  /** By their ids. */
  readonly apiKeys: Map<string, ApiKey>
  /** By who has them, in lower case. */
  readonly secondFactors: Map<string, SecondFactor>
  /** Those of one commit, by the number of the last of them. */
  readonly changes: Map<number, readonly Change[]>
}

export function emptyTables(): MemoryTables {
  return {
    contents: new Map(),
    messages: new Map(),
    journeys: new Map(),
    facts: new Map(),
    queue: new Map(),
    accounts: new Map(),
    aliases: new Map(),
    domains: new Map(),
    acts: new Map(),
    receipts: new Map(),
    register: new Map(),
    mailboxes: new Map(),
    items: new Map(),
    expunged: new Map(),
    dkimKeys: new Map(),
    apiKeys: new Map(),
    secondFactors: new Map(),
    changes: new Map(),
  }
}

/** Under what a receipt is kept, or an entry of the register. */
export function pairName(one: string, other: string): string {
  return JSON.stringify([one, other])
}

/** As SQLite compares without case: letters of ASCII only. */
export function lower(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => letter.toLowerCase())
}

/** The tables with the transaction that changes them. */
export interface MemoryWork {
  readonly tables: MemoryTables
  readonly undo: UndoLog
}

/** Transactions over maps: remembers how to take each change back. */
export class UndoLog {
  readonly #beforeChange: () => void
  #undo: (() => void)[] = []
  #told: ChangeFact[] = []
  #lastKey = 0

  constructor(beforeChange: () => void) {
    this.#beforeChange = beforeChange
  }

  /** A number greater than all before it. */
  nextKey(): number {
    this.#lastKey++
    return this.#lastKey
  }

  /** See `Transaction.tell`. */
  tell(fact: ChangeFact): void {
    this.#told.push(fact)
  }

  /** What was told since the transaction began. */
  get told(): readonly ChangeFact[] {
    return this.#told
  }

  set<K, V>(table: Map<K, V>, key: K, value: V): void {
    this.#beforeChange()
    const before = table.get(key)
    this.#undo.push(() => {
      if (before === undefined) table.delete(key)
      else table.set(key, before)
    })
    table.set(key, value)
  }

  delete<K, V>(table: Map<K, V>, key: K): void {
    this.#beforeChange()
    const before = table.get(key)
    if (before === undefined) return
    this.#undo.push(() => table.set(key, before))
    table.delete(key)
  }

  /** Carries `change` out; when it throws, nothing of it stays. */
  atomically<T>(change: () => T): T {
    this.#undo = []
    this.#told = []
    try {
      return change()
    } catch (error) {
      for (const undo of this.#undo.reverse()) undo()
      throw error
    }
  }
}
