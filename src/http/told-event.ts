import { type EventView, eventView } from '../hooks/event-view.ts'
import type { MailEvent } from '../hooks/mail-event.ts'
import type { JourneyRow } from '../store/ports/journeys.ts'
import type { Visitor } from './access.ts'

/** An event on its way to somebody: what is said, and whose letter it is about. */
export interface ToldEvent {
  readonly view: EventView
  /** Absent where it is about no letter, or about several. */
  readonly row?: JourneyRow
}

/** An event of mail. */
export function toldEvent(event: MailEvent, site: string): ToldEvent {
  const { row } = event
  return { view: eventView(event, site), ...(row === undefined ? {} : { row }) }
}

/** So much may have happened that all is to be looked at again. */
export function gapIn(site: string): ToldEvent {
  return { view: { type: 'gap', site } }
}

/**
 * Whether somebody may hear of an event: the one place that says so. Gaps tell nothing of anybody;
 * an account hears of its own letters.
 */
export function mayHear(visitor: Visitor, { view, row }: ToldEvent): boolean {
  const account = accountOf(visitor)?.toLowerCase()
  if (account === undefined || view.type === 'gap') return true
  if (row === undefined) return false
  return [row.mailFrom, ...row.rcptTo].some((address) => address.toLowerCase() === account)
}

function accountOf(visitor: Visitor): string | undefined {
  return 'account' in visitor && typeof visitor.account === 'string' ? visitor.account : undefined
}
