/**
 * How many connections one site gets: a number that grows while letters come through and shrinks
 * while connections fail, so that nobody has to know what a site can take.
 *
 * The manner is that of Postfix's queue manager (SCHEDULER_README). Each result moves the number by a
 * part of one, `1 / connections`, so that as many results as there are connections, a *pseudo-cohort*,
 * move it by one. It moves in whole steps, and a step in one direction makes the way in the other one
 * long again: a site that fails now and then does not make it swing. When whole cohorts fail and
 * nothing comes through between, the site counts as dead.
 *
 * Pure: no time, no chance.
 */
export interface ConcurrencyPolicy {
  /**
   * Connections to a site that has not said a word yet. Few: a hundred that hang, with a handful each,
   * would fill the places that are there for all of them.
   */
  readonly unheard: number
  /** Connections to a site that has just answered for the first time. */
  readonly initial: number
  /** Most connections to one site. */
  readonly limit: number
  /** What the answers of one cohort add. */
  readonly growth: number
  /** What the failures of one cohort take away. */
  readonly shrinkage: number
  /** Cohorts that fail, with nothing between, before the site is dead. */
  readonly failedCohorts: number
}

/**
 * One until it answers, then five, as with Postfix; ten at most, half of its: letters over several share
 * commits.
 */
export const defaultConcurrency: ConcurrencyPolicy = {
  unheard: 1,
  initial: 5,
  limit: 10,
  growth: 1,
  shrinkage: 1,
  failedCohorts: 1,
}

/** How it stands with one site. */
export interface Concurrency {
  /** Connections that it may have now; 1 or more. */
  readonly connections: number
  /** Parts of one that are gathered on the way to the next step up and down; below 1. */
  readonly up: number
  readonly down: number
  /** Cohorts that have failed since something came through; `Infinity` is never reached. */
  readonly failed: number
}

/** A site of which nothing is known. */
export function freshConcurrency({ initial, limit }: ConcurrencyPolicy): Concurrency {
  return { connections: Math.max(1, Math.min(initial, limit)), up: 0, down: 0, failed: 0 }
}

/**
 * A server of the site has said what becomes of a letter.
 *
 * @param busy connections that are open now, this one included. Fewer than it may have say nothing of
 *   what it can take, and nothing is added.
 */
export function afterAnswer(
  state: Concurrency,
  policy: ConcurrencyPolicy,
  busy: number,
): Concurrency {
  const heard = { ...state, failed: 0 }
  if (busy < state.connections || state.connections >= policy.limit) return heard
  const part = policy.growth / state.connections
  const up = state.up + part
  if (up + part / 2 < 1) return { ...heard, up }
  const connections = Math.min(policy.limit, state.connections + 1)
  return { connections, up: Math.max(0, up - 1), down: 0, failed: 0 }
}

/**
 * No server of the site could be reached, or they wanted no more connections.
 *
 * @param busy connections that were open, this one included: when it was the only one, the whole
 *   cohort has failed
 * @returns `undefined`: the site is dead
 */
export function afterFailure(
  state: Concurrency,
  policy: ConcurrencyPolicy,
  busy: number,
): Concurrency | undefined {
  const cohort = Math.max(1, Math.min(state.connections, busy))
  const failed = state.failed + 1 / cohort
  // A third is not exact: three of them are a whole all the same.
  if (failed > policy.failedCohorts - 1e-6) return undefined
  const part = policy.shrinkage / state.connections
  const down = state.down + part
  if (down + part / 2 < 1) return { ...state, down, failed }
  const connections = Math.max(1, state.connections - 1)
  return { connections, up: 0, down: Math.max(0, down - 1), failed }
}
