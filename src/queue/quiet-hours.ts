const dayMinutes = 24 * 60
const minuteMs = 60_000

/** Hours of each day in which nothing is delivered. */
export interface QuietHours {
  /** Minutes since midnight there; the time from here on is quiet. */
  readonly from: number
  /** Up to here, on the next day when it is not behind `from`. */
  readonly to: number
  /** A name of the IANA time zone database, such as `Europe/Berlin`. */
  readonly zone: string
}

/**
 * When the quiet time ends in which `now` is; `undefined` when it is not quiet. Pure: what a zone
 * means comes from the runtime's own tables.
 *
 * Where clocks are put forward or back, the hours are those that the clocks there show.
 *
 * @param now Unix milliseconds
 */
export function quietUntil({ from, to, zone }: QuietHours, now: number): number | undefined {
  const minutes = minutesOfDay(now, zone)
  const quiet = from < to ? minutes >= from && minutes < to : minutes >= from || minutes < to
  if (!quiet) return undefined
  const startOfMinute = now - (((now % minuteMs) + minuteMs) % minuteMs)
  const left = (to - minutes + dayMinutes) % dayMinutes || dayMinutes
  const end = startOfMinute + left * minuteMs
  // Clocks there may have been moved on the way.
  const shown = minutesOfDay(end, zone)
  const off = ((shown - to + dayMinutes + dayMinutes / 2) % dayMinutes) - dayMinutes / 2
  const moved = end - off * minuteMs
  // An end that the clocks pass over is when they have passed it.
  return moved > now && minutesOfDay(moved, zone) === to ? moved : end
}

/** Quiet hours in words, such as `22:00 to 06:00 (Europe/Berlin)`. */
export function quietText({ from, to, zone }: QuietHours): string {
  const [start, end] = [from, to].map((minutes) => {
    const [hour, minute] = [Math.floor(minutes / 60), minutes % 60]
    return `${String(hour).padStart(2, '0')}:${String(minute).padStart(2, '0')}`
  })
  return `${start} to ${end} (${zone})`
}

/** Whether this runtime knows the zone. */
export function isTimeZone(zone: string): boolean {
  try {
    format(zone)
    return true
  } catch {
    return false
  }
}

/** Minutes since midnight, as clocks in the zone show them. */
function minutesOfDay(now: number, zone: string): number {
  const parts = format(zone).formatToParts(now)
  const of = (type: string): number => Number(parts.find((part) => part.type === type)?.value)
  return (of('hour') % 24) * 60 + of('minute')
}

function format(zone: string): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat('en-GB', {
    timeZone: zone,
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  })
}
