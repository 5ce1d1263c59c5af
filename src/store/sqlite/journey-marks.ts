import { type ReadRows, type Row, integer, text } from './database.ts'

/** A journey as one knows it who keeps something beside the store. */
export interface JourneyMark {
  /** Ascends in the order of writing; never 0. */
  readonly place: number
  readonly id: string
  /** Another text as soon as its status is another, it has got steps, or its message has gone. */
  readonly mark: string
  /** Another number for another message; 0: there is none (any more). */
  readonly message: number
}

/** Which of them: by their ids, or the last ones that were written before a place. */
export type MarksQuery =
  | { readonly ids: readonly string[] }
  | { readonly before: number; readonly limit: number }

/** Marks, those written last first where no ids are given. */
export function journeyMarks(rows: ReadRows, query: MarksQuery): readonly JourneyMark[] {
  if ('ids' in query) {
    return query.ids.flatMap((id) => rows.all(`${selectMark} WHERE id = ?`, id).map(markOf))
  }
  const last = `${selectMark} WHERE key < ? ORDER BY key DESC LIMIT ?`
  return rows.all(last, query.before, query.limit).map(markOf)
}

const selectMark = `SELECT key, id, status, coalesce(message, 0) AS message,
  coalesce((SELECT max(later.key) FROM journey_steps AS later WHERE later.journey = journey.key), 0)
    AS last_steps FROM journey`

function markOf(row: Row): JourneyMark {
  const message = integer(row, 'message')
  const mark = `${text(row, 'status')} ${message} ${integer(row, 'last_steps')}`
  return { place: integer(row, 'key'), id: text(row, 'id'), mark, message }
}
