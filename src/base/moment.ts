const form =
  /^(\d{4})-(\d\d)-(\d\d)(?:[Tt ](\d\d):(\d\d)(?::(\d\d)(?:\.\d{1,9})?)?([Zz]|[+-]\d\d:\d\d))?$/

/**
 * Reads a day (`2026-09-01`, its beginning in UTC) or a time with its zone (`2026-09-01T12:00:00Z`;
 * RFC 3339 §5.6, seconds may be missing). Unix milliseconds, whole seconds; `undefined` for every
 * other text and for days and times that no calendar has, all of which `Date.parse` takes as it likes.
 */
export function parseMoment(text: string): number | undefined {
  const found = form.exec(text)
  if (found === null) return undefined
  const part = (index: number): number => Number(found[index] ?? 0)
  const [year, month, day, hour, minute, second] = [1, 2, 3, 4, 5, 6].map(part)
  const midnight = new Date(0)
  midnight.setUTCFullYear(year ?? 0, (month ?? 0) - 1, day)
  // A day that the month does not have is one of the next.
  if (midnight.getUTCMonth() !== (month ?? 0) - 1 || midnight.getUTCDate() !== day) return undefined
  // RFC 3339 §5.7: a minute may have a 61st second.
  if ((hour ?? 0) > 23 || (minute ?? 0) > 59 || (second ?? 0) > 60) return undefined
  const zone = zoneMinutes(found[7] ?? 'Z')
  if (zone === undefined) return undefined
  const seconds = ((hour ?? 0) * 60 + (minute ?? 0) - zone) * 60 + Math.min(second ?? 0, 59)
  return midnight.getTime() + seconds * 1000
}

function zoneMinutes(zone: string): number | undefined {
  if (/^[Zz]$/.test(zone)) return 0
  const [hours, minutes] = [Number(zone.slice(1, 3)), Number(zone.slice(4))]
  if (hours > 23 || minutes > 59) return undefined
  return (zone.startsWith('-') ? -1 : 1) * (hours * 60 + minutes)
}
