import type { AddressFilter } from '../../journey/filter.ts'
import type { Value } from '../../store/sqlite/database.ts'
import { type Conditions, filterConditions } from '../../store/sqlite/search-terms.ts'
import type { Query, Term } from '../query.ts'
import type { Test } from '../term.ts'

type WordsTest = Extract<Test, { readonly type: 'words' }>

/** Longer words than the index has: it cuts them off, and they would fit what they do not. */
const longestWord = 8000

/** Whether the index can tell: what it finds is exactly what `fits` says. */
export function isIndexed({ terms }: Query): boolean {
  return terms.every(({ test }) => {
    return test.type !== 'words' || test.words.every((word) => word.length <= longestWord)
  })
}

/** A query on the tables of the index, of `words` too where `match` is there. */
export function indexConditions({ filter, terms }: Query): {
  /** What all words must fit that are not to be missing. */
  readonly match: string | undefined
  readonly conditions: Conditions
} {
  const words = terms.flatMap(({ not, test }) => (test.type === 'words' ? [{ not, test }] : []))
  const wanted = words.flatMap(({ not, test }) => (not ? [] : [matching(test)]))
  // Words alone that are not to be there are no question to the index.
  const without = wanted.length === 0 ? [] : words.filter(({ not }) => not)
  const match = [`(${wanted.join(' AND ')})`, ...without.map(({ test }) => matching(test))]
  const others = terms.filter(({ test }) => test.type !== 'words' || wanted.length === 0)
  const all = [filterConditions(filter), ...others.map((term) => termConditions(term, filter.to))]
  return {
    match: wanted.length === 0 ? undefined : match.join(' NOT '),
    conditions: {
      sql: all.flatMap(({ sql }) => sql),
      values: all.flatMap(({ values }) => values),
    },
  }
}

const columns = { any: 'subject addresses body', body: 'body', cc: 'cc' } as const

/** In the language of FTS5: words behind each other, the last of which may be a beginning. */
function matching(test: WordsTest): string {
  return `({${columns[test.in]}} : "${test.words.join(' ')}"${test.whole ? '' : ' *'})`
}

function termConditions({ not, test }: Term, to: AddressFilter | undefined): Conditions {
  const { sql, values } = testConditions(test, to)
  return not ? { sql: [`NOT (${sql.join(' AND ') || '1'})`], values } : { sql, values }
}

function testConditions(test: Test, to: AddressFilter | undefined): Conditions {
  switch (test.type) {
    case 'filter':
      return filterConditions(test.filter, test.filter.to ?? to)
    case 'words':
      return one('journey.key IN (SELECT rowid FROM words WHERE words MATCH ?)', matching(test))
    case 'check':
      if (test.check === 'tls' && test.result === 'yes') return one("journey.tls <> 'no'")
      return one(`journey.${test.check} = ?`, test.result)
    case 'direction':
      return one('journey.direction = ?', test.direction)
    case 'attachment':
      return one('journey.attachment = 1')
    case 'code':
      return codeCondition(test.code)
    case 'helo':
      return one('instr(journey.helo, ?) > 0', test.part)
    case 'id':
      return one('instr(lower(journey.id), ?) > 0', test.part)
    case 'amount':
      return one(`journey.${test.of} ${test.over ? '>' : '<'} ?`, test.amount)
  }
}

function codeCondition(code: string): Conditions {
  if (!code.includes('.')) return one('substr(journey.code, 1, ?) = ?', code.length, code)
  const [whole, start] = [code, `${code}.`]
  return one(
    '(journey.enhanced = ? OR substr(journey.enhanced, 1, ?) = ?)',
    whole,
    start.length,
    start,
  )
}

function one(sql: string, ...values: Value[]): Conditions {
  return { sql: [sql], values }
}
