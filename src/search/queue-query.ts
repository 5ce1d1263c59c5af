import { parseDomain } from '../address/domain.ts'
import { kindSentences } from '../answers/kinds.ts'
import { nearest } from '../base/nearest.ts'
import { bad, ok, type Result } from '../base/result.ts'
import { filterNames, filterStatuses, parseFilters } from '../journey/filter.ts'
import type { QueueFilter } from '../store/ports/queue-filter.ts'
import { filterAdvice, withMoments } from './filter-words.ts'
import { maxLength, maxTerms, partsOf, partsOfArguments, type QueryProblem } from './query.ts'

/** Which letters that wait are meant. */
export interface QueueQuery {
  readonly filter: QueueFilter
  /** Parts of ids of journeys, each of which must mean one; none: all that the filter lets through. */
  readonly ids: readonly string[]
}

type Read = Result<QueueQuery, QueryProblem>
type ReadFilter = Result<QueueFilter, QueryProblem>

/** Other names of the same. */
const synonyms: Readonly<Record<string, string>> = {
  after: 'since',
  before: 'until',
  outcome: 'status',
  is: 'status',
  message_id: 'message-id',
  domain: 'destination',
}

/** What only letters that wait can be asked for. */
const readers: Readonly<Record<string, (value: string, now: number) => ReadFilter>> = {
  destination: readDestination,
  older: (value, now) => readAge('older', value, now),
  younger: (value, now) => readAge('younger', value, now),
  age: readSignedAge,
  reason: (reason) => ok({ reason }),
  kind: readKind,
  held: readHeld,
}

/** All names, as they are written. */
const names: readonly string[] = [...filterNames, ...Object.keys(synonyms), ...Object.keys(readers)]

/** The words of the queue, for help. */
export const queueWords =
  'to: from: author: domain: account: subject: status: held: reason: kind: older: age: since: until: message-id: ip:, -not'

const hint = `Ids, or ${queueWords}`

/**
 * Reads which letters that wait are meant, such as `domain:example.com older:2h -from:@example.org`:
 * all of it must fit. The page, the API, hold rules and the command line take the same.
 *
 * @param now Unix milliseconds
 */
export function parseQueueQuery(text: string, now: number): Read {
  if (text.length > maxLength) return tooLong
  return parseParts(partsOf(text), now)
}

/** The same of words that were parted before, by a shell. */
export function parseQueueArguments(words: readonly string[], now: number): Read {
  if (words.reduce((sum, word) => sum + word.length + 1, 0) > maxLength + 1) return tooLong
  return parseParts(partsOfArguments(words, names), now)
}

const tooLong = bad({
  problem: `A query has at most ${maxLength} characters`,
  hint: 'Look for less at once.',
})

function parseParts(parts: readonly string[], now: number): Read {
  if (parts.length > maxTerms) {
    return bad({ problem: `A query has at most ${maxTerms} terms`, hint: 'Look for less at once.' })
  }
  let filter: QueueFilter = {}
  const ids: string[] = []
  for (const part of parts) {
    const [, sign = '', body = ''] = /^([-!]?)([^]*)$/.exec(part) ?? []
    if (sign === '' && /^[0-9a-z]{4,}$/i.test(body)) {
      ids.push(body)
      continue
    }
    const read = readPart(body, now)
    if (!read.ok) return read
    if (sign !== '') {
      filter = { ...filter, not: [...(filter.not ?? []), read.value] }
      continue
    }
    const twice = Object.keys(read.value).find((key) => key in filter)
    if (twice !== undefined) {
      return bad({
        problem: `"${part}" says what another part says`,
        hint: 'Each may be said once.',
      })
    }
    filter = { ...filter, ...read.value }
  }
  return ok({ filter, ids })
}

