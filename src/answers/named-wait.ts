import { parseMoment } from '../base/moment.ts'

/** What is read of a reply. */
const mostRead = 2000
/** A wait that is longer is no hint for a schedule. */
const mostSeconds = 24 * 3600

/** Words behind which a time is one to wait, with no other number and no end of a sentence between. */
const asked = String.raw`\b(?:again|retry|try|wait|come back|reconnect|resend|gr[ea]y-?list\w*|delayed)\b[^.;\d]{0,40}?`
const unit = String.raw`(s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|days?)(?![a-z])`
const span = new RegExp(String.raw`${asked}\b(\d{1,6})\s*${unit}`, 'i')
/** What follows a part of a time: `1 hour and 30 minutes`, `1h30m`. */
const more = new RegExp(String.raw`[\s,]{0,3}(?:and\s{1,3})?(\d{1,6})\s?${unit}`, 'iy')
const clock = new RegExp(String.raw`${asked}\b(\d{1,2}):(\d\d):(\d\d)\b`, 'i')
const moment = new RegExp(
  String.raw`${asked}\b(\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d)?(?:Z|[+-]\d\d:\d\d))`,
  'i',
)

/**
 * The wait that a server names when it refuses for now, in seconds: `try again in 300 seconds`,
 * `5 minutes`, `1 hour 30 minutes`, `00:05:00`, or until a time with its zone (RFC 3339). From 1 to a day; `undefined`:
 * it names none, or none that makes sense. A rate (`100 letters per hour`) is no wait.
 *
 * @param now Unix milliseconds
 */
export function namedWaitSeconds(text: string, now: number): number | undefined {
  const read = text.slice(0, mostRead)
  const seconds = spanIn(read) ?? clockIn(read) ?? momentIn(read, now)
  if (seconds === undefined || seconds < 1 || seconds > mostSeconds) return undefined
  return seconds
}

function spanIn(text: string): number | undefined {
  let found = span.exec(text)
  if (found === null) return undefined
  let seconds = 0
  let unitBefore = Number.POSITIVE_INFINITY
  more.lastIndex = found.index + found[0].length
  // A part with the same unit, or a bigger one, is another time: a limit, a rate.
  while (found !== null && secondsOf(found[2]) < unitBefore) {
    unitBefore = secondsOf(found[2])
    seconds += Number(found[1]) * unitBefore
    found = more.exec(text)
  }
  return seconds
}

/** By the first letter of the unit. */
function secondsOf(name = ''): number {
  switch (name[0]?.toLowerCase()) {
    case 'd':
      return 24 * 3600
    case 'h':
      return 3600
    case 'm':
      return 60
    default:
      return 1
  }
}

function clockIn(text: string): number | undefined {
  const [, hours, minutes, seconds] = clock.exec(text) ?? []
  if (hours === undefined) return undefined
  return Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)
}

function momentIn(text: string, now: number): number | undefined {
  const [, until = ''] = moment.exec(text) ?? []
  const at = parseMoment(until)
  return at === undefined ? undefined : Math.ceil((at - now) / 1000)
}
