/** The world that the floors below take as parameters: the hour, and chance. */
import { randomInt } from 'node:crypto'
import { performance } from 'node:perf_hooks'
import type { Clock } from '../base/clock.ts'

/** The longest time that `setTimeout` takes; with a longer one it fires at once. */
const longestMs = 2 ** 31 - 1

/** The machine's own clock. Its timers keep the process alive, as sockets do. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
  setTimer(ms, fn) {
    let timer = setTimeout(due, Math.min(ms, longestMs), ms - longestMs)
    function due(leftMs: number): void {
      if (leftMs <= 0) fn()
      else timer = setTimeout(due, Math.min(leftMs, longestMs), leftMs - longestMs)
    }
    return () => {
      clearTimeout(timer)
    }
  },
}

/** Chance that nobody can guess, in [0, 1): for ids, Message-IDs and the boundaries of reports. */
export function chance(): number {
  return randomInt(2 ** 47) / 2 ** 47
}
