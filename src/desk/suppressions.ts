import type { Clock } from '../base/clock.ts'
import { WaybillError } from '../base/error.ts'
import type { SuppressionReason } from '../journey/delivery-steps.ts'
import type { RegisterPort } from '../store/ports/register.ts'
import type { SuppressionList } from '../suppression/suppression-list.ts'
import {
  type Suppression,
  suppressionIn,
  suppressionKey,
  suppressionKind,
} from '../suppression/suppression.ts'
import { member, notMeant, type Operation } from './act.ts'

/** What the desk needs for the suppression list. */
export interface SuppressionPart {
  readonly suppressions: {
    readonly list: Pick<SuppressionList, 'put' | 'remove'>
    readonly register: Pick<RegisterPort, 'find' | 'list'>
    readonly clock: Pick<Clock, 'now'>
  }
}

/** A suppressed address as people and programs see it. */
export interface SuppressionView {
  address: string
  reason: SuppressionReason
  since: string
  /** `null`: it has no end. */
  until: string | null
  /** What was said when it came onto the list. */
  why: string
  /** The journey that shows it. */
  journey: string | null
  /** As `since`. */
  created_at: string
}

/** Puts it so. */
export function suppressionView(suppression: Suppression): SuppressionView {
  const { address, reason, since, until, why, journey } = suppression
  const from = new Date(since).toISOString()
  return {
    address,
    reason,
    since: from,
    until: until === undefined ? null : new Date(until).toISOString(),
    why,
    journey: journey ?? null,
    created_at: from,
  }
}

/** All reasons, in the order in which they are told. */
export const suppressionReasonNames = ['hard-bounce', 'complaint', 'by-hand'] as const

/** An address that is to be put on the list. */
export type WantedSuppression = Pick<Suppression, 'address' | 'reason' | 'until' | 'why'>

/** Addresses in one request, at most. */
const mostAtOnce = 1000
const longestWhy = 500

/** `waybill suppress add` and `import`. Gives how many were put. */
export const suppressAdd: Operation<
  SuppressionPart,
  { readonly addresses: readonly WantedSuppression[] },
  { readonly added: number }
> = {
  name: 'suppress add',
  read(input) {
    const wanted = member(input, 'addresses')
    if (!Array.isArray(wanted) || wanted.length > mostAtOnce) {
      throw notMeant('suppress add', `"addresses", a list of at most ${mostAtOnce}`)
    }
    return { addresses: wanted.map((one: unknown) => wantedIn(one)) }
  },
  async run({ suppressions }, { addresses: wanted }) {
    const { list, clock } = suppressions
    const now = clock.now()
    const over = wanted.find(({ until }) => until !== undefined && until <= now)
    if (over !== undefined) throw wrong(`The end of ${over.address} is over already.`)
    await list.put(wanted.map((one) => ({ ...one, since: now })))
    return { added: wanted.length }
  },
  tell({ addresses }, { added }) {
    return { added, first: firstOf(addresses.map(({ address }) => address)) }
  },
}

/** `waybill suppress remove`. Gives how many were on the list. */
export const suppressRemove: Operation<
  SuppressionPart,
  { readonly addresses: readonly string[] },
  { readonly removed: number }
> = {
  name: 'suppress remove',
  read(input) {
    const addresses = member(input, 'addresses')
    if (!Array.isArray(addresses) || addresses.length > mostAtOnce) {
      throw notMeant('suppress remove', `"addresses", a list of at most ${mostAtOnce}`)
    }
    return { addresses: addresses.map((one: unknown) => checked(String(one))) }
  },
  async run({ suppressions }, { addresses }) {
    return { removed: await suppressions.list.remove(addresses) }
  },
  tell: ({ addresses }, { removed }) => {
    return removed === 0 ? undefined : { removed, first: firstOf(addresses) }
  },
}

/** Which of the list are meant; a filter that says nothing means all. */
export interface SuppressionFilter {
  /** The address has this in it, capital or small. */
  readonly part?: string
  readonly reason?: SuppressionReason
}

/** Whether an address is one of those that are meant. */
function isMeant(
  one: Pick<Suppression, 'address' | 'reason'>,
  { part = '', reason }: SuppressionFilter,
): boolean {
  if (reason !== undefined && one.reason !== reason) return false
  return one.address.toLowerCase().includes(part.toLowerCase())
}

/** So many addresses of the list are looked at for one page. */
const mostLookedAt = 50_000

/** A page of those that are meant, in the order of their names. */
export interface SuppressionPage {
  readonly found: readonly Suppression[]
  /** Behind this name the next page begins; `null`: there is none. */
  readonly next: string | null
}

/**
 * Those that are meant, behind a name where a page ended. A list of a million of which none fits is
 * looked through in parts: such a page is short, and has a next one.
 */
export async function pageOfSuppressions(
  register: Pick<RegisterPort, 'list'>,
  query: {
    readonly now: number
    readonly limit: number
    readonly after?: string | undefined
    readonly filter: SuppressionFilter
  },
): Promise<SuppressionPage> {
  const { now, limit, filter } = query
  const found: Suppression[] = []
  let lookedAt = 0
  let after = query.after
  for await (const { key, suppression } of entriesOf(register, { now, after })) {
    if (lookedAt++ === mostLookedAt) return { found, next: after ?? null }
    if (isMeant(suppression, filter)) {
      if (found.length === limit) return { found, next: after ?? null }
      found.push(suppression)
    }
    after = key
  }
  return { found, next: null }
}

/** All that are meant, page by page. */
export async function* allSuppressions(
  register: Pick<RegisterPort, 'list'>,
  { now, filter }: { readonly now: number; readonly filter: SuppressionFilter },
): AsyncGenerator<Suppression> {
  for await (const { suppression } of entriesOf(register, { now, after: undefined })) {
    if (isMeant(suppression, filter)) yield suppression
  }
}

async function* entriesOf(
  register: Pick<RegisterPort, 'list'>,
  from: { readonly now: number; readonly after: string | undefined },
): AsyncGenerator<{ readonly key: string; readonly suppression: Suppression }> {
  let { after } = from
  for (;;) {
    const page = await register.list({
      kind: suppressionKind,
      now: from.now,
      limit: mostAtOnce,
      ...(after === undefined ? {} : { after }),
    })
    for (const entry of page) yield { key: entry.key, suppression: suppressionIn(entry) }
    after = page.at(-1)?.key
    if (page.length < mostAtOnce) return
  }
}

/** @throws WaybillError `usage` for what is no address */
export function checked(address: string): string {
  if (suppressionKey(address) !== undefined) return address
  throw wrong(
    `"${address.slice(0, 100)}" is no address.`,
    'It wants one such as ann@north.example.',
  )
}

function wantedIn(one: unknown): WantedSuppression {
  const [address, named, until, why] = ['address', 'reason', 'until', 'why'].map((name) => {
    return member(one, name)
  })
  const reason = suppressionReasonNames.find((name) => name === (named ?? 'by-hand'))
  if (typeof address !== 'string' || reason === undefined) {
    const names = suppressionReasonNames.join(', ')
    throw notMeant('suppress add', `an "address" and a "reason" of ${names}`)
  }
  return {
    address: checked(address),
    reason,
    ...(typeof until === 'number' ? { until } : {}),
    why: typeof why === 'string' ? why.slice(0, longestWhy) : '',
  }
}

/** The audit names some of many. */
function firstOf(addresses: readonly string[]): readonly string[] {
  return addresses.slice(0, 10)
}

function wrong(problem: string, hint?: string): WaybillError {
  return new WaybillError('usage', problem, hint === undefined ? {} : { hint })
}
