import { span } from '../parts/plain.ts'

/** A key as `/v1/keys` tells it. */
export interface Key {
  readonly id: string
  readonly name: string
  readonly scopes: readonly string[]
  readonly domains: readonly string[] | null
  readonly account: string | null
  readonly created_at: string
  readonly ends_at: string | null
  readonly last_used_at: string | null
}

/** A second factor as `/v1/second-factors` tells it. */
export interface Factor {
  readonly who: string
  readonly confirmed: boolean
  readonly confirmed_at: string | null
  readonly recovery_codes_left: number
}

/** The end of a day that was chosen, where the reader is; `undefined`: none was. */
export function endOfDay(day: string): string | undefined {
  const [year = 0, month = 0, date = 0] = day.split('-').map(Number)
  if (day === '') return undefined
  return new Date(year, month - 1, date + 1).toISOString()
}

/** How long a key still opens something. */
export function lastsFor({ ends_at: end }: Pick<Key, 'ends_at'>, now: number): string {
  if (end === null) return 'no end'
  const left = Date.parse(end) - now
  return left <= 0 ? 'over' : `${span(left)} left`
}
