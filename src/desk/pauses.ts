import { parseDomain } from '../address/domain.ts'
import { WaybillError } from '../base/error.ts'
import { formatIp, parseIp, unmapIp } from '../base/ip.ts'
import type { RegisterEntry, RegisterPort } from '../store/ports/register.ts'
import { type Actor, member } from './act.ts'
import { mustBeSource, type PausableSource, sourceWith } from './pausable-sources.ts'

/** What is not sent for a while. */
export type PauseOf =
  | { readonly type: 'all' }
  | {
      readonly type: 'destination'
      readonly domain: string
      readonly match: 'whole' | 'below' | 'both'
    }
  /**
   * What goes out from this address: that of a source of the settings, else all, since this server has
   * no other to choose.
   */
  | { readonly type: 'source'; readonly ip: string }
  /** What goes out from a source of the settings. */
  | { readonly type: 'named-source'; readonly name: string }

/** A pause that a person wants. Plain data. */
export interface PersonPause {
  /** `all`, `destination .example.com`, `source 192.0.2.1`, `source news-1`: one pause of each. */
  readonly key: string
  readonly of: PauseOf
  readonly by: string
  readonly door: string
  readonly why: string
  /** Unix milliseconds. */
  readonly addedAt: number
  /** When it ends by itself; absent: with `waybill resume`. */
  readonly until?: number
}

/** Why nothing goes to a destination now. */
export interface Standstill {
  /** When it was paused; Unix milliseconds. */
  readonly since: number
  readonly until: number | undefined
  /** A sentence that senders may read. */
  readonly because: string
  /** The same with who and why. */
  readonly inFull: string
}

const kind = 'pause'
const sourceNamePattern = /^[a-z0-9](?:[a-z0-9._-]{0,38}[a-z0-9])?$/
/** Pauses at a time. */
export const mostPauses = 1000

/**
 * What is meant by words: `all`, `source` with an address or a name, or `destination` with a domain; before the
 * domain `.` means those below it, too, and `*.` those alone.
 *
 * @throws WaybillError `usage`
 */
export function readPauseKey(key: string): PauseOf {
  const [, type = '', value = ''] = /^(all|source|destination)(?: (.*))?$/i.exec(key.trim()) ?? []
  if (type === 'all') return { type: 'all' }
  if (type === 'source') {
    const ip = parseIp(value)
    if (ip !== undefined) return { type: 'source', ip: formatIp(unmapIp(ip)) }
    if (sourceNamePattern.test(value)) return { type: 'named-source', name: value }
    throw new WaybillError('usage', `"${value}" is neither an IP address nor the name of a source.`)
  }
  const [, sign = '', name = ''] = /^(\*\.|\.|@)?([^]*)$/.exec(value) ?? []
  const literal = /^\[[^\]]+\]$/.test(name) && sign === '' ? name.toLowerCase() : undefined
  const domain = literal ?? parseDomain(name)
  if (type === '' || domain === undefined) {
    throw new WaybillError('usage', `"${value === '' ? key : value}" is no domain.`, {
      hint: 'Such as example.com, .example.com (and those below it), or *.example.com (those alone).',
    })
  }
  const match = sign === '*.' ? 'below' : sign === '.' ? 'both' : 'whole'
  return { type: 'destination', domain: domain.toLowerCase(), match }
}

/** The one key of what is paused. */
export function pauseKey(of: PauseOf): string {
  switch (of.type) {
    case 'all':
      return 'all'
    case 'source':
      return `source ${of.ip}`
    case 'named-source':
      return `source ${of.name}`
    case 'destination':
      return `destination ${signs[of.match]}${of.domain}`
  }
}

const signs = { whole: '', below: '*.', both: '.' } as const

/**
 * Why nothing goes there, in a sentence for journeys and for notices to senders: who paused it, and
 * why, is not for them. It is the same however long the pause is.
 */
export function pauseNotice(of: PauseOf): string {
  return `${subjectOf(of)} is paused on this server.`
}

function subjectOf(of: PauseOf): string {
  switch (of.type) {
    case 'all':
      return 'All mail'
    case 'source':
      return `Mail from ${of.ip}`
    case 'named-source':
      return `Mail from the source ${of.name}`
    case 'destination':
      return `Mail to ${signs[of.match]}${of.domain}`
  }
}

/** The same with who, until when and why, for those who run the server. */
export function pauseSentence({ of, by, why, until }: PersonPause): string {
  const what = subjectOf(of)
  const end = until === undefined ? '' : ` until ${new Date(until).toISOString().slice(0, 19)}Z`
  return `${what} is paused by ${by}${end}${why === '' ? '.' : `: ${why.replace(/\.$/, '')}.`}`
}

/** The pauses of a store, for whoever only looks. */
export async function readPauses(
  register: Pick<RegisterPort, 'list'>,
  now: number,
): Promise<readonly PersonPause[]> {
  const entries = await register.list({ kind, now, limit: mostPauses })
  return entries.flatMap((entry) => pauseIn(entry) ?? [])
}

/** Why nothing goes to a destination by these pauses; of several that which ends last. */
export function standstillOf(
  pauses: Iterable<PersonPause>,
  destination: string,
  now: number,
): Standstill | undefined {
  let longest: PersonPause | undefined
  for (const one of pauses) {
    if (endOf(one) <= now || !isOf(one.of, destination.toLowerCase())) continue
    if (longest === undefined || endOf(one) > endOf(longest)) longest = one
  }
  return standstill(longest)
}

