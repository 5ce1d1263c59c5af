import { WaybillError } from '../base/error.ts'

/** How many ids are listed, at most, where a word fits several. */
const listed = 8

/**
 * The letters that are meant by these words, each of which is the id of one journey, or its beginning
 * or its end. A letter to several recipients waits once for each of them.
 *
 * @throws WaybillError `usage` when a word fits several journeys, `not-found` when it fits none
 */
export function meantLetters<T extends { readonly journeyId: string }>(
  waiting: readonly T[],
  words: readonly string[],
): readonly T[] {
  const known = Array.from(new Set(waiting.map(({ journeyId }) => journeyId)))
  const meant = new Set(words.map((word) => meantBy(word, known)))
  return waiting.filter(({ journeyId }) => meant.has(journeyId))
}

function meantBy(word: string, known: readonly string[]): string {
  const id = word.toLowerCase()
  const fitting = known.filter((one) => one.startsWith(id) || one.endsWith(id))
  const [first, ...others] = fitting.includes(id) ? [id] : fitting
  if (first === undefined) {
    throw new WaybillError('not-found', `No letter that waits and fits has the id "${word}".`, {
      hint: 'waybill queue list shows what waits.',
    })
  }
  if (others.length === 0) return first
  throw new WaybillError('usage', `"${word}" is the beginning or the end of several ids.`, {
    hint: `One of: ${fitting.slice(0, listed).join(', ')}${fitting.length > listed ? ', …' : ''}`,
  })
}
