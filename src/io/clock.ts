import { performance } from 'node:perf_hooks'
import type { Clock } from '../base/clock.ts'

/** The machine's own clock. Its timers keep the process alive, as sockets do. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
  setTimer(ms, fn) {
    const timer = setTimeout(fn, ms)
    return () => {
      clearTimeout(timer)
    }
  },
}
