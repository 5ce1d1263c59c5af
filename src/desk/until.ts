import { parseMoment } from '../base/moment.ts'
import { parseSpan } from '../search/queue-query.ts'
import { WaybillError } from '../base/error.ts'

/**
 * When something ends, as people write it: `2h`, `3d`, `2026-12-01`, `2026-12-01T08:00` (UTC), or a
 * time with its zone. Unix milliseconds.
 *
 * @throws WaybillError `usage` for what is no time, or is over
 */
export function parseUntil(text: string, now: number): number {
  const span = parseSpan(text.trim())
  const [, day = text.trim(), time] =
    /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d)?)$/i.exec(text.trim()) ?? []
  const at =
    span === undefined ? parseMoment(time === undefined ? day : `${day}T${time}Z`) : now + span
  const hint = 'Such as 30m, 2h, 3d, 2026-12-01 or 2026-12-01T08:00 (in UTC).'
  if (at === undefined) throw new WaybillError('usage', `"${text}" is no time.`, { hint })
  if (at <= now) throw new WaybillError('usage', `"${text}" is over already.`, { hint })
  return at
}
