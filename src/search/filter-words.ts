import { nearest } from '../base/nearest.ts'
import { filterHint, filterNames, filterStatuses } from '../journey/filter.ts'

const dayMs = 86_400_000

/**
 * Filters with their times as people write them, made into those that `parseFilters` takes: `today`,
 * `yesterday`, `12:00` for the last time that it was so, and a time without its zone. All are in UTC,
 * as lists show them.
 *
 * @param now Unix milliseconds
 */
export function withMoments(words: readonly string[], now: number): readonly string[] {
  return words.map((word) => {
    const [, name = '', value = ''] = /^(since|until):\s*(.*?)\s*$/i.exec(word) ?? []
    const at = name === '' ? undefined : spokenMoment(value.toLowerCase(), now)
    return at === undefined ? word : `${name}:${at}`
  })
}

function spokenMoment(text: string, now: number): string | undefined {
  const midnight = now - (now % dayMs)
  if (text === 'today') return isoTime(midnight)
  if (text === 'yesterday') return isoTime(midnight - dayMs)
  const [, hour, minute, second] = /^(\d\d?):(\d\d)(?::(\d\d))?z?$/.exec(text) ?? []
  if (hour !== undefined) {
    if (Number(hour) > 23 || Number(minute) > 59 || Number(second ?? 0) > 59) return undefined
    const at = midnight + ((Number(hour) * 60 + Number(minute)) * 60 + Number(second ?? 0)) * 1000
    return isoTime(at > now ? at - dayMs : at)
  }
  const [, day, time, zone] =
    /^(\d{4}-\d\d-\d\d)[t ](\d\d:\d\d(?::\d\d)?)(z|[+-]\d\d:\d\d)?$/.exec(text) ?? []
  return day === undefined ? undefined : `${day}T${time ?? ''}${(zone ?? 'z').toUpperCase()}`
}

function isoTime(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19)}Z`
}

/** What was probably meant by filters that cannot be read, else what there is. */
export function filterAdvice(words: readonly string[]): string {
  for (const word of words) {
    const [, name = '', value = ''] = /^([a-z-]+):(.*)$/is.exec(word) ?? []
    if (name === '' && word.includes('@')) return `Did you mean to:${word} or from:${word}?`
    const known = filterNames.some((one) => one === name.toLowerCase())
    const near = known ? undefined : nearest(name, filterNames)
    if (name !== '' && near !== undefined) return `Did you mean ${near}:${value}?`
    if (/^(since|until)$/i.test(name)) return times
    if (name.toLowerCase() !== 'status') continue
    const status = nearest(value.trim(), filterStatuses)
    if (status !== undefined && status !== value.trim().toLowerCase()) {
      return `Did you mean status:${status}?`
    }
  }
  return filterHint
}

const times =
  'Times: 2026-09-01, 2026-09-01T12:00, 12:00 (all in UTC, as lists show them), today, yesterday, 30m, 2h, 7d'
