import type { QueueFilter } from './queue-filter.ts'

/** By what letters that wait are counted together. */
export const shapeKeys = ['destination', 'sender', 'account', 'kind', 'reason'] as const

/** `sender` is the reverse-path, `account` the login that sent it, `kind` what the last refusal meant, `reason` its words. */
export type ShapeKey = (typeof shapeKeys)[number]

/** What is counted, as qshape of Postfix does. */
export interface ShapeQuery {
  readonly by: ShapeKey
  /** Unix milliseconds. */
  readonly now: number
  /** Ages in milliseconds, each longer than the one before. */
  readonly ages: readonly number[]
  readonly filter?: QueueFilter
  /** How many groups at most, the largest first. */
  readonly limit: number
}

/** How much waits, and since when. */
export interface ShapeCounts {
  readonly total: number
  readonly held: number
  /** How many are younger than each age and not than the one before; the last are older than all. */
  readonly ages: readonly number[]
  /** When the oldest came, Unix milliseconds; absent where nothing waits. */
  readonly oldestAt?: number
  /** The first of the next attempts of what is not held. */
  readonly nextAttemptAt?: number
}

/** Those that have the same destination, sender, account or reason. */
export interface ShapeGroup extends ShapeCounts {
  readonly name: string
  /** A last problem that one of them had; empty when none was tried. */
  readonly problem: string
}

/** The shape of a queue: all of it, and its largest groups. */
export interface QueueShape extends ShapeCounts {
  /** How many groups there are, also those beyond the limit. */
  readonly count: number
  readonly groups: readonly ShapeGroup[]
}
