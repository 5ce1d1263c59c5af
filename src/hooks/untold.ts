import { RecentMap } from '../base/recent-map.ts'
import type { MailEvent } from './mail-event.ts'

/** Of so many journeys it is known how much of them was told. */
const mostJourneys = 1000

/**
 * What of a journey was not told yet. A change of the store says that a journey has changed and not
 * what of it is new. Of a journey that is not known here, all is told that did not happen before a
 * certain time: rather twice, under the same id, than not at all.
 */
export class Untold {
  readonly #told = new RecentMap<string, number>(mostJourneys)
  readonly #slackMs: number | undefined
  #since: number

  /**
   * @param since Unix milliseconds: older events of journeys that are not known are told already
   * @param slackMs the time goes on with what is told, and stays so much behind it; absent: it stays
   */
  constructor(since: number, slackMs?: number) {
    this.#since = since
    this.#slackMs = slackMs
  }

  /** See the constructor; for who goes on later. */
  get since(): number {
    return this.#since
  }

  /** Those of all events of a journey that are to be told now. */
  of(journey: string, events: readonly MailEvent[]): readonly MailEvent[] {
    const known = this.#told.get(journey)
    const wanted =
      known === undefined ? events.filter(({ at }) => at >= this.#since) : events.slice(known)
    this.#told.set(journey, events.length)
    const first = Math.min(...wanted.map(({ at }) => at))
    // What changes later has happened after the first of what this change is about.
    if (this.#slackMs !== undefined && Number.isFinite(first)) {
      this.#since = Math.max(this.#since, first - this.#slackMs)
    }
    return wanted
  }
}
