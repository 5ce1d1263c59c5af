import assert from 'node:assert/strict'
import { test } from 'node:test'
import { daysOf } from './report-days.ts'
import type { ReportSummary } from './report-summary.ts'

function summary(begin: string | null, end: string | null, total: number, failed: number) {
  const seconds = (text: string | null): number | null => {
    return text === null ? null : Date.parse(text) / 1000
  }
  const rest = { reporter: '', domain: '', reportId: '', problems: 0, partial: false }
  const period = { begin: seconds(begin), end: seconds(end) }
  return { kind: 'aggregate', ...rest, ...period, total, failed } as const satisfies ReportSummary
}

test('reports of one day are one day, wherever that day begins, and days stand in their order', () => {
  assert.deepEqual(
    daysOf([
      summary('2026-11-23T00:00:00Z', '2026-11-23T23:59:59Z', 5, 1),
      // A reporter whose days begin in the evening before.
      summary('2026-11-21T22:00:00Z', '2026-11-22T21:59:59Z', 10, 2),
      summary('2026-11-22T00:00:00Z', '2026-11-22T23:59:59Z', 3, 0),
      summary(null, '2026-11-23T12:00:00Z', 2, 2),
      summary(null, null, 100, 100),
    ]),
    [
      { day: '2026-11-22', passed: 11, failed: 2 },
      { day: '2026-11-23', passed: 4, failed: 3 },
    ],
  )
})
