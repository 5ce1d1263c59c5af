import type { Change, ChangesQuery, ChangeType, Changes, Gap } from './ports/changes.ts'

/** A part of what the store remembers. */
export interface ChangePage {
  /** Changes up to this number were forgotten that were asked for. */
  readonly forgotten: number | undefined
  readonly changes: readonly Change[]
  /** All that was asked for up to this number is told here. */
  readonly through: number
  /** Whether there was more behind it at that time. */
  readonly more: boolean
}

export interface ChangePageQuery {
  readonly after: number
  /** Of so many commits, at most. */
  readonly limit: number
}

/** Changes that wait in memory for one reader, at most; the others wait in the store. */
const maxFresh = 500
/** Of so many commits it is read at one time. */
const commitsAtOnce = 200

export interface ChangeFeedParts {
  readonly read: (query: ChangePageQuery) => Promise<ChangePage>
  /** Told which kinds somebody wants to hear of, each time that these become others. */
  readonly want: (types: readonly ChangeType[]) => void
}

/** All who read the changes of one store: what is committed is pushed here and goes to each. */
export class ChangeFeed {
  readonly #parts: ChangeFeedParts
  readonly #readers = new Set<Reader>()
  #wanted = ''
  #closed = false

  constructor(parts: ChangeFeedParts) {
    this.#parts = parts
  }

  /** What was committed, in order; at least all that is wanted. */
  push(changes: readonly Change[]): void {
    for (const reader of this.#readers) reader.push(changes)
  }

  /** A reader hears from this call on, not from its first `next` on. */
  changes(query: ChangesQuery = {}): Changes {
    const reader = new Reader(query)
    if (this.#closed) reader.end('at-once')
    else this.#readers.add(reader)
    this.#tellWanted()
    const told = reader.told(this.#parts.read)
    return {
      next: () => told.next(),
      return: () => {
        reader.end('at-once')
        this.#readers.delete(reader)
        this.#tellWanted()
        return told.return(undefined)
      },
      [Symbol.asyncIterator]() {
        return this
      },
    }
  }

  /** Every reader comes to its end when it has heard what it was told. */
  close(): void {
    this.#closed = true
    for (const reader of this.#readers) reader.end('soon')
    this.#readers.clear()
  }

  #tellWanted(): void {
    const wanted = new Set<ChangeType>()
    for (const { types } of this.#readers) for (const type of types) wanted.add(type)
    const types = Array.from(wanted).toSorted()
    if (types.join() === this.#wanted) return
    this.#wanted = types.join()
    this.#parts.want(types)
  }
}

const allTypes: readonly ChangeType[] = ['journey', 'queue', 'mailbox', 'key', 'account', 'act']

/**
 * One who reads. What is pushed waits in memory, as long as it is not too much; who falls behind
 * reads from the store, until that has nothing more than what was pushed meanwhile.
 */
class Reader {
  readonly types: ReadonlySet<ChangeType>
  /** All up to this number was told, and the store tells what is behind it; `undefined`: `#fresh`. */
  #behind: number | undefined
  #fresh: Change[] = []
  /** Some of what was pushed since the store was asked was too much and is not in `#fresh`. */
  #overflowed = false
  #ended = false
  #wake: (() => void) | undefined

  constructor({ after, only = allTypes }: ChangesQuery) {
    this.types = new Set(only)
    this.#behind = after
  }

  push(changes: readonly Change[]): void {
    const wanted = changes.filter(({ type }) => this.types.has(type))
    const [first] = this.#fresh.length > 0 ? this.#fresh : wanted
    if (first === undefined || wanted.length === 0) return
    this.#fresh.push(...wanted)
    if (this.#fresh.length > maxFresh) {
      this.#behind ??= first.number - 1
      this.#overflowed = true
      this.#fresh = []
    }
    this.#wake?.()
  }

  end(how: 'soon' | 'at-once'): void {
    this.#ended = true
    if (how === 'at-once') this.#fresh = []
    this.#wake?.()
  }

  async *told(read: ChangeFeedParts['read']): AsyncGenerator<Change | Gap, undefined> {
    for (;;) {
      if (this.#behind === undefined) {
        const fresh = this.#fresh.shift()
        if (fresh !== undefined) yield fresh
        else if (this.#ended) return undefined
        else await this.#pushed()
      } else if (this.#ended) {
        return undefined
      } else {
        yield* this.#fromStore(this.#behind, read)
      }
    }
  }

  #pushed(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = () => {
        this.#wake = undefined
        resolve()
      }
    })
  }

  async *#fromStore(after: number, read: ChangeFeedParts['read']): AsyncGenerator<Change | Gap> {
    this.#fresh = []
    this.#overflowed = false
    const { forgotten, changes, through, more } = await read({ after, limit: commitsAtOnce })
    if (forgotten !== undefined) yield { type: 'gap', number: forgotten }
    for (const change of changes) if (this.types.has(change.type)) yield change
    if (more || this.#overflowed) {
      this.#behind = through
    } else {
      this.#behind = undefined
      this.#fresh = this.#fresh.filter(({ number }) => number > through)
    }
  }
}
