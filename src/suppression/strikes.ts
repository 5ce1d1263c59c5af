import type { Suppression } from './suppression.ts'

/** By which rules an address comes onto the list. */
export interface SuppressionRules {
  /** After refusals for good on so many days; 0: never. */
  readonly after: number
  /** How long it stays then, in milliseconds. */
  readonly staysMs: number
  /** Whether a complaint suppresses. */
  readonly complaints: boolean
}

const dayMs = 86_400_000

export const defaultSuppressionRules: SuppressionRules = {
  after: 2,
  staysMs: 180 * dayMs,
  complaints: true,
}

/**
 * Refusals for good of one address, by letters of different days, without a delivery between.
 *
 * Why not at the first: a server that is moved or mends its directory refuses everybody for an hour,
 * with `550 5.1.1`, and a person who wrote one letter must be able to write the next. Who sends to an
 * address that is gone again and again comes to the second day soon; whoever mistyped never does.
 */
export interface Strikes {
  readonly count: number
  readonly lastAt: number
  readonly journey: string
}

/** So long a refusal is remembered. */
export const strikesMs: number = 60 * dayMs
/** Refusals within this are one: a letter to a list of addresses, or its second try. */
const sameDayMs = dayMs / 2

/** A server has said for good that it takes no mail for an address. */
export interface Refused {
  readonly address: string
  readonly at: number
  /** The journey of the letter. */
  readonly journey: string
  /** What it said. */
  readonly said: string
}

/** What follows from one more refusal. */
export type AfterRefusal =
  | { readonly type: 'nothing' }
  | { readonly type: 'remember'; readonly strikes: Strikes }
  | { readonly type: 'suppress'; readonly suppression: Suppression }

/** @param before those that are remembered */
export function afterRefusal(
  before: Strikes | undefined,
  { address, at, journey, said }: Refused,
  { after, staysMs }: SuppressionRules,
): AfterRefusal {
  if (after <= 0) return { type: 'nothing' }
  const again = before !== undefined && at - before.lastAt < sameDayMs
  if (again) return { type: 'nothing' }
  const count = (before?.count ?? 0) + 1
  if (count < after) return { type: 'remember', strikes: { count, lastAt: at, journey } }
  const suppression = {
    address,
    reason: 'hard-bounce',
    since: at,
    until: at + staysMs,
    why: said,
    journey,
  } as const
  return { type: 'suppress', suppression }
}
