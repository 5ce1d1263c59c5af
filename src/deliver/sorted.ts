import {
  anotherIsAble,
  anotherMayHelp,
  type Attempt,
  beyondRoom,
  hadEnough,
  wantsData,
} from './attempt.ts'

/** What is to be done with the recipients of one letter, after one exchange. */
export interface Sorted {
  /** Their fate is known as far as this server goes. */
  readonly heard: readonly Attempt[]
  /** They go to the same server once more, over another connection or by DATA; then none is put elsewhere. */
  readonly again: readonly Attempt[]
  /** Nothing was said about them that another server would say, too. */
  readonly elsewhere: readonly Attempt[]
  /** The server had no room for them in this transaction: they go in parts of as many as it took. */
  readonly parts: readonly Attempt[]
  /** How many the server took. */
  readonly taken: number
}

/**
 * Sorts the recipients of a letter by what the server has said to them.
 *
 * @param before.tookSome the server has taken a letter over this connection before
 */
export function sorted(
  attempts: readonly Attempt[],
  before: { readonly tookSome: boolean },
): Sorted {
  const { tookSome } = before
  const outcomes = attempts.map(({ result }) => result.outcome)
  const taken = outcomes.filter((outcome) => outcome?.result === 'accepted').length
  // Over a new one this letter is the first, and what is said to it then is about the letter.
  const again = attempts.filter((_, index) => {
    return wantsData(outcomes[index]) || (tookSome && hadEnough(outcomes[index]))
  })
  if (again.length > 0) {
    const heard = attempts.filter((attempt) => !again.includes(attempt))
    return { heard, again, elsewhere: [], parts: [], taken }
  }
  const noRoom = beyondRoom(outcomes)
  const parts = attempts.filter((_, index) => noRoom[index] === true)
  const elsewhere = attempts.filter(({ result: { outcome } }) => {
    return outcome !== undefined && (anotherMayHelp(outcome) || anotherIsAble(outcome))
  })
  const heard = attempts.filter((one) => !elsewhere.includes(one) && !parts.includes(one))
  return { heard, again, elsewhere, parts, taken }
}
