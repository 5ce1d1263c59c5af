import { clientKeys, formatIp, parseIp, unmapIp } from './ip.ts'
import type { Clock } from './clock.ts'
import type { Log, LogEvent, LogLine } from './log.ts'

/**
 * Bounds what others can make the log say. Of one kind of line about one client the first ones of a
 * minute are written; the rest are counted, and told in one line when the minute is over. Lines that
 * cost us a letter, or that only our own users bring about, are written each.
 */
export class LogGatherer {
  readonly #options: Required<LogGathererOptions>
  #minute: Minute | undefined

  constructor(options: LogGathererOptions) {
    this.#options = { ...defaults, ...options }
  }

  /** A `Log`: takes a line, writes it or counts it. */
  readonly take: Log = (given) => {
    const line = withoutMapping(given)
    if (alwaysTold.has(line.event)) return this.#options.write(line)
    this.#minute ??= this.#begin()
    const { perSubject, perEvent } = this.#options
    const count = countOf(this.#minute, line)
    const written = this.#minute.written.get(line.event) ?? 0
    if (count.seen <= perSubject && written < perEvent) {
      this.#minute.written.set(line.event, written + 1)
      return this.#options.write(line)
    }
    count.gathered++
  }

  /** Tells what is counted and begins anew; before the end of the program too. */
  flush(): void {
    const minute = this.#minute
    if (minute === undefined) return
    this.#minute = undefined
    minute.cancel()
    const gathered = Array.from(minute.counts.values()).filter((one) => one.gathered > 0)
    gathered.sort((a, b) => b.gathered - a.gathered)
    const { toldSubjects } = this.#options
    for (const { line, gathered: more } of gathered.slice(0, toldSubjects)) {
      const { level, event, fields } = line
      const { client, account, destination, limit, where, problem } = fields
      const same = event === 'fault' ? { where, problem } : { client, account, destination, limit }
      this.#options.write({ level, event, fields: { ...same, ...this.#howMany(more) } })
    }
    this.#tellRest(gathered.slice(toldSubjects))
  }

  #tellRest(rest: readonly Count[]): void {
    for (const event of new Set(rest.map(({ line }) => line.event))) {
      const same = rest.filter(({ line }) => line.event === event)
      const more = same.reduce((sum, { gathered }) => sum + gathered, 0)
      const fields = { clients: same.length, ...this.#howMany(more) }
      this.#options.write({ level: same[0]?.line.level ?? 'info', event, fields })
    }
  }

  #howMany(more: number): LogLine['fields'] {
    return { more, seconds: this.#options.everyMs / 1000 }
  }

  #begin(): Minute {
    const { clock, everyMs } = this.#options
    const cancel = clock.setTimer(everyMs, () => this.flush())
    return { cancel, counts: new Map(), written: new Map() }
  }
}

export interface LogGathererOptions {
  readonly clock: Clock
  /** Where lines go. */
  readonly write: Log
  /** Lines of one kind about one client that are written in a minute; 20. */
  readonly perSubject?: number
  /** Lines of one kind about everybody; 600. */
  readonly perEvent?: number
  /** Clients that are told of one by one when the minute is over; 50. */
  readonly toldSubjects?: number
  /** The minute. */
  readonly everyMs?: number
}

const defaults = { perSubject: 20, perEvent: 600, toldSubjects: 50, everyMs: 60_000 }

interface Minute {
  readonly cancel: () => void
  readonly counts: Map<string, Count>
  readonly written: Map<LogEvent, number>
}

interface Count {
  /** The first of its kind, for what they have in common. */
  readonly line: LogLine
  seen: number
  gathered: number
}

/** Each of these had its price, or is told once by its nature. */
const alwaysTold: ReadonlySet<LogEvent> = new Set<LogEvent>([
  'accepted',
  'delivered',
  'deferred',
  'failed',
  'paused',
  'account-held',
  'started',
  'reloaded',
  'stopping',
  'stopped',
])

/** Clients that are told apart within a minute; those beyond count as one. */
const maxSubjects = 10_000

function countOf({ counts }: Minute, line: LogLine): Count {
  const { client, destination, limit, where } = line.fields
  const about = typeof client === 'string' ? networkOf(client) : (destination ?? where ?? '')
  const key = JSON.stringify([line.event, limit ?? '', about])
  const found = counts.get(key) ?? (counts.size < maxSubjects ? undefined : counts.get(others))
  if (found !== undefined) {
    found.seen++
    return found
  }
  const count: Count = { line, seen: 1, gathered: 0 }
  counts.set(counts.size < maxSubjects ? key : others, count)
  return count
}

const others = 'others'

/** An IPv6 client has a whole /64 for itself (RFC 6177 §2), so its address alone says little. */
function networkOf(client: string): string {
  const { network, site } = clientKeys(client)
  return site === undefined ? client : network
}

/** A listener on `::` sees IPv4 clients as `::ffff:192.0.2.1`; nobody else calls them so. */
function withoutMapping(line: LogLine): LogLine {
  const { client } = line.fields
  if (typeof client !== 'string' || !client.includes(':')) return line
  const ip = parseIp(client)
  if (ip?.family !== 6) return line
  return { ...line, fields: { ...line.fields, client: formatIp(unmapIp(ip)) } }
}
