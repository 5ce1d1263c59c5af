import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import { isHere } from '../config/source-problems.ts'
import { type PausedSources, SourceBook, type SourcePlan } from '../deliver/source-book.ts'
import { SourceCounts } from '../deliver/source-counts.ts'
import { machineAddresses } from '../io/machine-addresses.ts'
import type { RegisterPort } from '../store/ports/register.ts'

/** What the sources of a server are made of. */
export interface OutgoingSourcesOptions {
  readonly register: Pick<RegisterPort, 'put' | 'find'>
  readonly clock: Clock
  readonly persons: PausedSources
  readonly log: Log
  readonly report: (problem: unknown) => void
}

/** The sources of a running server, with what each has sent today. */
export class OutgoingSources {
  readonly book: SourceBook
  readonly #options: OutgoingSourcesOptions
  readonly #counts: SourceCounts
  #loaded: Promise<void> = Promise.resolve()

  constructor(options: OutgoingSourcesOptions) {
    const { clock, persons, log } = options
    this.#options = options
    this.#counts = new SourceCounts(options)
    this.book = new SourceBook({
      clock,
      counts: this.#counts,
      isHere: (address) => isHere(address, machineAddresses()),
      persons,
      log,
    })
  }

  /** From now on these are the sources; none when absent. */
  use(plan: SourcePlan = none): void {
    const names = plan.sources.map(({ name }) => name)
    this.#loaded = this.#counts.load(names).catch(this.#options.report)
    this.book.use(plan)
  }

  /** Resolves when it is known what went today: before anything goes. */
  loaded(): Promise<void> {
    return this.#loaded
  }

  /** Resolves when all is written down: before the store is closed. */
  settled(): Promise<void> {
    return this.#counts.settled()
  }
}

const none: SourcePlan = { sources: [], senders: [], poolTo: () => undefined }
