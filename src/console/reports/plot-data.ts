import type { Day } from './model.ts'

/** Days as what draws them wants them: their seconds, what passed, what failed. */
export function columnsOf(days: readonly Day[]): [number[], number[], number[]] {
  return [
    days.map(({ day }) => Date.parse(`${day}T00:00:00Z`) / 1_000),
    days.map(({ passed }) => passed),
    days.map(({ failed }) => failed),
  ]
}

/** What stands below the chart: month and day of each, in UTC as in the reports. */
export function dayNames(seconds: readonly number[]): string[] {
  return seconds.map((one) => new Date(one * 1_000).toISOString().slice(5, 10))
}
