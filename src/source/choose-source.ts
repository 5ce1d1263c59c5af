import { addressOf, type Family } from './source.ts'

/** A source of a pool, as it stands when one is chosen. */
export interface Candidate {
  readonly name: string
  readonly weight: number
  readonly hostname: string
  /** Those of its addresses that this machine has now. */
  readonly ipv4?: string
  readonly ipv6?: string
  /** Letters that went today. */
  readonly sent: number
  /** Most letters today, and when more may go; absent: as many as there are. */
  readonly limit?: { readonly letters: number; readonly until: number }
  /** Why nothing may go from it to this site; `until` absent: until somebody ends it. */
  readonly paused?: { readonly until?: number; readonly because: string }
}

/** All that a choice follows from. */
export interface SourceFacts {
  readonly pool: string
  /** What of the letter, or of where it goes, has said which pool. */
  readonly by: 'address' | 'account' | 'domain' | 'destination' | 'default'
  /** The source where the sender is at home: see `homeOf`. */
  readonly home: string
  /** As `siteOf` gives it. */
  readonly site: string
  /** Letters that are to go; one for each recipient. */
  readonly letters: number
  /** The families of the addresses that the servers there have. */
  readonly families: readonly Family[]
  /** Unix milliseconds. */
  readonly at: number
  readonly candidates: readonly Candidate[]
}

/** A source that was not taken though its turn came first. */
export interface PassedOver {
  readonly source: string
  readonly why: 'warm-up' | 'paused' | 'no-address'
  /** A sentence. */
  readonly because: string
  /** When it may be taken; absent: nobody knows. */
  readonly until?: number
}

/** From where letters go. */
export type SourceChoice =
  | {
      readonly type: 'source'
      readonly source: string
      readonly hostname: string
      readonly ipv4?: string
      readonly ipv6?: string
      /** So many of the letters, the others are chosen for anew: its plan for today ends there. */
      readonly letters: number
      readonly passedOver: readonly PassedOver[]
    }
  | {
      /** From no source of the pool now. */
      readonly type: 'wait'
      /** Unix milliseconds. */
      readonly until: number
      /** Sentences. */
      readonly because: string
      readonly passedOver: readonly PassedOver[]
    }

/** A source that letters go from. */
export type ChosenSource = SourceChoice & { readonly type: 'source' }

/** When it is looked at again where nobody knows when a source may be taken. */
const lookAgainMs = 60 * 60_000

/**
 * The source where a sender is at home, for one site: always the same as long as the pool is, and each
 * source is the home of as many as its weight says (weighted rendezvous hashing). When one is added or
 * goes, only those move whose home it is.
 *
 * @param sender whose letters stay together: an account, or a domain
 * @returns `undefined` without sources
 */
export function homeOf(
  sources: readonly { readonly name: string; readonly weight: number }[],
  sender: string,
  site: string,
): string | undefined {
  return inOrder(sources, `${sender} ${site}`)[0]?.name
}

/**
 * Chooses the source for letters of one home to one site. Their home is first, then the others, always
 * in the same order; the first one counts that may be taken. Pure: the same facts, the same choice.
 */
export function chooseSource(facts: SourceFacts): SourceChoice {
  const { candidates, home, site, letters } = facts
  const others = candidates.filter(({ name }) => name !== home)
  const first = candidates.filter(({ name }) => name === home)
  const passedOver: PassedOver[] = []
  for (const one of [...first, ...inOrder(others, `${home} ${site}`)]) {
    const against = whyNot(one, facts)
    if (against !== undefined) {
      passedOver.push(against)
      continue
    }
    const { name: source, hostname, ipv4, ipv6, limit, sent } = one
    const room = limit === undefined ? letters : Math.min(letters, limit.letters - sent)
    const addresses = {
      ...(ipv4 === undefined ? {} : { ipv4 }),
      ...(ipv6 === undefined ? {} : { ipv6 }),
    }
    return { type: 'source', source, hostname, ...addresses, letters: room, passedOver }
  }
  const until = Math.min(...passedOver.map((one) => one.until ?? facts.at + lookAgainMs))
  const why = passedOver.map(({ source, because }) => `${source}: ${because}`)
  const because = [`No source of the pool "${facts.pool}" may send it now.`, ...why].join(' ')
  return {
    type: 'wait',
    until: Number.isFinite(until) ? until : facts.at + lookAgainMs,
    because,
    passedOver,
  }
}

function whyNot(one: Candidate, { families }: SourceFacts): PassedOver | undefined {
  const { name: source, paused, limit, sent } = one
  if (paused !== undefined) {
    const { because, until } = paused
    return { source, why: 'paused', because, ...(until === undefined ? {} : { until }) }
  }
  if (families.every((family) => addressOf(one, family) === undefined)) {
    return { source, why: 'no-address', because: noAddress(one, families) }
  }
  if (limit === undefined || sent < limit.letters) return undefined
  const { letters, until } = limit
  const day = new Date(until).toISOString().slice(0, 10)
  const because =
    letters === 0
      ? `Its warm-up begins on ${day}.`
      : `It has sent its ${letters} ${letters === 1 ? 'letter' : 'letters'} of today (warm-up); more may go on ${day} (UTC).`
  return { source, why: 'warm-up', because, until }
}

function noAddress({ ipv4, ipv6 }: Candidate, families: readonly Family[]): string {
  if (ipv4 === undefined && ipv6 === undefined) return 'This machine does not have its address now.'
  return `It has no ${families.map((family) => `IPv${family}`).join(' or ')} address, and the servers there have no other.`
}

/** Weighted rendezvous hashing: whose `ln(chance) / weight` is the greatest comes first. */
function inOrder<T extends { readonly name: string; readonly weight: number }>(
  sources: readonly T[],
  key: string,
): readonly T[] {
  const scored = sources.map((source) => {
    return { source, score: Math.log(chanceOf(`${source.name} ${key}`)) / source.weight }
  })
  return scored
    .toSorted((a, b) => b.score - a.score || (a.source.name < b.source.name ? -1 : 1))
    .map(({ source }) => source)
}

/** A number in (0, 1) that follows from the text: FNV-1a, then the finalizer of MurmurHash3. */
function chanceOf(text: string): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (((hash ^ (hash >>> 16)) >>> 0) + 0.5) / 4_294_967_296
}
