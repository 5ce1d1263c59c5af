import { inNetwork, parseIp } from '../base/ip.ts'
import { nearest } from '../base/nearest.ts'
import { defaultPool } from '../source/source.ts'
import type { ConfigProblem } from './problem-text.ts'
import type { DestinationSettings } from './tables/destination.ts'
import type { SenderSettings } from './tables/sender.ts'
import type { SourceSettings } from './tables/source.ts'

/** The tables that speak of sources, as far as they could be read. */
export interface SourceTables {
  readonly sources: readonly (SourceSettings | undefined)[]
  readonly senders: readonly (Pick<SenderSettings, 'addresses' | 'accounts' | 'pool'> | undefined)[]
  readonly destinations: readonly (Pick<DestinationSettings, 'pool'> | undefined)[]
}

/** What is wrong between the settings of sources each of which is in order. */
export function sourceProblems(tables: SourceTables): readonly ConfigProblem[] {
  return [
    ...doubled(tables.sources),
    ...tables.sources.flatMap((one, index) => familyProblems(one, `source[${index}]`)),
    ...unknownPools(tables),
    ...twoPools(tables.senders),
  ]
}

/**
 * Addresses of sources that this machine does not have.
 *
 * @param here those of its interfaces, in canonical form
 */
export function absentAddresses(
  sources: readonly (Pick<SourceSettings, 'addresses'> | undefined)[],
  here: readonly string[],
): readonly ConfigProblem[] {
  return sources.flatMap((source, index) => {
    return (source?.addresses ?? []).flatMap((text, place) => {
      if (isHere(text, here)) return []
      const problem = `"${text}" is no address of this machine; it has ${here.join(', ')}`
      return [{ key: `source[${index}].addresses[${place}]`, problem }]
    })
  })
}

/** Whether a socket of this machine may have an address. The whole of 127.0.0.0/8 is its own. */
export function isHere(text: string, here: readonly string[]): boolean {
  if (here.includes(text)) return true
  const [ip, loopback] = [parseIp(text), parseIp('127.0.0.0')]
  if (ip === undefined || loopback === undefined || ip.family !== 4) return false
  return inNetwork(ip, loopback, 8) && here.some((one) => one.startsWith('127.'))
}

function doubled(sources: SourceTables['sources']): readonly ConfigProblem[] {
  const problems: ConfigProblem[] = []
  const seen = new Map<string, string>()
  const once = (value: string, key: string): void => {
    const before = seen.get(value)
    if (before === undefined) seen.set(value, key)
    else problems.push({ key, problem: `"${value}" is that of ${before} already` })
  }
  for (const [index, source] of sources.entries()) {
    if (source === undefined) continue
    once(source.name, `source[${index}].name`)
    for (const [place, one] of source.addresses.entries()) {
      once(one, `source[${index}].addresses[${place}]`)
    }
  }
  return problems
}

function familyProblems(source: SourceSettings | undefined, key: string): readonly ConfigProblem[] {
  const families = (source?.addresses ?? []).map((text) => parseIp(text)?.family)
  return families.flatMap((family, place) => {
    if (families.indexOf(family) === place) return []
    const problem = `"${source?.addresses[place]}" is a second IPv${family} address: make a source of it, in the same pool`
    return [{ key: `${key}.addresses[${place}]`, problem }]
  })
}

function unknownPools({ sources, senders, destinations }: SourceTables): readonly ConfigProblem[] {
  // Of a source that could not be read nobody knows the pool.
  if (sources.includes(undefined)) return []
  const pools = new Set(sources.map((source) => source?.pool ?? defaultPool))
  const wrong = (pool: string | undefined, key: string): readonly ConfigProblem[] => {
    if (pool === undefined || pools.has(pool)) return []
    const near = nearest(pool, Array.from(pools))
    const advice = near === undefined ? '' : `; did you mean "${near}"?`
    return [{ key: `${key}.pool`, problem: `"${pool}" is the pool of no [[source]]${advice}` }]
  }
  return [
    ...senders.flatMap((one, index) => wrong(one?.pool, `sender[${index}]`)),
    ...destinations.flatMap((one, index) => wrong(one?.pool, `destination[${index}]`)),
  ]
}

/** Of several tables all rates of a sender count, but one pool only. */
function twoPools(senders: SourceTables['senders']): readonly ConfigProblem[] {
  const problems: ConfigProblem[] = []
  const seen = new Map<string, { readonly pool: string; readonly key: string }>()
  for (const [index, table] of senders.entries()) {
    const pool = table?.pool
    if (pool === undefined) continue
    const named = [
      ...(table?.addresses.map((one) => `address ${one.toLowerCase()}`) ?? []),
      ...(table?.accounts.map((one) => `account ${one.toLowerCase()}`) ?? []),
    ]
    const key = `sender[${index}].pool`
    for (const name of named) {
      const before = seen.get(name)
      if (before === undefined) seen.set(name, { pool, key })
      else if (before.pool !== pool) {
        problems.push({
          key,
          problem: `the ${name} has the pool "${before.pool}" by ${before.key} already`,
        })
      }
    }
  }
  return problems
}
