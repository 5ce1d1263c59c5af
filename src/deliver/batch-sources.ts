import { parseIp, unmapIp } from '../base/ip.ts'
import type { JourneyBuilder } from '../journey/builder.ts'
import type { Pause } from '../post/batch.ts'
import type { RouteTarget } from '../route/found-route.ts'
import type { ChosenSource, SourceChoice } from '../source/choose-source.ts'
import type { SentBy } from '../source/pool-of.ts'
import { addressOf, type Family } from '../source/source.ts'
import type { QueueItem } from '../store/ports/queue.ts'
import type { Lane, SourceBook, SourceTaken } from './source-book.ts'
import type { Part } from './wishes.ts'

/** A source that was chosen for one part of a batch. */
export interface TakenSource {
  readonly type: 'taken'
  readonly chosen: ChosenSource
  /** So many letters of the part may go. */
  readonly letters: number
  /** Whether it has an address of the family of this one. */
  readonly reaches: (address: string) => boolean
  /** Further letters; gives how many of them may go. */
  readonly join: (letters: number) => Promise<number>
  /** The part has ended, and servers have seen so many of its letters. */
  readonly giveBack: (seen: number) => void
  /** The site refuses it. */
  readonly refused: (pause: Pause) => void
  /** Whether another source would be chosen for so many letters, now that this one is refused. */
  readonly elsewhere: (letters: number) => boolean
}

/** The sources of one batch, which goes to one site. */
export class BatchSources {
  readonly #book: SourceBook
  readonly #destination: string
  readonly #site: string
  readonly #families: readonly Family[]

  constructor(
    book: SourceBook,
    to: {
      readonly destination: string
      readonly site: string
      readonly route: { readonly targets: readonly RouteTarget[] }
    },
  ) {
    this.#book = book
    this.#destination = to.destination
    this.#site = to.site
    this.#families = familiesOf(to.route.targets.map(({ address }) => address))
  }

  /** See `SourceBook.laneOf`. */
  readonly laneOf = (item: QueueItem): Lane | undefined => {
    return this.#book.laneOf(item, this.#destination, this.#site)
  }

  /** Chooses the source for a part, and tells it; `undefined` where its pool has none. */
  async take(
    { lane, items }: Part,
    log: JourneyBuilder,
  ): Promise<TakenSource | (SourceChoice & { readonly type: 'wait' }) | undefined> {
    if (lane === undefined) return undefined
    const [site, families] = [this.#site, this.#families]
    const begin = log.begin()
    const { facts, choice } = await this.#book.take(lane, { site, families, letters: items.length })
    log.step({ type: 'source', destination: this.#destination, facts, choice }, begin)
    if (choice.type === 'wait') return choice
    const { source, letters } = choice
    let counted = letters
    return {
      type: 'taken',
      chosen: choice,
      letters,
      reaches: (address) => {
        const family = familyOf(address)
        return family === undefined || addressOf(choice, family) !== undefined
      },
      join: async (joining) => {
        const admitted = await this.#book.join(source, site, joining)
        counted += admitted
        return admitted
      },
      giveBack: (seen) => this.#book.giveBack(source, Math.max(0, counted - seen)),
      refused: (pause) => this.#book.refused(source, site, pause),
      elsewhere: (others) => {
        const next = this.#book.foresee(lane, { site, families, letters: others })
        return next.choice.type === 'source'
      },
    }
  }
}

/**
 * From where one letter would go now; nothing is counted for it. `undefined`: its pool has no source, and
 * the system chooses the address.
 */
export function foreseeSource(
  book: Pick<SourceBook, 'laneOf' | 'foresee'>,
  sentBy: SentBy,
  to: {
    readonly destination: string
    readonly site: string
    readonly targets: readonly Pick<RouteTarget, 'address'>[]
  },
): SourceTaken | undefined {
  const { destination, site, targets } = to
  const lane = book.laneOf(sentBy, destination, site)
  if (lane === undefined) return undefined
  const families = familiesOf(targets.map(({ address }) => address))
  return book.foresee(lane, { site, families, letters: 1 })
}

/** The families of addresses, IPv4 first. */
function familiesOf(addresses: readonly string[]): readonly Family[] {
  const found = new Set(addresses.map(familyOf))
  return ([4, 6] as const).filter((family) => found.has(family))
}

function familyOf(address: string): Family | undefined {
  const ip = parseIp(address)
  return ip === undefined ? undefined : unmapIp(ip).family
}
