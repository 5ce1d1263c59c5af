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
        this.#count(this.#faults, { name: placeOf(fields['where']), said, ours })
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

  get signs(): Signs {
    return {
      limits: lastFirst(this.#limits),
      faults: lastFirst(this.#faults),
      dnsDownSince: this.#dnsDownSince,
    }
  }

  /** The one that was longest not heard of makes room. */
  #count(signs: RecentMap<string, Sign>, heard: Pick<Sign, 'name' | 'said' | 'ours'>): void {
    const { name, ours } = heard
    const before = signs.get(name)
    const times = (before?.times ?? 0) + 1
    signs.set(name, { ...heard, times, lastAt: this.#now(), ours: ours || before?.ours === true })
  }
}

/** The id of a letter in it would make each one a place of its own. */
function placeOf(where: unknown): string {
  return isId(String(where)) ? 'a letter' : String(where)
}

function lastFirst(signs: RecentMap<string, Sign>): readonly Sign[] {
  return signs.values().toReversed()
}
