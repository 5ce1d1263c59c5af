import type { Database, Row, Value } from './database.ts'
import { storeProblem } from '../problems.ts'

/** Rows of a database that is open for reading. What fails is told in Waybill's words. */
export interface ReadRows {
  get(sql: string, ...values: Value[]): Row | undefined
  all(sql: string, ...values: Value[]): Row[]
}

export function readRows(database: Pick<Database, 'get' | 'all'>): ReadRows {
  const reading = <T>(read: () => T): T => {
    try {
      return read()
    } catch (error) {
      throw storeProblem(error) ?? error
    }
  }
  return {
    get: (sql, ...values) => reading(() => database.get(sql, ...values)),
    all: (sql, ...values) => reading(() => database.all(sql, ...values)),
  }
}