function readPart(body: string, now: number): ReadFilter {
  const [, written = '', rest = ''] = /^([a-z][a-z_-]*):([^]*)$/i.exec(body) ?? []
  const given = written.toLowerCase()
  const name = synonyms[given] ?? given
  const value = rest.replace(/^"([^"]*)"?$/, '$1').trim()
  if (given === '' || !names.includes(given)) return unknown({ body, given, value })
  if (value === '') return bad({ problem: `${given}: wants a value`, hint })
  const read = Object.hasOwn(readers, name) ? readers[name]?.(value, now) : undefined
  if (read !== undefined) {
    if (read.ok) return read
    return bad({ problem: `${given}: ${read.problem.problem}`, hint: read.problem.hint })
  }
  const found = parseFilters(withMoments([`${name}:${value}`], now), now)
  if (found.ok) return found
  const problem = found.problem.replace(`${name}:`, `${given}:`)
  if (name !== 'status') return bad({ problem, hint: filterAdvice([`${name}:${value}`]) })
  const near = nearest(value, filterStatuses)
  const which = near === undefined ? `One of ${filterStatuses.join(', ')}.` : `${given}:${near}?`
  return bad({ problem, hint: near === undefined ? which : `Did you mean ${which}` })
}

/** `example.com`, and those below it as `*.example.com`, or both as `.example.com`. */
function readDestination(value: string): ReadFilter {
  const [, sign = '', name = ''] = /^(\*\.|\.|@)?([^]*)$/.exec(value) ?? []
  const literal = /^\[[^\]]+\]$/.test(name) && sign === '' ? name.toLowerCase() : undefined
  const domain = literal ?? parseDomain(name)
  if (domain === undefined) {
    return bad({
      problem: `"${value}" is no domain`,
      hint: 'Such as domain:example.com, domain:.example.com (and those below it), or domain:*.example.com (those alone)',
    })
  }
  const match = sign === '*.' ? 'below' : sign === '.' ? 'both' : 'whole'
  return ok({ destination: { domain: domain.toLowerCase(), match } })
}

const unitMs: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 7 * 86_400_000,
}

/** How long, in milliseconds: `90s`, `30m`, `2h`, `7d`, `2w`; `undefined` for every other text. */
export function parseSpan(text: string): number | undefined {
  const [, number, unit = ''] = /^(\d{1,6})\s*(s|m|h|d|w)$/i.exec(text) ?? []
  return number === undefined ? undefined : Number(number) * (unitMs[unit.toLowerCase()] ?? 0)
}

function readAge(how: 'older' | 'younger', value: string, now: number): ReadFilter {
  const span = parseSpan(value)
  if (span === undefined) {
    return bad({
      problem: `"${value}" is no time such as 30m, 2h or 7d`,
      hint: `Such as ${how}:2h`,
    })
  }
  return ok(how === 'older' ? { until: now - span } : { since: now - span })
}

function readSignedAge(value: string, now: number): ReadFilter {
  const [, sign = '>', span = ''] = /^([<>])?=?([^]*)$/.exec(value) ?? []
  const read = readAge(sign === '<' ? 'younger' : 'older', span.trim(), now)
  return read.ok ? read : bad({ ...read.problem, hint: 'Such as age:>2h or age:<10m' })
}

/** What the last refusal meant, in the words of journeys. */
function readKind(value: string): ReadFilter {
  const kinds = Object.keys(kindSentences)
  const kind = value.toLowerCase()
  if (kinds.includes(kind)) return ok({ kind })
  const near = nearest(kind, kinds)
  return bad({
    problem: `"${value}" is no kind of refusal`,
    hint: near === undefined ? `One of ${kinds.join(', ')}.` : `Did you mean kind:${near}?`,
  })
}

/** `yes`, `no`, or words of why. */
function readHeld(value: string): ReadFilter {
  if (/^(?:yes|true)$/i.test(value)) return ok({ held: true })
  if (/^(?:no|false)$/i.test(value)) return ok({ held: false })
  return ok({ held: true, holdReason: value })
}

function unknown(part: {
  readonly body: string
  readonly given: string
  readonly value: string
}): Result<never, QueryProblem> {
  const { body, given, value } = part
  const shown = body.length > 60 ? `${body.slice(0, 60)}…` : body
  if (given !== '') {
    const near = nearest(given, names)
    const meant = near === undefined ? hint : `Did you mean ${near}:${value.slice(0, 60)}?`
    return bad({ problem: `There is no ${given}: for what waits`, hint: meant })
  }
  const problem = `"${shown}" is no filter, and no id`
  return bad({ problem, hint: body.includes('@') ? filterAdvice([body]) : hint })
}
