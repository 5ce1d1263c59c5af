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
  readonly created_at: string
  readonly attempted_at: readonly string[]
  readonly planned_at: readonly string[]
  readonly last_problem: string | null
}

/** What can be done with letters that were chosen, each with its name. */
export const acts = [
  { verb: 'retry', name: 'Try now' },
  { verb: 'hold', name: 'Hold' },
  { verb: 'release', name: 'Release' },
  { verb: 'drop', name: 'Give up' },
] as const

export type Verb = (typeof acts)[number]['verb']

/** Of the chosen letters those of which something can be done: what is held is released, the rest held. */
export function fitting(items: readonly Item[], verb: Verb): readonly Item[] {
  if (verb === 'hold') return items.filter(({ held }) => !held)
  return verb === 'release' ? items.filter(({ held }) => held) : items
}

/** What is asked before something that cannot be undone, or may do harm; empty: nothing. */
export function question(verb: Verb, number: number): string {
  const what = number === 1 ? '1 delivery' : `${number} deliveries`
  if (verb === 'drop') return `Give up ${what}? Their senders are told; they are not tried again.`
  return ''
}
