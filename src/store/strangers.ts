import type { NewJourney } from './ports/post.ts'

/**
 * What a stranger left without giving us mail: `scan` is a connection without a letter, `letter` one
 * that was refused, put off or given up.
 */
export type StrangerKind = 'scan' | 'letter'

const withoutMail: ReadonlySet<string> = new Set(['refused', 'dropped', 'deferred'])

/** How a new journey counts; `undefined`: it belongs to mail, or to one of our users. */
export function strangerKind(
  journey: Pick<NewJourney, 'direction' | 'status' | 'rcptTo'>,
): StrangerKind | undefined {
  const { direction, status, rcptTo } = journey
  if (!withoutMail.has(status)) return undefined
  // A user's port: whoever names a recipient there is logged in.
  if (direction === 'out' && rcptTo.length > 0) return undefined
  return status === 'dropped' && rcptTo.length === 0 ? 'scan' : 'letter'
}

/** How much strangers may make us keep, in octets. */
export interface StrangerLimits {
  /** Contents of refused letters, all together. */
  readonly contentOctets: number
  /** Those, the records of their journeys, and the facts that these share. */
  readonly octets: number
}
