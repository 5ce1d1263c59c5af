import { rowOf } from '../../store/ports/journeys.ts'
import { type Database, integer, text } from '../../store/sqlite/database.ts'
import { where } from '../../store/sqlite/search-terms.ts'
import { fits } from '../fits.ts'
import type { Query } from '../query.ts'
import { type FoundMessages, scanLimit, type SearchPage } from '../scan.ts'
import { indexConditions, isIndexed } from './conditions.ts'
import { documentOf, type FollowedStore } from './follower.ts'
import { type IndexState, stateOf } from './index-file.ts'

/** Journeys that changed since the index was written: at most so many are looked at by themselves. */
const mostPending = 200
const commitsAtOnce = 100

interface Hit {
  readonly place: number
  readonly id: string
}

/**
 * What a query finds with the index. It is what is there now: journeys that changed since the index was
 * written are looked at by themselves.
 *
 * @returns `undefined` when the index is too far behind, or cannot tell: then messages are read one by one
 */
export async function answerFromIndex(
  database: Database,
  store: FollowedStore,
  query: Query,
  page: SearchPage,
): Promise<FoundMessages | undefined> {
  const state = isIndexed(query) ? stateOf(database) : undefined
  const pending = state && pendingSince(store, state.cursor)
  if (state === undefined || pending === undefined || hasTooFew(database, state)) return undefined
  const { floor } = state
  const before = beforePlace(store, page)
  const found = hitsIn(database, query, { floor, before, limit: page.limit + pending.length })
  const ids = new Set(pending)
  const hits = found.filter(({ id }) => !ids.has(id))
  for (const { place, id } of store.reads.journeyMarks({ ids: pending })) {
    if (place >= before) continue
    const document = await documentOf(store.ports, id)
    if (document !== undefined && fits(document, query)) hits.push({ place, id })
  }
  hits.sort((a, b) => b.place - a.place)
  const listed = await store.ports.journeys.listed(hits.slice(0, page.limit).map(({ id }) => id))
  const rows = listed.map(rowOf)
  if (floor === 0 || hits.length >= page.limit) return { rows, searchedAll: true }
  return { rows, searchedAll: false, ...searchedUntil(database, floor) }
}

/** Ids of journeys that came, changed or went behind a change; `undefined`: of too many, or it is not known. */
function pendingSince({ reads }: FollowedStore, cursor: number): readonly string[] | undefined {
  const ids = new Set<string>()
  for (let after = cursor, more = true; more; ) {
    const page = reads.changes({ after, limit: commitsAtOnce })
    if (page.forgotten !== undefined) return undefined
    for (const change of page.changes) if (change.type === 'journey') ids.add(change.id)
    if (ids.size > mostPending) return undefined
    after = page.through
    more = page.more
  }
  return Array.from(ids)
}

/** Whether more is seen by reading messages one by one than stands in an index that is just begun. */
function hasTooFew(database: Database, { floor }: IndexState): boolean {
  if (floor === 0) return false
  const row = database.get('SELECT count(*) AS n FROM journey WHERE key >= ?', floor)
  return integer(row ?? {}, 'n') < scanLimit
}

/** As the store pages: behind a journey that has gone there is nothing. */
function beforePlace({ reads }: FollowedStore, { behind }: SearchPage): number {
  if (behind === undefined) return Number.MAX_SAFE_INTEGER
  return reads.journeyMarks({ ids: [behind] })[0]?.place ?? 0
}

function hitsIn(
  database: Database,
  query: Query,
  {
    floor,
    before,
    limit,
  }: { readonly floor: number; readonly before: number; readonly limit: number },
): Hit[] {
  const { match, conditions } = indexConditions(query)
  const places = { sql: ['journey.key >= ?', 'journey.key < ?'], values: [floor, before] }
  const all = [...places.sql, ...conditions.sql]
  const values = [...places.values, ...conditions.values]
  // By the words first: CROSS JOIN keeps this order, and rows come in the order of their places.
  const rows =
    match === undefined
      ? database.all(
          `SELECT key, id FROM journey ${where({ sql: all })} ORDER BY key DESC LIMIT ?`,
          ...values,
          limit,
        )
      : database.all(
          `SELECT journey.key, journey.id FROM words CROSS JOIN journey ON journey.key = words.rowid
            ${where({ sql: ['words MATCH ?', 'words.rowid < ?', ...all] })}
            ORDER BY words.rowid DESC LIMIT ?`,
          match,
          before,
          ...values,
          limit,
        )
  return rows.map((row) => ({ place: integer(row, 'key'), id: text(row, 'id') }))
}

function searchedUntil(database: Database, floor: number): { readonly searchedUntil?: number } {
  const row = database.get(
    'SELECT started_ms FROM journey WHERE key >= ? ORDER BY key LIMIT 1',
    floor,
  )
  return row === undefined ? {} : { searchedUntil: integer(row, 'started_ms') }
}
