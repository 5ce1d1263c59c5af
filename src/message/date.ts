/** Dates of messages: RFC 5322 §3.3 written strictly, read with every form that is met (§4.3). */

const dayNames = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']
const monthNames = [
  'Jan',
  'Feb',
  'Mar',
  'Apr',
  'May',
  'Jun',
  'Jul',
  'Aug',
  'Sep',
  'Oct',
  'Nov',
  'Dec',
]
const maxDateCharacters = 512
const minuteMs = 60_000

/**
 * Writes a date as `Mon, 23 Nov 2026 18:29:07 +0100`.
 *
 * @param unixMs        milliseconds since 1970 UTC; the fraction of a second is dropped
 * @param offsetMinutes how far the local hour is ahead of UTC, −5999 to 5999; 0 gives `+0000`
 * @see RFC 5322 §3.3
 */
export function formatDate(unixMs: number, offsetMinutes = 0): string {
  const local = new Date(unixMs + offsetMinutes * minuteMs)
  const year = local.getUTCFullYear()
  // RFC 5322 §3.3: the year is four or more digits and not before 1900.
  if (!Number.isInteger(offsetMinutes) || Math.abs(offsetMinutes) > 5999 || !(year >= 1900)) {
    throw new Error(`formatDate: ${unixMs} at ${offsetMinutes} min cannot be written`)
  }
  const day = dayNames[local.getUTCDay()] ?? ''
  const month = monthNames[local.getUTCMonth()] ?? ''
  const time = [local.getUTCHours(), local.getUTCMinutes(), local.getUTCSeconds()]
  return `${day}, ${local.getUTCDate()} ${month} ${year} ${time.map(two).join(':')} ${zone(offsetMinutes)}`
}

/** A date that was read. */
export interface MailDate {
  readonly unixMs: number
  /** Minutes ahead of UTC; 0 when the zone was not given or says nothing. */
  readonly offsetMinutes: number
  /** `false` for `-0000`, a missing zone and unknown zone names: the time is UTC, the place unknown. */
  readonly zoneKnown: boolean
}

/**
 * Reads a date field's value: the form of RFC 5322 §3.3, the obsolete ones of §4.3 (comments, years
 * of two and three digits, zone names), and what is met besides (no seconds, full names of months,
 * `+01:00`, no zone, the form of asctime). The day of the week is not checked against the date.
 * `undefined` for anything else, for a day that its month does not have, and for over 512 characters.
 */
export function parseDate(text: string): MailDate | undefined {
  if (text.length > maxDateCharacters) return undefined
  const bare = withoutComments(text)
  if (bare === undefined) return undefined
  // A comma stands only behind the day of the week, and there it is often forgotten.
  const words = bare.split(/[\s,]+/).filter((word) => word !== '')
  if (nameIn(dayNames, words[0] ?? '') >= 0) words.shift()
  if (monthOf(words[0] ?? '') >= 0) asctimeToMail(words)
  // `1-Jan-2026` is one word in some programs' dates.
  const [dashed] = words
  if (dashed !== undefined && /^\d{1,2}-[a-z]+-\d{2,5}$/i.test(dashed)) {
    words.splice(0, 1, ...dashed.split('-'))
  }
  if (words.length < 4) return undefined
  const [day, month, year, time, ...rest] = words
  const clock = /^(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d{1,9})?)?([+-]\d{4})?$/.exec(time ?? '')
  if (clock === null) return undefined
  if (clock[4] !== undefined) rest.unshift(clock[4])
  return assemble(day ?? '', monthOf(month ?? ''), year ?? '', clock, rest)
}

function assemble(
  dayText: string,
  month: number,
  yearText: string,
  clock: readonly (string | undefined)[],
  zoneWords: readonly string[],
): MailDate | undefined {
  if (month < 0 || !/^\d{1,2}$/.test(dayText) || !/^\d{2,5}$/.test(yearText)) return undefined
  const day = Number(dayText)
  const year = fullYear(yearText)
  const hour = Number(clock[1])
  const minute = Number(clock[2])
  const second = Number(clock[3] ?? 0)
  // RFC 5322 §3.3: second 60 is a leap second; it is read as the second after it.
  if (hour > 23 || minute > 59 || second > 60) return undefined
  const midnight = new Date(0)
  midnight.setUTCFullYear(year, month, day)
  if (midnight.getUTCMonth() !== month || midnight.getUTCDate() !== day) return undefined
  const read = readZone(zoneWords)
  if (read === undefined) return undefined
  const seconds = hour * 3600 + minute * 60 + second
  const unixMs = midnight.getTime() + seconds * 1000 - read.offsetMinutes * minuteMs
  return { unixMs, offsetMinutes: read.offsetMinutes, zoneKnown: read.zoneKnown }
}

