import { WaybillError } from '../base/error.ts'
import { checkDkimPublication, type DkimPublication, generateDkimKey } from '../dkim/dkim.ts'
import type { Resolver } from '../dns/resolver.ts'
import { type PublishedRecord, publishedRecords } from '../directory/signing-keys.ts'
import type { ReadPorts } from '../store/reads.ts'
import type { DkimKeyRow } from '../store/ports/keys.ts'
import type { Store } from '../store/ports/store.ts'

/** A key without what must not be told. */
export type ToldKey = Omit<DkimKeyRow, 'privateKey'>

/** A key with what DNS says of it. Plain data that may be shown. */
export interface KeyState {
  readonly key: ToldKey
  readonly record: PublishedRecord
  readonly publication: DkimPublication
}

/** Asks DNS about every key of a domain. */
export async function keyStates(
  keys: readonly DkimKeyRow[],
  resolver: Resolver,
): Promise<readonly KeyState[]> {
  return Promise.all(
    keys.map(async (key) => {
      const { domain, selector, privateKey } = key
      const publication = await checkDkimPublication({ domain, selector, privateKey, resolver })
      const [record] = publishedRecords([key])
      if (record === undefined) throw new Error('keyStates: a key without a record')
      return { key: told(key), record, publication }
    }),
  )
}

/** Plain data that may be shown. */
export type Rotation =
  /** New keys were made; they sign nothing until their records are in DNS. */
  | { readonly type: 'made'; readonly waiting: readonly KeyState[] }
  /** Their records are not all in DNS yet. */
  | { readonly type: 'waiting'; readonly waiting: readonly KeyState[] }
  /** The new keys sign from now on, the old ones no more; their records may go in a week. */
  | {
      readonly type: 'done'
      readonly active: readonly ToldKey[]
      readonly retired: readonly ToldKey[]
    }

/**
 * One step of a rotation: makes new keys, or, once DNS has their records, lets them sign and
 * retires the old ones. Called again and again it goes on where it is; nothing is ever signed with
 * a key that nobody can look up.
 */
export async function rotateKeys(
  store: Pick<Store, 'keys'>,
  keys: readonly DkimKeyRow[],
  context: { readonly resolver: Resolver; readonly now: number },
): Promise<Rotation> {
  const active = keys.filter((key) => key.active)
  const newest = Math.max(0, ...active.map(({ createdAt }) => createdAt))
  const pending = keys.filter((key) => !key.active && key.createdAt > newest)
  if (pending.length === 0) {
    const made = makeSuccessors(active, keys, context.now)
    for (const key of made) await store.keys.put(key)
    return { type: 'made', waiting: await keyStates(made, context.resolver) }
  }
  const waiting = await keyStates(pending, context.resolver)
  if (waiting.some(({ publication }) => publication.state !== 'published')) {
    return { type: 'waiting', waiting }
  }
  const started = pending.map((key) => ({ ...key, active: true }))
  const retired = active.map((key) => ({ ...key, active: false }))
  // The new ones first: a crash between the two leaves more signatures, never none.
  for (const key of [...started, ...retired]) await store.keys.put(key)
  return { type: 'done', active: started.map(told), retired: retired.map(told) }
}

/**
 * The keys of a domain.
 *
 * @throws WaybillError `not-found` when there are none
 */
export async function keysOf(
  reader: Pick<ReadPorts, 'keys'>,
  domain: string,
): Promise<readonly DkimKeyRow[]> {
  const keys = await reader.keys.list(domain.toLowerCase())
  if (keys.length > 0) return keys
  throw new WaybillError('not-found', `There are no signing keys for ${domain}.`, {
    hint: 'waybill config dns --config FILE makes the keys of every domain in the file.',
  })
}

function told({ domain, selector, algorithm, createdAt, active }: DkimKeyRow): ToldKey {
  return { domain, selector, algorithm, createdAt, active }
}

/** A key of the same kind for each active one, under the next free selector: `wb1`, `wb2`, … */
function makeSuccessors(
  active: readonly DkimKeyRow[],
  all: readonly DkimKeyRow[],
  now: number,
): readonly DkimKeyRow[] {
  const taken = new Set(all.map(({ selector }) => selector))
  return active.map(({ domain, selector, algorithm }) => {
    const match = /^(.*?)(\d*)(-ed)?$/.exec(selector)
    const stem = match?.[1] ?? selector
    const suffix = match?.[3] ?? ''
    let number = Number(match?.[2] ?? 0) + 1
    while (taken.has(`${stem}${number}${suffix}`)) number++
    const { privateKey } = generateDkimKey(algorithm)
    const next = { domain, selector: `${stem}${number}${suffix}`, algorithm, privateKey }
    return { ...next, createdAt: now, active: false }
  })
}
