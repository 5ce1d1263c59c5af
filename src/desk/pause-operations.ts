import { member, notMeant, type Operation, textMember } from './act.ts'
import { type PauseOf, pauseKey, pauseNotice, type PersonPause, readPauseKey } from './pauses.ts'
import type { QueuePart } from './queue.ts'

/** A pause that somebody wants. */
export interface NewPause {
  readonly of: PauseOf
  /** Unix milliseconds; absent: until it is ended. */
  readonly until?: number
}

/** `waybill pause`. */
export const pauseAdd: Operation<QueuePart, NewPause, PersonPause> = {
  name: 'pause',
  read(input) {
    const until = member(input, 'until')
    return {
      of: readPauseKey(textMember('pause', input, 'key')),
      ...(typeof until === 'number' && Number.isFinite(until) ? { until } : {}),
    }
  },
  run: ({ queue }, pause, actor) => queue.pauses.add(pause, actor),
  tell: ({ of, until }) => ({
    of: pauseKey(of),
    ...(until === undefined ? {} : { until: new Date(until).toISOString() }),
  }),
}

/** What became of pauses that somebody ends. */
export interface Resumed {
  /** The keys of those that there were. */
  readonly ended: readonly string[]
  /** How many were put off because of them, and are due now. */
  readonly due: number
}

/** `waybill resume`. */
export const pauseEnd: Operation<QueuePart, { readonly keys: readonly string[] }, Resumed> = {
  name: 'resume',
  read(input) {
    const keys = member(input, 'keys')
    if (!Array.isArray(keys)) throw notMeant('resume', '"keys", a list of what is paused')
    return { keys: keys.map(String) }
  },
  async run({ queue }, { keys }) {
    let due = 0
    // The letters first: a pause that is gone says no more which of them waited for it.
    const ended = await queue.pauses.end(keys, async (pauses) => {
      for (const { of } of pauses) due += await queue.resume(pauseNotice(of))
    })
    return { ended: ended.map(({ key }) => key), due }
  },
  tell: (_, { ended }) => (ended.length === 0 ? undefined : { of: ended }),
}