/** `Nov 23 18:29:07 2026` and `Nov 23 18:29:07 CET 2026` become `23 Nov 2026 18:29:07 CET`. */
function asctimeToMail(words: string[]): void {
  const year = words.pop()
  const [month, day, ...time] = words.splice(0)
  if (month === undefined || day === undefined || year === undefined) return
  words.push(day, month, year, ...time)
}

/** RFC 5322 §4.3: 00–49 is 2000–2049, 50–99 is 1950–1999, three digits count from 1900. */
function fullYear(text: string): number {
  const year = Number(text)
  if (text.length === 2) return year < 50 ? 2000 + year : 1900 + year
  return text.length === 3 ? 1900 + year : year
}

interface Zone {
  readonly offsetMinutes: number
  readonly zoneKnown: boolean
}

// RFC 5322 §4.3. The single letters of RFC 822 were defined the wrong way round and say nothing.
const namedZones: ReadonlyMap<string, number> = new Map([
  ['UT', 0],
  ['UTC', 0],
  ['GMT', 0],
  ['Z', 0],
  ['EST', -300],
  ['EDT', -240],
  ['CST', -360],
  ['CDT', -300],
  ['MST', -420],
  ['MDT', -360],
  ['PST', -480],
  ['PDT', -420],
])

/** The zone from what follows the time; `undefined` when that cannot be a zone at all. */
function readZone(words: readonly string[]): Zone | undefined {
  const [first, second] = words
  if (words.length > 3) return undefined
  if (first === undefined) return { offsetMinutes: 0, zoneKnown: false }
  // `GMT+0900` and `UTC +0900` say the offset behind the name.
  const number = /^(?:GMT|UTC)?([+-])(\d{2}):?(\d{2})$/i.exec(first)
  if (number !== null) return numericZone(number)
  if (!/^[A-Za-z][A-Za-z/_-]{0,39}$/.test(first)) return undefined
  const behind = /^([+-])(\d{2}):?(\d{2})$/.exec(second ?? '')
  if (behind !== null) return numericZone(behind)
  const named = namedZones.get(first.toUpperCase())
  return { offsetMinutes: named ?? 0, zoneKnown: named !== undefined }
}

function numericZone(match: readonly (string | undefined)[]): Zone | undefined {
  const minutes = Number(match[3])
  if (minutes > 59) return undefined
  const offset = Number(match[2]) * 60 + minutes
  if (match[1] === '+') return { offsetMinutes: offset, zoneKnown: true }
  // RFC 5322 §3.3: "-0000" is UTC from a system that says nothing about its zone.
  return offset === 0
    ? { offsetMinutes: 0, zoneKnown: false }
    : { offsetMinutes: -offset, zoneKnown: true }
}

/** RFC 5322 §3.2.2: comments nest and may hold quoted pairs. `undefined` when one stays open. */
function withoutComments(text: string): string | undefined {
  if (!text.includes('(')) return text
  let depth = 0
  let bare = ''
  for (let i = 0; i < text.length; i++) {
    const character = text.charAt(i)
    if (character === '\\' && depth > 0) i++
    else if (character === '(') {
      depth++
      bare += ' '
    } else if (character === ')' && depth > 0) depth--
    else if (depth === 0) bare += character
  }
  return depth === 0 ? bare : undefined
}

function monthOf(word: string): number {
  return nameIn(monthNames, word)
}

/** Which of these names it is, in full (`Thursday`), short (`Thu`) or in between (`Thurs.`); else -1. */
function nameIn(names: readonly string[], word: string): number {
  if (!/^[a-z]{3,9}\.?$/i.test(word)) return -1
  const start = word.slice(0, 3).toLowerCase()
  return names.findIndex((name) => name.toLowerCase() === start)
}

function two(number: number): string {
  return String(number).padStart(2, '0')
}

function zone(offsetMinutes: number): string {
  const ahead = Math.abs(offsetMinutes)
  return `${offsetMinutes < 0 ? '-' : '+'}${two(Math.floor(ahead / 60))}${two(ahead % 60)}`
}
