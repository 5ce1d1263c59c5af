import type { Database } from '../../store/sqlite/database.ts'
import { atomically, integer } from '../../store/sqlite/database.ts'
import type { JourneyMark } from '../../store/sqlite/journey-marks.ts'
import type { SqliteReads } from '../../store/sqlite/sqlite-reader.ts'
import type { ReadPorts } from '../../store/reads.ts'
import { type Document, readDocument } from '../document.ts'
import { type Entry, knownMarks, removeEntry, tidyWords, writeEntry } from './entry.ts'
import { type IndexState, stateOf, writeState } from './index-file.ts'

/** What the index is kept of. */
export interface FollowedStore {
  readonly reads: Pick<SqliteReads, 'changes' | 'journeyMarks'>
  readonly ports: Pick<ReadPorts, 'journeys' | 'messages'>
}

/** Of so many commits changes are taken at a time. */
const commitsAtOnce = 25
/** So many journeys are compared at a time. */
const comparedAtOnce = 500
/** So many messages are read, and then written as a whole. */
const entriesAtOnce = 25

/**
 * Keeps the index as the store is, in small steps. It follows the store's changes. Where it begins, or
 * where the store has forgotten some of them, it compares all journeys, those written last first;
 * what is there already is not read again. Each step is committed together with how far it has come,
 * so that it goes on from there whenever it was ended.
 */
export class Follower {
  readonly #database: Database
  readonly #store: FollowedStore
  readonly #tidying: { begun: boolean } = { begun: false }

  constructor(database: Database, store: FollowedStore) {
    this.#database = database
    this.#store = store
  }

  /** One step to where the store is now; `new`: letters have just come, `done`: it was there. */
  async step(): Promise<'new' | 'more' | 'done'> {
    const state = stateOf(this.#database)
    if (state === undefined) return this.#begin()
    const { cursor, floor } = state
    const page = this.#store.reads.changes({ after: cursor, limit: commitsAtOnce })
    if (page.forgotten !== undefined) return this.#begin()
    if (page.through > cursor) {
      const ids = page.changes.flatMap((change) => (change.type === 'journey' ? [change.id] : []))
      await this.#follow(ids, { cursor: page.through, floor })
      return 'new'
    }
    if (floor === 0) return 'done'
    await this.#compare(state)
    return 'more'
  }

  /** A part of removing words from the file that have gone; to be called where there is time. */
  tidy(): 'more' | 'done' {
    const row = this.#database.get('SELECT gone FROM state')
    if (row === undefined || integer(row, 'gone') === 0) return 'done'
    const more = tidyWords(this.#database, !this.#tidying.begun)
    this.#tidying.begun = more
    return more ? 'more' : 'done'
  }

  /** From the last change on it is followed; all that was before is compared. */
  #begin(): 'more' {
    const { reads } = this.#store
    const { through: cursor } = reads.changes({ after: Number.MAX_SAFE_INTEGER, limit: 1 })
    const [newest] = reads.journeyMarks({ before: Number.MAX_SAFE_INTEGER, limit: 1 })
    const database = this.#database
    const floor = (newest?.place ?? 0) + 1
    atomically(database, () => writeState(database, { cursor, floor }))
    return 'more'
  }

  /** Journeys that came, changed or went. */
  async #follow(ids: readonly string[], reached: IndexState): Promise<void> {
    const marks = this.#store.reads.journeyMarks({ ids })
    const known = knownMarks(this.#database, { ids })
    await this.#write({ marks, known }, reached)
  }

  /** The next part of those that are to be compared. */
  async #compare({ cursor, floor: before }: IndexState): Promise<void> {
    const marks = this.#store.reads.journeyMarks({ before, limit: comparedAtOnce })
    const last = marks.at(-1)
    const floor = marks.length < comparedAtOnce || last === undefined ? 0 : last.place
    const known = knownMarks(this.#database, { from: floor, before })
    await this.#write({ marks, known }, { cursor, floor })
  }

  /** Makes what is known as it is, and last of all says how far it is. */
  async #write(
    {
      marks,
      known,
    }: {
      readonly marks: readonly JourneyMark[]
      readonly known: readonly Omit<JourneyMark, 'message'>[]
    },
    reached: IndexState,
  ): Promise<void> {
    const database = this.#database
    const before = new Map(known.map((one) => [one.place, one]))
    const there = new Set(marks.map(({ place }) => place))
    const changed = marks.filter(({ place, id, mark }) => {
      const one = before.get(place)
      return one?.id !== id || one.mark !== mark
    })
    for (let at = 0; at + entriesAtOnce < changed.length; at += entriesAtOnce) {
      const entries = await this.#entries(changed.slice(at, at + entriesAtOnce))
      atomically(database, () => {
        for (const entry of entries) writeEntry(database, entry)
      })
    }
    const rest = changed.length % entriesAtOnce || Math.min(changed.length, entriesAtOnce)
    const entries = await this.#entries(changed.slice(changed.length - rest))
    atomically(database, () => {
      for (const { place } of known) if (!there.has(place)) removeEntry(database, place)
      for (const entry of entries) writeEntry(database, entry)
      writeState(database, reached)
    })
  }

  async #entries(marks: readonly JourneyMark[]): Promise<readonly Entry[]> {
    const entries: Entry[] = []
    for (const mark of marks) {
      const document = await documentOf(this.#store.ports, mark.id)
      if (document !== undefined) entries.push({ mark, document })
    }
    return entries
  }
}

/**
 * What is looked for in a journey; `undefined`: it has gone, or cannot be read at all. Of one whose
 * message is damaged all the rest is found.
 */
export async function documentOf(
  { journeys, messages }: FollowedStore['ports'],
  id: string,
): Promise<Document | undefined> {
  const [stored] = await journeys.listed([id])
  if (stored === undefined) return undefined
  try {
    return await readDocument(messages, stored)
  } catch {
    return await readDocument(undefined, stored).catch(() => undefined)
  }
}
