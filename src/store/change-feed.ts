import type {
  Change,
  ChangePage,
  ChangePageQuery,
  ChangesQuery,
  ChangeType,
  Changes,
  Gap,
} from './ports/changes.ts'

/** Changes that wait in memory for one reader, at most; the others wait in the store. */
const maxFresh = 500
/** Of so many commits it is read at one time. */
const commitsAtOnce = 200

export interface ChangeFeedParts {
  readonly read: (query: ChangePageQuery) => Promise<ChangePage>
  /** The number of the last change that was committed; at least of all that anybody was told. */
  readonly last: () => number
  /**
   * Told which kinds somebody wants to hear of, each time that these become others. `heard` is to be
   * called, in the order of the calls, with the number of the last change before they are pushed.
   */
  readonly want: (types: readonly ChangeType[], heard: (last: number) => void) => void
}

/** All who read the changes of one store: what is committed is pushed here and goes to each. */
export class ChangeFeed {
  readonly #parts: ChangeFeedParts
  readonly #readers = new Set<Reader>()
  #wanted: readonly ChangeType[] = []
  /** Whether all that is wanted is pushed by now. */
  #heard = true
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
    const last = this.#parts.last()
    const reader = new Reader(query, last)
    if (this.#closed) reader.end('at-once')
    else this.#readers.add(reader)
    this.#tellWanted()
    if (this.#heard) reader.heard(last)
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
    if (types.join() === this.#wanted.join()) return
    this.#wanted = types
    this.#heard = false
    this.#parts.want(types, (last) => {
      // Others are wanted by now, and that is on its way.
      if (this.#wanted !== types) return
      this.#heard = true
      for (const reader of this.#readers) reader.heard(last)
    })
  }
}

const allTypes: readonly ChangeType[] = [
  'journey',
  'queue',
  'mailbox',
  'key',
  'account',
  'act',
  'register',
]

/** From where a reader is told. */
type Place =
  /** What is committed now is not pushed yet, or not all of it. */
  | { readonly at: 'door' }
  /** All up to this number was told, and the store tells what is behind it. */
  | { readonly at: 'store'; readonly after: number }
  /** What was pushed is all that was not told. */
  | { readonly at: 'push' }

/**
 * One who reads. What is pushed waits in memory, as long as it is not too much; who falls behind
 * reads from the store, until that has nothing more than what was pushed meanwhile. Who wants what
 * nobody wanted before begins when the writer has heard of it, and what was committed until then is
 * read from the store.
 */
class Reader {
  readonly types: ReadonlySet<ChangeType>
  /** Where it goes on from; absent: behind the last change at its beginning. */
  readonly #after: number | undefined
  /** The last change at its beginning. */
  readonly #last: number
  #place: Place = { at: 'door' }
  #fresh: Change[] = []
  #ended = false
  #wake: (() => void) | undefined

  constructor({ after, only = allTypes }: ChangesQuery, last: number) {
    this.types = new Set(only)
    this.#after = after
    this.#last = last
  }

  /** From now on all is pushed that was committed behind this number. */
  heard(last: number): void {
    if (this.#place.at !== 'door') return
    const missed = this.#after !== undefined || last > this.#last
    this.#place = missed ? { at: 'store', after: this.#after ?? this.#last } : { at: 'push' }
    this.#wake?.()
  }

  push(changes: readonly Change[]): void {
    if (this.#place.at === 'door') return
    const wanted = changes.filter(({ type, number }) => this.types.has(type) && number > this.#last)
    if (wanted.length === 0) return
    this.#fresh.push(...wanted)
    const [first] = this.#fresh
    if (first !== undefined && this.#fresh.length > maxFresh) {
      const { at } = this.#place
      const after = at === 'store' ? this.#place.after : first.number - 1
      this.#place = { at: 'store', after }
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
      const place = this.#place
      const fresh = place.at === 'push' ? this.#fresh.shift() : undefined
      if (fresh !== undefined) yield fresh
      else if (this.#ended) return undefined
      else if (place.at === 'store') yield* this.#fromStore(place, read)
      else await this.#woken()
    }
  }

  async *#fromStore(
    place: Extract<Place, { readonly at: 'store' }>,
    read: ChangeFeedParts['read'],
  ): AsyncGenerator<Change | Gap> {
    this.#fresh = []
    const { after } = place
    const { forgotten, changes, through, more } = await read({ after, limit: commitsAtOnce })
    if (forgotten !== undefined) yield { type: 'gap', number: forgotten }
    for (const change of changes) if (this.types.has(change.type)) yield change
    // Another place: what was pushed since was too much, and is not in `#fresh`.
    if (more || this.#place !== place) {
      this.#place = { at: 'store', after: through }
    } else {
      this.#place = { at: 'push' }
      this.#fresh = this.#fresh.filter(({ number }) => number > through)
    }
  }

  #woken(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = () => {
        this.#wake = undefined
        resolve()
      }
    })
  }
}
