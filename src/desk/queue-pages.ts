import { WaybillError } from '../base/error.ts'
import type { QueueItem } from '../store/ports/queue.ts'
import type { Changed, WaitingLetters } from './queue.ts'

/** A letter with which it could not be done, and why. */
export interface RefusedLetter {
  readonly item: QueueItem
  readonly because: string
}

/** What became of all pages. */
export interface ChangedPages extends Pick<Changed, 'letters' | 'left'> {
  /** A hundred at most. */
  readonly refused: readonly RefusedLetter[]
}

/** So many of those that were left alone are named. */
const mostNamed = 100

/**
 * Changes letters page by page, each in requests and transactions of its own; one act is left for all
 * of them, also when a page fails: then it tells of the pages before.
 *
 * @param onPage is told how many were changed so far
 * @throws what `change` throws; a `WaybillError` says how many were changed before
 */
export async function changeInPages(
  pages: AsyncIterable<readonly QueueItem[]>,
  chosen: readonly string[],
  change: (part: WaitingLetters) => Promise<Changed>,
  onPage: (letters: number) => void = () => undefined,
): Promise<ChangedPages> {
  let sum: ChangedPages = { letters: 0, left: 0, refused: [] }
  let page: readonly QueueItem[] | undefined
  const part = (items: readonly QueueItem[], more: boolean): WaitingLetters => {
    const plain = items.map(({ id, destination }) => ({ id, destination }))
    return { items: plain, chosen, before: sum.letters, more }
  }
  const next = async (more: boolean): Promise<void> => {
    if (page === undefined) return
    sum = added(sum, await change(part(page, more)), page)
    page = undefined
    onPage(sum.letters)
  }
  try {
    for await (const one of pages) {
      await next(true)
      page = one
    }
    await next(false)
    return sum
  } catch (problem) {
    if (sum.letters === 0) throw problem
    // Where not even that can be written down, what was done is still told to who asked.
    await change(part([], false)).catch(() => undefined)
    throw withCount(problem, sum.letters)
  }
}

function added(sum: ChangedPages, one: Changed, page: readonly QueueItem[]): ChangedPages {
  const refused = (one.refused ?? []).flatMap(({ id, because }) => {
    const item = page.find((candidate) => candidate.id === id)
    return item === undefined ? [] : [{ item, because }]
  })
  return {
    letters: sum.letters + one.letters,
    left: sum.left + one.left,
    refused: [...sum.refused, ...refused].slice(0, mostNamed),
  }
}

function withCount(problem: unknown, letters: number): unknown {
  if (!(problem instanceof WaybillError)) return problem
  const hint = `${letters} were changed before that.${problem.hint === undefined ? '' : ` ${problem.hint}`}`
  return new WaybillError(problem.code, problem.message, { hint, cause: problem })
}
