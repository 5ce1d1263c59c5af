import type { QueueItem } from '../store/ports/queue.ts'

/** RFC 3463 §3.5, X.4.7: the delivery time has expired. */
export const expired = '5.4.7'

const minuteMs = 60_000
const hourMs = 60 * minuteMs
const dayMs = 24 * hourMs

/** Why an item is given up, in a sentence: how long it was kept, how often tried, and the last word. */
export function tooOld(
  item: Pick<QueueItem, 'createdAt'>,
  end: { readonly attempts: number; readonly now: number; readonly because: string },
): string {
  const tries = end.attempts === 1 ? 'one attempt' : `${end.attempts} attempts`
  const span = spanInWords(end.now - item.createdAt)
  return `It was given up after ${span} and ${tries}. The last time: ${end.because}`
}

/** `5 days`, `3 hours`, `1 minute`: the largest unit that fits, rounded down. */
function spanInWords(ms: number): string {
  const [unit, size] =
    ms >= dayMs ? ['day', dayMs] : ms >= hourMs ? ['hour', hourMs] : ['minute', minuteMs]
  const count = Math.max(0, Math.floor(ms / Number(size)))
  return `${count} ${unit}${count === 1 ? '' : 's'}`
}
