import type { ReportSummary } from './report-summary.ts'

/** What was reported of a day. */
export interface Day {
  /** `2026-09-01`, of UTC. */
  day: string
  /** Messages, or sessions of TLS. */
  passed: number
  failed: number
}

/**
 * What reports say of each day, the oldest first. A report counts for the day on which the middle of
 * its period lies: some reporters' days begin in the evening before.
 */
export function daysOf(summaries: readonly ReportSummary[]): Day[] {
  const days = new Map<string, Day>()
  for (const { begin, end, total, failed } of summaries) {
    const at = begin === null || end === null ? (begin ?? end) : (begin + end) / 2
    if (at === null) continue
    const day = new Date(at * 1000).toISOString().slice(0, 10)
    const sum = days.get(day) ?? { day, passed: 0, failed: 0 }
    days.set(day, { day, passed: sum.passed + total - failed, failed: sum.failed + failed })
  }
  return Array.from(days.values()).toSorted((a, b) => (a.day < b.day ? -1 : 1))
}
