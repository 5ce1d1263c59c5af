import { nearest } from '../base/nearest.ts'
import { bad, ok, type Result } from '../base/result.ts'
import { filterNames, filterStatuses, type JourneyFilter, parseFilters } from '../journey/filter.ts'
import { filterAdvice, withMoments } from './filter-words.ts'
import { operators, readOperator } from './operators.ts'
import type { Test } from './term.ts'
import { wordsOf } from './words.ts'

/** One condition of a query. */
export interface Term {
  readonly not: boolean
  readonly test: Test
}

/** What messages must be like to be found: the filter and all terms must fit. */
export interface Query {
  /** What the store itself can look for. */
  readonly filter: JourneyFilter
  readonly terms: readonly Term[]
}

/** Why a query cannot be read, and what was probably meant. */
export interface QueryProblem {
  readonly problem: string
  readonly hint: string
}

/** Characters of a query. */
export const maxLength = 10_000
/** Parts of a query. */
export const maxTerms = 100

/** Other names of filters, as other programs have them. */
const synonyms: Readonly<Record<string, string>> = {
  after: 'since',
  before: 'until',
  outcome: 'status',
  message_id: 'message-id',
}

/** All operators, as they are written. */
const operatorNames: readonly string[] = [
  ...filterNames,
  ...operators,
  'after',
  'before',
  'outcome',
]

/** How a query is written, for a hint. */
const queryHint: string = `Words, "a phrase", -not this, and ${operatorNames
  .map((name) => `${name}:`)
  .join(' ')}`

/**
 * Reads a query such as `invoice "last reminder" dmarc:fail -from:@example.com`. All of it must fit.
 * The page, the API and the command line take the same.
 *
 * @param now Unix milliseconds
 */
export function parseQuery(text: string, now: number): Result<Query, QueryProblem> {
  if (text.length > maxLength) return tooLong
  return parseWords(partsOf(text), now)
}

/** The same of a query whose parts were parted before, by a shell. */
export function parseArguments(words: readonly string[], now: number): Result<Query, QueryProblem> {
  if (words.reduce((sum, word) => sum + word.length + 1, 0) > maxLength + 1) return tooLong
  return parseWords(partsOfArguments(words, operatorNames), now)
}

const tooLong = bad({
  problem: `A query has at most ${maxLength} characters`,
  hint: 'Look for less at once.',
})

/** Parts at spaces that no quotes hold. */
export function partsOf(text: string): readonly string[] {
  return text.match(/[-!]?(?:[a-z][a-z_-]*:)?(?:"[^"]*"?|[^\s"][^\s]*)/gi) ?? []
}

/** The same of arguments: `subject:two words` is one part, unless another operator follows. */
export function partsOfArguments(
  words: readonly string[],
  operatorNames: readonly string[],
): readonly string[] {
  return words.flatMap((word) => {
    const named = word.match(/(?:^|\s)[-!]?[a-z][a-z_-]*:/gi) ?? []
    const name = /^[-!]?([a-z_-]+):/i.exec(word)?.[1]?.toLowerCase() ?? ''
    const one = named.length === 1 && /^[-!]?[a-z]/i.test(word) && !word.includes('"')
    return one && operatorNames.includes(name) ? [word] : partsOf(word)
  })
}

function parseWords(parts: readonly string[], now: number): Result<Query, QueryProblem> {
  if (parts.length > maxTerms) {
    return bad({ problem: `A query has at most ${maxTerms} terms`, hint: 'Look for less at once.' })
  }
  let filter: JourneyFilter = {}
  const terms: Term[] = []
  for (const part of parts) {
    const read = readTerm(part, now)
    if (!read.ok) return read
    const { not, test } = read.value
    const isNew =
      test.type === 'filter' && Object.keys(test.filter).every((key) => !(key in filter))
    if (test.type === 'filter' && !not && isNew) filter = { ...filter, ...test.filter }
    else terms.push(read.value)
  }
  return ok({ filter, terms })
}

function readTerm(part: string, now: number): Result<Term, QueryProblem> {
  const [, sign = '', body = ''] = /^([-!]?)([^]*)$/.exec(part) ?? []
  const not = sign !== ''
  const [, written, rest = ''] = /^([a-z][a-z_-]*):(?!\/\/)([^]*)$/i.exec(body) ?? []
  if (written === undefined) return words(part, body, not)
  const given = written.toLowerCase()
  const name = synonyms[given] ?? given
  const value = rest.replace(/^"([^"]*)"?$/, '$1').trim()
  if (value === '' && operatorNames.includes(name)) {
    return bad({ problem: `${given}: wants a value`, hint: queryHint })
  }
  if (filterNames.some((one) => one === name)) return filterTerm({ name, given, value, not }, now)
  const read = readOperator(name, value)
  if (read === undefined) return unknown(given, value)
  if (!read.ok)
    return bad({ problem: `${given}: ${read.problem.problem}`, hint: read.problem.hint })
  const is = read.value
  // Statuses are looked for by the store.
  if (is.type === 'filter')
    return filterTerm({ name: 'status', given, value: is.filter.status ?? '', not }, now)
  return ok({ not, test: is })
}

function words(part: string, body: string, not: boolean): Result<Term, QueryProblem> {
  const whole = body.startsWith('"')
  const found = wordsOf(body)
  if (found.length > 0) return ok({ not, test: { type: 'words', words: found, whole, in: 'any' } })
  return bad({
    problem: `"${part}" has no letter and no digit to look for`,
    hint: 'Words are looked for by their letters and digits.',
  })
}

function filterTerm(
  one: {
    readonly name: string
    readonly given: string
    readonly value: string
    readonly not: boolean
  },
  now: number,
): Result<Term, QueryProblem> {
  const { name, given, value, not } = one
  const read = parseFilters(withMoments([`${name}:${value}`], now), now)
  if (read.ok) return ok({ not, test: { type: 'filter', filter: read.value } })
  const problem = read.problem.replace(`${name}:`, `${given}:`)
  if (name === 'status') {
    const near = nearest(value, filterStatuses)
    const hint =
      near === undefined ? `One of ${filterStatuses.join(', ')}.` : `Did you mean ${given}:${near}?`
    return bad({ problem, hint })
  }
  return bad({ problem, hint: filterAdvice([`${name}:${value}`]) })
}

function unknown(given: string, value: string): Result<Term, QueryProblem> {
  const near = nearest(given, operatorNames)
  const shown = value.length > 60 ? '' : value
  const hint =
    near === undefined
      ? `${queryHint}. For the words themselves put quotes around them.`
      : `Did you mean ${near}:${shown}?`
  return bad({ problem: `There is no operator ${given}:`, hint })
}
