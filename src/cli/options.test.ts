import assert from 'node:assert/strict'
import { test } from 'node:test'
import { InvalidArgumentError } from 'commander'
import { readTime } from './options.ts'

test('a time is seconds, a day or a time of UTC, and nothing that no calendar has', () => {
  const noon = Date.UTC(2026, 8, 1, 12) / 1000
  for (const text of ['2026-09-01T12:00:00Z', '2026-09-01T12:00:00', '2026-09-01T14:00:00+02:00']) {
    assert.equal(readTime(text), noon, text)
  }
  assert.equal(readTime('2026-09-01'), noon - 12 * 3600)
  assert.equal(readTime('1795458547'), 1795458547)
  for (const text of ['2026-02-30', '2026-09-01T25:00:00Z', 'tomorrow', '1 Sep 2026', '']) {
    assert.throws(() => readTime(text), InvalidArgumentError, text)
  }
})
