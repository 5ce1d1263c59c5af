import { type EventView, eventView } from '../hooks/event-view.ts'
import type { MailEvent } from '../hooks/mail-event.ts'
import type { JourneyRow } from '../store/ports/journeys.ts'

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

/** So much may have happened that all is to be looked at again: so many letters, where that is known. */
export function gapIn(site: string, leftOut = 0): ToldEvent {
  return { view: { type: 'gap', site, ...(leftOut === 0 ? {} : { left_out: leftOut }) } }
}
