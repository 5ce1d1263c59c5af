import { WaybillError } from '../base/error.ts'
import {
  chosenFilter,
  countWaiting,
  waitingPages,
  type WaitingPlace,
} from '../desk/chosen-letters.ts'
import { type Changed, type WaitingLetters } from '../desk/queue.ts'
import { changeInPages, type ChangedPages } from '../desk/queue-pages.ts'
import { systemClock } from '../io/clock.ts'
import { parseQueueArguments, type QueueQuery } from '../search/queue-query.ts'
import type { QueueFilter } from '../store/ports/queue-filter.ts'
import { Stores } from './data.ts'
import { Progress } from './progress.ts'

/** Letters that wait and were chosen. */
export interface ChosenLetters {
  readonly folder: string
  readonly filter: QueueFilter
  /** In which words, for the audit. */
  readonly words: readonly string[]
  readonly count: number
  /** When they were counted, Unix milliseconds. */
  readonly countedAt: number
}

/**
 * Which letters that wait are meant by these words.
 *
 * @throws WaybillError `usage`, with what was probably meant
 */
export function readQueueWords(words: readonly string[]): QueueQuery {
  const query = parseQueueArguments(words, systemClock.now())
  if (query.ok) return query.value
  throw new WaybillError('usage', `${query.problem.problem}.`, { hint: query.problem.hint })
}

/**
 * The letters that wait and are meant: filters must all fit, and each id must mean one of those.
 *
 * @param narrowed what they must be like beside that
 * @throws WaybillError `usage` when nobody said which, when an id means several, or of the lab;
 *   `not-found` when an id means none
 */
export async function chosenLetters(
  folder: string,
  words: readonly string[],
  { all, narrowed = {} }: { readonly all?: boolean | undefined; readonly narrowed?: QueueFilter },
): Promise<ChosenLetters> {
  if (words.length > 0 === (all === true)) {
    const hint = 'Either --all, or filters such as to:@example.com, or the id of a journey.'
    throw new WaybillError('usage', 'It must be said which letters are meant.', { hint })
  }
  const { filter, ids } = readQueueWords(words)
  const countedAt = systemClock.now()
  return await withPlaces(folder, async (places) => {
    const meant = await chosenFilter(places, { filter: { ...filter, ...narrowed }, ids })
    const count = await countWaiting(places, meant)
    return { folder, filter: meant, words: all === true ? ['--all'] : words, count, countedAt }
  })
}

/** Changes all of them, in parts that one request can carry; a person sees how far it is. */
export async function changeLetters(
  { folder, filter, words, count, countedAt }: ChosenLetters,
  change: (part: WaitingLetters) => Promise<Changed>,
): Promise<ChangedPages> {
  // Nobody has the folder open while it is changed: where no server runs, this process changes it.
  const list: WaitingPlace['list'] = (query) => {
    return withPlaces(folder, async ([place]) => (await place?.list(query)) ?? [])
  }
  const progress = new Progress('recipients', count)
  try {
    const time = { counted: countedAt, now: () => systemClock.now() }
    const pages = waitingPages({ list }, filter, time)
    return await changeInPages(pages, words, change, (letters) => progress.at(letters))
  } finally {
    progress.end()
  }
}

async function withPlaces<T>(
  folder: string,
  use: (places: readonly WaitingPlace[]) => Promise<T>,
): Promise<T> {
  const stores = new Stores(folder)
  try {
    if (stores.isLab) {
      throw new WaybillError('usage', 'The queue of the lab is tried by the lab alone.', {
        hint: 'Name the folder of a server with --data or --config.',
      })
    }
    return await use(stores.readers.map(({ queue }) => queue))
  } finally {
    stores.close()
  }
}

/** What waits is counted by recipient: a letter to three of them is three times in the queue. */
export function mailFor(count: number): string {
  return `Mail for ${count} ${count === 1 ? 'recipient' : 'recipients'}`
}
