import { WaybillError } from '../base/error.ts'
import { meantLetters } from '../desk/meant-letters.ts'
import type { QueueItem } from '../store/ports/queue.ts'
import { readFilters } from './commands/list.ts'
import { Stores } from './data.ts'

/** More than a queue has: all of it. */
const noLimit = 10_000_000

/**
 * The letters that wait and are meant: filters must all fit, and each id must mean one of those.
 *
 * @throws WaybillError `usage` when nobody said which, when an id means several, or of the lab;
 *   `not-found` when an id means none
 */
export async function chosenLetters(
  folder: string,
  words: readonly string[],
  { all }: { readonly all?: boolean },
): Promise<readonly QueueItem[]> {
  if (words.length > 0 === (all === true)) {
    const hint = 'Either --all, or filters such as to:@example.com, or the id of a journey.'
    throw new WaybillError('usage', 'It must be said which letters are meant.', { hint })
  }
  const isId = (word: string): boolean => /^[0-9a-z]{4,}$/i.test(word)
  const ids = words.filter(isId)
  const filter = readFilters(words.filter((word) => !isId(word)))
  const stores = new Stores(folder)
  try {
    if (stores.isLab) {
      throw new WaybillError('usage', 'The queue of the lab is tried by the lab alone.', {
        hint: 'Name the folder of a server with --data or --config.',
      })
    }
    const query = { limit: noLimit, filter }
    const lists = stores.readers.map((one) => one.queue.list(query))
    const waiting = (await Promise.all(lists)).flat()
    return ids.length === 0 ? waiting : meantLetters(waiting, ids)
  } finally {
    stores.close()
  }
}
