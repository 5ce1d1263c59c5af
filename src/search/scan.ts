import type { JourneyRow } from '../store/ports/journeys.ts'
import type { ReadPorts } from '../store/reads.ts'
import { readDocument } from './document.ts'
import { asksForText, fits } from './fits.ts'
import type { Query } from './query.ts'

/** How many journeys a search without an index reads, the newest first. */
export const scanLimit: number = 5000

/** How many are looked up at once. */
const pageSize = 100

/** Which of the messages that fit are wanted. */
export interface SearchPage {
  readonly limit: number
  /** Only those that were written before the journey with this id. */
  readonly behind?: string
}

/** Messages that fit, those written last first. */
export interface FoundMessages {
  readonly rows: readonly JourneyRow[]
  /** `false`: there may be more among the old ones that were not looked at. */
  readonly searchedAll: boolean
  /** When the last of them began that was looked at, where not all were. */
  readonly searchedUntil?: number
}

/** Looks for messages without an index: each is read, so that what is found is what is there now. */
export async function scan(
  reads: Pick<ReadPorts, 'journeys' | 'messages'>,
  query: Query,
  { limit, behind }: SearchPage,
): Promise<FoundMessages> {
  const messages = asksForText(query) ? reads.messages : undefined
  const rows: JourneyRow[] = []
  let last = behind
  let until: number | undefined
  for (let looked = 0; looked < scanLimit; looked += pageSize) {
    const after = last === undefined ? {} : { behind: last }
    const page = await reads.journeys.search({ filter: query.filter, limit: pageSize, ...after })
    for (const { id } of page.rows) {
      const found = await reads.journeys.find(id)
      if (found.type !== 'found') continue
      const document = await readDocument(messages, found.journey)
      if (!fits(document, query)) continue
      rows.push(document.row)
      if (rows.length === limit) return { rows, searchedAll: true }
    }
    if (page.rows.length < pageSize) return { ...page, rows }
    last = page.rows.at(-1)?.id
    until = page.rows.at(-1)?.startedAt
  }
  return { rows, searchedAll: false, ...(until === undefined ? {} : { searchedUntil: until }) }
}
