import { dataFolder } from '../../store/data-folder.ts'
import type { Database } from '../../store/sqlite/database.ts'
import { openReads, portsHere } from '../../store/sqlite/sqlite-reader.ts'
import type { Query } from '../query.ts'
import type { FoundMessages, SearchPage } from '../scan.ts'
import { answerFromIndex } from './answer.ts'
import { openIndexToRead } from './index-file.ts'

/**
 * Looks for messages with the index that lies in a data folder, whoever keeps it, and changes nothing.
 *
 * @returns `undefined` when there is none that can be used: then messages are read one by one
 */
export async function searchReadOnly(
  folder: string,
  query: Query,
  page: SearchPage,
): Promise<FoundMessages | undefined> {
  const database = openIndexToRead(dataFolder(folder).search)
  if (database === undefined) return undefined
  try {
    return await answered(database, { folder, query, page })
  } catch {
    // What is wrong with the store itself is said where it is read next.
    return undefined
  } finally {
    database.close()
  }
}

async function answered(
  database: Database,
  asked: { readonly folder: string; readonly query: Query; readonly page: SearchPage },
): Promise<FoundMessages | undefined> {
  const { folder, query, page } = asked
  const reads = openReads({ folder, busyTimeoutMs: 5000 })
  try {
    return await answerFromIndex(database, { reads, ports: portsHere(reads, folder) }, query, page)
  } finally {
    reads.close()
  }
}
