import { type Database, integer } from './database.ts'

/** What strangers left, in octets. */
export interface StrangerTotal {
  readonly content: number
  readonly all: number
}

export function strangerTotal(database: Pick<Database, 'get'>): StrangerTotal {
  const row = database.get('SELECT * FROM stranger_total') ?? {}
  const content = integer(row, 'content_octets')
  return { content, all: content + integer(row, 'record_octets') + integer(row, 'fact_octets') }
}
