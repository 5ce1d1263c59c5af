import type { Ending } from '../base/ending.ts'
import type { Log } from '../base/log.ts'
import type { ClientSession } from './client-session.ts'
import type { Letter } from './letters.ts'

/** Ends a session as it is asked for, in the middle of a letter; the log says what is waited for. */
export function endSession(
  session: ClientSession,
  { stage, why }: Pick<Ending, 'stage' | 'why'>,
  {
    items,
    host,
    ip,
    tell,
  }: {
    readonly items: Letter['items']
    readonly host: string
    readonly ip: string
    readonly tell: Log
  },
): void {
  if (stage === 'begin-nothing') return
  if (stage === 'at-once' || !session.awaitsVerdict) {
    session.breakOff(why)
    return
  }
  // RFC 5321 §4.5.3.2.6: the server has ten minutes to answer the final dot. Whoever does not wait
  // for it sends the letter twice (RFC 1047).
  const fields = {
    id: items[0].journeyId,
    to: items.map(({ recipient }) => recipient),
    host,
    ip,
    why,
    waits_for: 'the answer to a letter that was sent whole',
    at_most_seconds: 600,
  }
  tell({ level: 'info', event: 'stopping', fields })
}