export interface PausesParts {
  readonly register: Pick<RegisterPort, 'put' | 'list' | 'remove'>
  readonly now: () => number
}

/**
 * What people want not to be sent for a while. It is kept in the store and lasts over a restart.
 * Whoever changes it does it here, so that it counts at once.
 */
export class PersonPauses {
  readonly #parts: PausesParts
  #known: ReadonlyMap<string, PersonPause> = new Map()
  /** Keys of those that are being ended. */
  #ending: ReadonlySet<string> = new Set()
  #sources: readonly PausableSource[] | undefined

  constructor(parts: PausesParts) {
    this.#parts = parts
  }

  /** Reads them from the store, before anything is asked. */
  async load(): Promise<void> {
    const { register, now } = this.#parts
    const all = await readPauses(register, now())
    this.#known = new Map(all.map((one) => [one.key, one]))
  }

  /** Those that last, in the order of their keys. */
  list(): readonly PersonPause[] {
    return Array.from(this.#known.values()).filter((one) => this.#lasts(one))
  }

  /** Why nothing goes to a destination now; of several pauses that which ends last. */
  of(destination: string): Standstill | undefined {
    if (this.#known.size === 0) return undefined
    // Where the address is that of a source, others may go from another one.
    const meant = Array.from(this.#known.values()).filter(({ key, of }) => {
      if (this.#ending.has(key)) return false
      return of.type !== 'source' || sourceWith(this.#sources ?? [], of.ip) === undefined
    })
    return standstillOf(meant, destination, this.#parts.now())
  }

  /** Why nothing goes from a source of the settings now. */
  ofSource(name: string): Standstill | undefined {
    const paused = this.list().filter(({ key, of }) => {
      if (this.#ending.has(key)) return false
      if (of.type === 'named-source') return of.name === name
      return of.type === 'source' && sourceWith(this.#sources ?? [], of.ip)?.name === name
    })
    return standstill(paused.toSorted((a, b) => endOf(b) - endOf(a))[0])
  }

  /** The sources of the settings, from now on. Without a server nobody knows them. */
  knows(sources: readonly PausableSource[]): void {
    this.#sources = sources
  }

  /**
   * Nothing that was not begun goes there from now on. It takes the place of a pause of the same.
   *
   * @throws WaybillError `usage` where there are too many
   */
  async add(
    { of, until }: { readonly of: PauseOf; readonly until?: number },
    { by, door, why }: Actor,
  ): Promise<PersonPause> {
    if (of.type === 'named-source' && this.#sources !== undefined) {
      mustBeSource(this.#sources, of.name)
    }
    const addedAt = this.#parts.now()
    const end = until === undefined ? {} : { until }
    const pause: PersonPause = { key: pauseKey(of), of, by, door, why, addedAt, ...end }
    await this.load()
    if (this.#known.size >= mostPauses && !this.#known.has(pause.key)) {
      throw new WaybillError('usage', `There are ${mostPauses} pauses already.`, {
        hint: 'waybill pause lists them; waybill resume ends one.',
      })
    }
    await this.#parts.register.put([entryOf(pause)])
    await this.load()
    return pause
  }

  /** Ends these, with nothing to do before; gives those that there were. */
  remove(keys: readonly string[]): Promise<readonly PersonPause[]> {
    return this.end(keys, () => Promise.resolve())
  }

  /**
   * Ends these; gives those that there were. What is to be done before they are gone finds that they keep
   * nothing back any more. Where it fails, or the store does, they all stand, and it can be done again.
   */
  async end(
    keys: readonly string[],
    before: (ended: readonly PersonPause[]) => Promise<void>,
  ): Promise<readonly PersonPause[]> {
    await this.load()
    const ended = this.list().filter(({ key }) => keys.includes(key))
    this.#ending = new Set(keys)
    try {
      await before(ended)
      await this.#parts.register.remove(kind, keys)
      const others = Array.from(this.#known).filter(([key]) => !keys.includes(key))
      this.#known = new Map(others)
    } finally {
      this.#ending = new Set()
    }
    return ended
  }

  #lasts(pause: PersonPause): boolean {
    return endOf(pause) > this.#parts.now()
  }
}

function standstill(pause: PersonPause | undefined): Standstill | undefined {
  if (pause === undefined) return undefined
  const { of, until, addedAt: since } = pause
  return { since, until, because: pauseNotice(of), inFull: pauseSentence(pause) }
}

function endOf({ until = Infinity }: PersonPause): number {
  return until
}

function isOf(of: PauseOf, destination: string): boolean {
  if (of.type === 'named-source') return false
  if (of.type !== 'destination') return true
  if (of.match !== 'below' && destination === of.domain) return true
  return of.match !== 'whole' && destination.endsWith(`.${of.domain}`)
}

function entryOf({ key, by, door, why, addedAt, until }: PersonPause): RegisterEntry {
  const end = until === undefined ? {} : { expiresAt: until }
  return { kind, key, json: JSON.stringify({ by, door, why }), changedAt: addedAt, ...end }
}

function pauseIn({ key, json, changedAt, expiresAt }: RegisterEntry): PersonPause | undefined {
  const read: unknown = JSON.parse(json)
  const text = (name: string): string => {
    const value = member(read, name)
    return typeof value === 'string' ? value : ''
  }
  const who = { by: text('by'), door: text('door'), why: text('why') }
  const end = expiresAt === undefined ? {} : { until: expiresAt }
  return { key, of: readPauseKey(key), ...who, addedAt: changedAt, ...end }
}
