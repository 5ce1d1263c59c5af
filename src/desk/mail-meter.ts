import { Counter, Histogram } from '../base/histogram.ts'
import { timeOfId } from '../base/id.ts'
import type { Log, LogLine } from '../base/log.ts'

/** What became of letters at the door, by the event of the log. */
const verdicts: ReadonlySet<string> = new Set(['accepted', 'refused', 'turned-away', 'dropped'])
/** What became of attempts to hand them on. */
const outcomes: ReadonlySet<string> = new Set(['delivered', 'deferred', 'failed'])

/**
 * Counts what the log tells of letters, and how long they took: the id of a journey has the time of
 * its beginning. The log comes from all threads already, so that the way of a letter costs nothing.
 */
export class MailMeter {
  readonly #now: () => number
  readonly #verdicts = new Counter()
  readonly #outcomes = new Counter()
  readonly #answered = new Histogram()
  readonly #delivered = new Histogram()

  constructor(now: () => number) {
    this.#now = now
  }

  /** A log that passes everything on. */
  over(log: Log): Log {
    return (line) => {
      this.#hear(line)
      log(line)
    }
  }

  /** What was counted since the start, in the text format of Prometheus. */
  get lines(): readonly string[] {
    return [
      ...this.#verdicts.lines(
        'waybill_letters_total',
        'Letters and connections at the door, by what became of them',
      ),
      ...this.#outcomes.lines(
        'waybill_deliveries_total',
        'Attempts to hand letters on, one for each recipient, by their result',
      ),
      ...this.#answered.lines(
        'waybill_accept_duration_seconds',
        'From the beginning of a session, or of its next letter, to its last answer',
      ),
      ...this.#delivered.lines(
        'waybill_queue_duration_seconds',
        'From the beginning of a letter until another server took it',
      ),
    ]
  }

  #hear({ event, fields }: LogLine): void {
    if (verdicts.has(event)) {
      this.#verdicts.add({ verdict: event, status: String(fields['status'] ?? event) })
      if (event === 'accepted') this.#took(this.#answered, fields['id'])
    } else if (outcomes.has(event)) {
      this.#outcomes.add({ outcome: event })
      if (event === 'delivered') this.#took(this.#delivered, fields['id'])
    }
  }

  #took(histogram: Histogram, id: unknown): void {
    const began = typeof id === 'string' ? timeOfId(id) : undefined
    if (began !== undefined) histogram.observe((this.#now() - began) / 1000)
  }
}
