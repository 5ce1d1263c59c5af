import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseFilters } from '../journey/filter.ts'
import { filterAdvice, withMoments } from './filter-words.ts'

const now = Date.UTC(2026, 10, 26, 23, 30)

test('times are taken as people and lists write them, in UTC', () => {
  const table: readonly (readonly [text: string, at: number])[] = [
    ['today', Date.UTC(2026, 10, 26)],
    ['Yesterday', Date.UTC(2026, 10, 25)],
    ['12:00', Date.UTC(2026, 10, 26, 12)],
    ['9:05:30', Date.UTC(2026, 10, 26, 9, 5, 30)],
    // Today it was not yet.
    ['23:31', Date.UTC(2026, 10, 25, 23, 31)],
    ['23:30', now],
    ['2026-11-26 23:18:17Z', Date.UTC(2026, 10, 26, 23, 18, 17)],
    ['2026-11-26T12:00', Date.UTC(2026, 10, 26, 12)],
    ['2026-11-26 12:00', Date.UTC(2026, 10, 26, 12)],
    ['2026-11-26t12:00+01:00', Date.UTC(2026, 10, 26, 11)],
    // As before.
    ['2026-11-26', Date.UTC(2026, 10, 26)],
    ['2h', now - 7_200_000],
  ]
  for (const [text, at] of table) {
    for (const name of ['since', 'until'] as const) {
      const read = parseFilters(withMoments([`${name}:${text}`], now), now)
      assert.deepEqual(read.ok ? read.value : read.problem, { [name]: at }, text)
    }
  }
  for (const text of ['noon', '24:00', '12:60', '12:00:60', '26.11.2026', '']) {
    assert.equal(parseFilters(withMoments([`since:${text}`], now), now).ok, false, text)
  }
  const others = ['subject:today', 'to:12:00', 'today']
  assert.deepEqual(withMoments(others, now), others)
})

test('of filters that cannot be read it is told what was probably meant', () => {
  const table: readonly (readonly [word: string, advice: RegExp])[] = [
    ['a@b.example', /^Did you mean to:a@b\.example or from:a@b\.example\?$/],
    ['form:a@b.example', /^Did you mean from:a@b\.example\?$/],
    ['status:refusd', /^Did you mean status:refused\?$/],
    ['since:noon', /^Times: 2026-09-01, /],
    ['until:noon', /^Times: /],
    ['nothing', /^Filters: to:… from:…/],
    ['status:x', /^Filters: /],
    ['zzzzzzzzzz:x', /^Filters: /],
    ['ip:x', /^Filters: /],
  ]
  for (const [word, advice] of table) assert.match(filterAdvice(['to:a', word]), advice, word)
})
