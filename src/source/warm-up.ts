import type { WarmUp } from './source.ts'

const dayMs = 86_400_000

/**
 * What a new address sends a day when the settings say nothing else: half as much again each day, from
 * 50 letters to 100,000 in twenty days.
 */
export const usualWarmUp: readonly number[] = [
  50, 75, 110, 170, 250, 380, 570, 850, 1300, 1900, 2900, 4300, 6500, 9700, 15_000, 22_000, 33_000,
  49_000, 74_000, 100_000,
]

/** The day of a time, counted from 1970-01-01 in UTC. */
export function dayOf(at: number): number {
  return Math.floor(at / dayMs)
}

/** When a day begins; Unix milliseconds. */
export function startOfDay(day: number): number {
  return day * dayMs
}

/** Which day of its warm-up it is: 1 is the first; 0 and less: it has not begun. */
export function warmUpDay({ from }: WarmUp, at: number): number {
  return dayOf(at) - dayOf(Date.parse(`${from}T00:00:00Z`)) + 1
}

/** Most letters on this day: none before the first day; `undefined` when the warm-up is over. */
export function warmUpLimit(warmUp: WarmUp, at: number): number | undefined {
  const day = warmUpDay(warmUp, at)
  return day < 1 ? 0 : warmUp.perDay[day - 1]
}

/** When more may go than now: at the first day, else tomorrow. Unix milliseconds. */
export function moreAt(warmUp: WarmUp, at: number): number {
  const day = warmUpDay(warmUp, at)
  return startOfDay(dayOf(at) + (day < 1 ? 1 - day : 1))
}
