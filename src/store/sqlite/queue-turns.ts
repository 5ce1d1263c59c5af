import type { SenderTurns } from '../ports/queue.ts'
import { type ReadRows, type Row, text } from './database.ts'
import { selectQueue } from './rows.ts'

const waits = 'held = 0 AND lease_owner IS NULL'

/** Senders that are looked at in one lease: each costs two looks into an index. */
const mostSenders = 64

/**
 * What is due of one sender after the other, beginning behind `after` and going round once. Each is
 * found in an index, so this costs the same however much one of them has.
 */
export function firstBySender(
  rows: Pick<ReadRows, 'get' | 'all'>,
  now: number,
  { after, each, limit, apart }: SenderTurns,
): Row[] {
  const found: Row[] = []
  const passedOver = new Set(apart)
  let from: string | undefined = after
  let round = false
  for (let looked = 0; looked < mostSenders && found.length < limit; looked++) {
    const sender = nextSender(rows, from)
    if (sender === undefined || (round && sender > after)) {
      // Once round is enough; from the beginning only what stands up to where it began.
      if (round) break
      round = true
      from = undefined
      continue
    }
    from = sender
    if (passedOver.has(sender)) continue
    const sql = `${selectQueue} WHERE ${waits} AND sender = ? AND next_attempt_ms <= ?
      ORDER BY next_attempt_ms, queue.key LIMIT ?`
    found.push(...rows.all(sql, sender, now, Math.min(each, limit - found.length)))
  }
  return found
}

function nextSender(
  rows: Pick<ReadRows, 'get' | 'all'>,
  after: string | undefined,
): string | undefined {
  const which = after === undefined ? '' : 'AND sender > ?'
  const sql = `SELECT sender FROM queue WHERE ${waits} ${which} ORDER BY sender LIMIT 1`
  const row = after === undefined ? rows.get(sql) : rows.get(sql, after)
  return row === undefined ? undefined : text(row, 'sender')
}
