import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseUntil } from './until.ts'

const now = Date.UTC(2026, 10, 27, 12)

test('an end is a span from now, a day, or a time, and never over', () => {
  const table: readonly (readonly [text: string, at: number])[] = [
    ['2h', now + 7_200_000],
    [' 30m ', now + 1_800_000],
    ['2026-12-01', Date.UTC(2026, 11, 1)],
    ['2026-12-01T08:00', Date.UTC(2026, 11, 1, 8)],
    ['2026-12-01 08:00', Date.UTC(2026, 11, 1, 8)],
    ['2026-12-01T08:00:00+01:00', Date.UTC(2026, 11, 1, 7)],
  ]
  for (const [text, at] of table) assert.equal(parseUntil(text, now), at, text)
  for (const text of ['', 'soon', '2026-13-01', 'tomorrow']) {
    assert.throws(() => parseUntil(text, now), /is no time/, text)
  }
  for (const text of ['2026-11-27', '0h']) {
    assert.throws(() => parseUntil(text, now), /is over already/, text)
  }
})
