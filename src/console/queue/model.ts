/** What `/v1/queue` has: how much waits for each destination since when, and the letters. */
export interface Queue {
  readonly waiting: number
  readonly held: number
  /** Ages in minutes, up to which the counts of a destination go; the last count is for older. */
  readonly ages: readonly number[]
  readonly destinations: readonly Destination[]
  readonly data: readonly Item[]
  readonly has_more?: boolean
}

export interface Destination {
  readonly destination: string
  readonly total: number
  readonly held: number
  readonly ages: readonly number[]
  readonly last_problem?: string | null
  readonly down?: { readonly because: string; readonly until?: string | null } | null
}

/** One recipient of a letter that waits. */
export interface Item {
  readonly id: string
  readonly journey: string
  readonly recipient: string
  readonly destination: string
  readonly attempts: number
  readonly held: boolean
  readonly next_attempt_at: string
  readonly expires_at: string
  readonly created_at?: string | null
  readonly last_problem: string | null
}
