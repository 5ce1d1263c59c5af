import { isId } from '../base/id.ts'
import type { Log, LogLine } from '../base/log.ts'
import { RecentMap } from '../base/recent-map.ts'

/** Something that was told in the log, and how often since the start. */
export interface Sign {
  readonly name: string
  readonly times: number
  /** Unix milliseconds. */
  readonly lastAt: number
  /** What was said the last time, in one sentence. */
  readonly said: string
  /** Whether the server itself was short of something, and not one client alone. */
  readonly ours: boolean
  /** It is still so, however long ago it was told. */
  readonly lasts?: true
  /** It was that the disk is full, which is over when there is room and nothing more is heard of it. */
  readonly full?: true
}

/** What the log said of how this server is. */
export interface Signs {
  /** Limits that were met, the last ones first. */
  readonly limits: readonly Sign[]
  /** Faults, the last ones first. */
  readonly faults: readonly Sign[]
  /** Since when no DNS server answers; absent: they do. */
  readonly dnsDownSince: number | undefined
}

/** Where a fault is of a state, which lasts until it is told to be over. */
export const lasting = {
  page: 'the page and the HTTP API, so they are closed',
  settings: 'SIGHUP, so the settings are as before',
} as const

export type Lasting = (typeof lasting)[keyof typeof lasting]

/** Names that are kept; a limit is named in the settings, a fault by where it happened. */
const mostNames = 50

/**
 * Listens to the log for what `waybill status` tells: limits that were met, faults, DNS that does not
 * answer. Keeps as much of it after a year as after an hour.
 */
export class VitalSigns {
  readonly #now: () => number
  readonly #limits = new RecentMap<string, Sign>(mostNames)
  readonly #faults = new RecentMap<string, Sign>(mostNames)
  #dnsDownSince: number | undefined

  constructor(now: () => number) {
    this.#now = now
  }

  /** A log that passes everything on. */
  over(log: Log): Log {
    return (line) => {
      this.hear(line)
      log(line)
    }
  }

  hear({ event, level, fields }: LogLine): void {
    const ours = level === 'error'
    switch (event) {
      case 'limit': {
        const said = String(fields['why'] ?? '')
        this.#count(this.#limits, { name: String(fields['limit']), said, ours })
        return
      }
      case 'fault': {
        const said = String(fields['problem'] ?? '')
        const name = placeOf(fields['where'])
        const kind = {
          ...(isLasting(name) && { lasts: true as const }),
          ...(fields['code'] === 'store-full' && { full: true as const }),
        }
        this.#count(this.#faults, { name, said, ours, ...kind })
        return
      }
      case 'dns-down':
        this.#dnsDownSince ??= this.#now()
        return
      case 'dns-up':
        this.#dnsDownSince = undefined
        return
      default:
    }
  }

  /** What lasted is over, so nothing is told of it any more. */
  ended(place: Lasting): void {
    for (const { name } of this.#faults.values()) {
      if (name.startsWith(place)) this.#faults.delete(name)
    }
  }

  get signs(): Signs {
    return {
      limits: lastFirst(this.#limits),
      faults: lastFirst(this.#faults),
      dnsDownSince: this.#dnsDownSince,
    }
  }

  /** The one that was longest not heard of makes room. */
  #count(signs: RecentMap<string, Sign>, heard: Omit<Sign, 'times' | 'lastAt'>): void {
    const { name, ours } = heard
    const before = signs.get(name)
    const times = (before?.times ?? 0) + 1
    signs.set(name, { ...heard, times, lastAt: this.#now(), ours: ours || before?.ours === true })
  }
}

function isLasting(place: string): boolean {
  return Object.values(lasting).some((one) => place.startsWith(one))
}

/** The id of a letter in it would make each one a place of its own. */
function placeOf(where: unknown): string {
  return isId(String(where)) ? 'a letter' : String(where)
}

function lastFirst(signs: RecentMap<string, Sign>): readonly Sign[] {
  return signs.values().toReversed()
}
