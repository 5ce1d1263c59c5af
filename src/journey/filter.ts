import { parseMoment } from '../base/moment.ts'
import { displayDomain, parseDomain } from '../address/domain.ts'
import { bad, ok, type Result } from '../base/result.ts'
import { formatIp, parseIp, unmapIp } from '../base/ip.ts'

/**
 * What a journey or a waiting letter must be like to be listed; what is absent does not matter.
 * Letters of ASCII are the same in upper and lower case.
 */
export interface JourneyFilter {
  /** Address of a recipient, or a part of one. */
  readonly to?: AddressFilter
  /** The reverse-path; a whole empty one is the null one. */
  readonly from?: AddressFilter
  /** An address in From. */
  readonly author?: AddressFilter
  /** A status, or `partly` for those that begin so. */
  readonly status?: string
  /** Not before; Unix milliseconds. */
  readonly since?: number
  /** Before; Unix milliseconds. */
  readonly until?: number
  /** The Message-ID field, in its angle brackets. */
  readonly messageId?: string
  /** The client's address, in its canonical form. */
  readonly ip?: string
  /** An account that was logged in, whose login was refused, or that has the letter. */
  readonly account?: string
  /** A part of the subject. */
  readonly subject?: string
}

export interface AddressFilter {
  readonly text: string
  /** The same with its domain in A-labels and in U-labels, where that is something else. */
  readonly also?: readonly string[]
  /** Whether it is the whole address or a part of it. */
  readonly match: 'whole' | 'part'
}

/** The words that `status:` takes. */
export const filterStatuses = [
  'delivered',
  'quarantined',
  'queued',
  'deferred',
  'failed',
  'refused',
  'dropped',
  'created',
  'partly',
  'partly delivered',
  'partly failed',
  'held',
] as const

/** The names of the filters. */
export const filterNames = [
  'to',
  'from',
  'author',
  'status',
  'since',
  'until',
  'message-id',
  'ip',
  'account',
  'subject',
] as const

type Key = (typeof filterNames)[number]

/** How the filters are written, for a hint. */
export const filterHint: string = `Filters: ${filterNames.map((key) => `${key}:…`).join(' ')}`

/**
 * Reads filters such as `to:anna@example.com status:deferred since:2h`. All of them must fit.
 *
 * `to`, `from` and `author` take a whole address or a part (`@example.com`, `anna`); `since` and
 * `until` a day (`2026-09-01`), a time (`2026-09-01T12:00:00Z`), or how long ago (`30m`, `2h`, `7d`).
 *
 * @param now Unix milliseconds
 */
export function parseFilters(words: readonly string[], now: number): Result<JourneyFilter> {
  let filter: JourneyFilter = {}
  const given = new Set<Key>()
  for (const word of words) {
    const [, name = '', value = ''] = /^([a-z-]+):([^]*)$/i.exec(word) ?? []
    const key = filterNames.find((one) => one === name.toLowerCase())
    if (key === undefined) return bad(`"${word}" is no filter`)
    if (given.has(key)) return bad(`${key}: is given twice`)
    if (value.trim() === '') return bad(`${key}: wants a value`)
    given.add(key)
    const read = readFilter(key, value.trim(), now)
    if (!read.ok) return bad(`${key}: ${read.problem}`)
    filter = { ...filter, ...read.value }
  }
  return ok(filter)
}

function readFilter(key: Key, value: string, now: number): Result<JourneyFilter> {
  switch (key) {
    case 'to':
      return ok({ to: addressFilter(value) })
    case 'from':
      return ok({ from: addressFilter(value) })
    case 'author':
      return ok({ author: addressFilter(value) })
    case 'status': {
      const word = value.toLowerCase().replaceAll('-', ' ')
      if (filterStatuses.some((one) => one === word)) return ok({ status: word })
      return bad(`"${value}" is none of ${filterStatuses.join(', ')}`)
    }
    case 'since':
    case 'until': {
      const at = readMoment(value, now)
      if (at === undefined) return bad(`"${value}" is not a time such as 2026-09-01 or 2h`)
      return ok(key === 'since' ? { since: at } : { until: at })
    }
    case 'message-id':
      return ok({ messageId: bracketed(value) })
    case 'ip': {
      const ip = parseIp(value)
      if (ip === undefined) return bad(`"${value}" is not an IP address`)
      // Journeys have no `::ffff:192.0.2.1`.
      return ok({ ip: formatIp(unmapIp(ip)) })
    }
    case 'account':
      // Accounts have their domains in A-labels.
      return ok({ account: withDomain(value, parseDomain) ?? value })
    case 'subject':
      return ok({ subject: value })
  }
}

function addressFilter(value: string): AddressFilter {
  const text = value.startsWith('<') && value.endsWith('>') ? value.slice(1, -1) : value
  const match = text === '' || /^[^@]+@[^@]+$/.test(text) ? 'whole' : 'part'
  const ascii = withDomain(text, parseDomain)
  const forms = ascii === undefined ? [] : [ascii, withDomain(ascii, displayDomain) ?? ascii]
  const also = Array.from(new Set(forms)).filter((form) => lower(form) !== lower(text))
  return also.length === 0 ? { text, match } : { text, also, match }
}

/** As the store compares: letters of ASCII alone. */
function lower(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => letter.toLowerCase())
}

/** An address, or the end of one, with its domain in another form. */
function withDomain(
  text: string,
  form: (domain: string) => string | undefined,
): string | undefined {
  const start = text.lastIndexOf('@') + 1
  const domain = form(text.slice(start))
  return domain === undefined ? undefined : text.slice(0, start) + domain
}

/** All forms of what is looked for, the one that was written first. */
export function formsOf({ text, also = [] }: AddressFilter): readonly string[] {
  return [text, ...also]
}

/** The forms in which a Message-ID may stand in its field: with its brackets, and without. */
export function messageIdForms(messageId: string): readonly [string, string] {
  const whole = bracketed(messageId)
  return [whole, whole.replace(/^<|>$/g, '')]
}

/** A Message-ID as it stands in its field. */
export function bracketed(messageId: string): string {
  return messageId.startsWith('<') ? messageId : `<${messageId}>`
}

const unitMs = { m: 60_000, h: 3_600_000, d: 86_400_000 } as const

function readMoment(value: string, now: number): number | undefined {
  const ago = /^(\d{1,6})(m|h|d)$/.exec(value)
  if (ago !== null) {
    const unit = ago[2] === 'm' ? unitMs.m : ago[2] === 'h' ? unitMs.h : unitMs.d
    return now - Number(ago[1]) * unit
  }
  // Nothing else that `Date` takes, which it takes in the machine's own zone.
  return parseMoment(value)
}
