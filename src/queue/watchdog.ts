import type { Clock } from '../base/clock.ts'
import type { Ending } from '../base/ending.ts'

/** Longer than any server may take over its last answer: RFC 5321 §4.5.3.2.6 has ten minutes. */
const lastAnswerMs = 15 * 60_000
/** What breaks everything off needs no longer. */
const breakOffMs = 10_000

/**
 * Waits for `run`, and never for ever. After `afterMs` it is asked to come to its end, and when it
 * does not within a quarter of an hour, to break off; ten seconds after it was asked that, by whomever,
 * it counts as stuck, and nobody waits for it any more. `run` must not reject.
 */
export async function watch<T>(
  {
    clock,
    afterMs,
    ending,
    why,
  }: {
    readonly clock: Clock
    readonly afterMs: number
    readonly ending: Ending
    /** What `ending` is told when the time is over. */
    readonly why: string
  },
  run: () => Promise<T>,
): Promise<T | 'stuck'> {
  const stuck = Promise.withResolvers<'stuck'>()
  let cancel = clock.setTimer(afterMs, () => {
    cancel = clock.setTimer(lastAnswerMs, () => ending.ask('at-once', why))
    ending.ask('wait-for-answer', why)
  })
  const unwatch = ending.watch(() => {
    if (ending.stage !== 'at-once') return
    cancel()
    cancel = clock.setTimer(breakOffMs, () => stuck.resolve('stuck'))
  })
  try {
    return await Promise.race([run(), stuck.promise])
  } finally {
    unwatch()
    cancel()
  }
}
