/** What `/v1/queue` has: how much waits for each destination since when, and the letters. */
export interface Queue {
  readonly waiting: number
  readonly held: number
  /** Of those that wait: what the query finds. */
  readonly matching: number
  /** Ages in minutes, up to which the counts of a destination go; the last count is for older. */
  readonly ages: readonly number[]
  readonly destinations: readonly Destination[]
  readonly pauses: readonly Pause[]
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

/** What somebody wants not to be sent for a while. */
export interface Pause {
  readonly of: string
  readonly sentence: string
}

/** Mail that is like this is held when it would be sent. */
export interface Rule {
  readonly id: string
  readonly q: string
  readonly by: string
  readonly why: string
  readonly until: string | null
  readonly held: number
}

/** One recipient of a letter that waits. */
export interface Item {
  readonly id: string
  readonly journey: string
  readonly recipient: string
  readonly destination: string
  readonly attempts: number
  readonly held: boolean
  readonly hold_reason: string
  readonly held_until: string | null
  readonly next_attempt_at: string
  readonly expires_at: string
  readonly created_at: string
  readonly attempted_at: readonly string[]
  readonly planned_at: readonly string[]
  readonly last_problem: string | null
  /** All that keeps it, what lasts longest first. */
  readonly holds: readonly { readonly by: string; readonly says: string }[]
}

/** What can be done with letters that wait, each with its name. */
export const acts = [
  { verb: 'retry', name: 'Try now' },
  { verb: 'hold', name: 'Hold' },
  { verb: 'release', name: 'Release' },
  { verb: 'bounce', name: 'Give up' },
  { verb: 'drop', name: 'Drop silently' },
] as const

export type Verb = (typeof acts)[number]['verb']

/** Those that cannot be undone: they are offered for what was chosen, and always asked once more. */
export function isFinal(verb: Verb): boolean {
  return verb === 'bounce' || verb === 'drop'
}

/** Of the chosen letters those of which something can be done: what is held is released, the rest held. */
export function fitting(items: readonly Item[], verb: Verb): readonly Item[] {
  if (verb === 'hold') return items.filter(({ held }) => !held)
  return verb === 'release' ? items.filter(({ held }) => held) : items
}

/** What is asked before something that cannot be undone; empty: nothing. */
export function question(verb: Verb, number: number): string {
  const what = number === 1 ? '1 delivery' : `${number} deliveries`
  if (verb === 'bounce') return `Give up ${what}? Their senders are told; they are not tried again.`
  if (verb === 'drop') return `Drop ${what}? Nobody is told, and they are not tried again.`
  return ''
}

/** What is asked before it is done to all that fit, in the words of its button. */
export function questionOfAll(verb: Verb, name: string, number: number): string {
  if (isFinal(verb)) return question(verb, number)
  const what = number === 1 ? '1 delivery' : `${number} deliveries`
  const warning =
    verb === 'retry' ? ' To try at once what was put off slows down what could go out.' : ''
  return `${name}: ${what}?${warning}`
}

/** Why, and how long; for the audit and for the journeys. */
export interface Given {
  readonly reason: string
  readonly until: string
}

/** What is posted for letters that were chosen. */
export function wishOf(
  verb: Verb,
  which: { readonly ids: readonly string[] } | { readonly q: string },
  { reason, until }: Given,
): Readonly<Record<string, unknown>> {
  const all = 'q' in which && which.q.trim() === ''
  return {
    action: verb,
    ...(all ? { all: true } : which),
    ...(reason === '' ? {} : { reason }),
    ...(verb === 'hold' && until !== '' ? { until } : {}),
    ...(verb === 'drop' ? { tell_sender: false } : {}),
  }
}

/** What a button says that acts on all: how many of the whole queue, or on all that fit. */
export function allNames(
  { waiting, held, matching }: Pick<Queue, 'waiting' | 'held' | 'matching'>,
  q: string,
): readonly { readonly verb: Verb; readonly name: string; readonly number: number | undefined }[] {
  if (q.trim() !== '') {
    const name = (word: string): string => `${word} all that fit`
    return [
      { verb: 'retry', name: name('Try'), number: matching },
      { verb: 'hold', name: name('Hold'), number: matching },
      // How many of them are held is counted when it is asked for.
      { verb: 'release', name: name('Release'), number: undefined },
      { verb: 'bounce', name: name('Give up'), number: matching },
      { verb: 'drop', name: name('Drop'), number: matching },
    ]
  }
  return [
    { verb: 'retry', name: 'Try all now', number: waiting },
    { verb: 'hold', name: 'Hold all', number: waiting - held },
    { verb: 'release', name: 'Release all held', number: held },
  ]
}

/** The query that finds what waits for one destination. */
export function queryFor(destination: string): string {
  return `domain:${destination}`
}

/** What keeps a letter beside its own plan and a hold, which are shown already. */
export function keptBy({ holds }: Pick<Item, 'holds'>): string | undefined {
  return holds.find(({ by }) => !['hold', 'schedule', 'place'].includes(by))?.says
}
