import type { JourneyFilter } from '../../journey/filter.ts'

/**
 * What a letter that waits must be like; what is absent does not matter, all of the rest must fit.
 * Times (`since`, `until`) are of its coming into the queue, `status` is its own.
 */
export interface QueueFilter extends JourneyFilter {
  /** Where it goes: this domain, or one below it. */
  readonly destination?: {
    /** In A-labels and lower case. */
    readonly domain: string
    readonly match: 'whole' | 'below' | 'both'
  }
  /** A part of why the last attempt did not succeed, or of why it is held. */
  readonly reason?: string
  /** What the last refusal meant: `greylisted`, `mailbox-full`, … */
  readonly kind?: string
  /** Whether it is held. */
  readonly held?: boolean
  /** A part of why it is held. */
  readonly holdReason?: string
  /** The beginning or the end of its journey's id. */
  readonly journeyPart?: string
  /** Of one of the journeys with these ids. */
  readonly journeys?: readonly string[]
  /** It must fit none of these. */
  readonly not?: readonly QueueFilter[]
}
