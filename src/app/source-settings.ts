import { parseIp } from '../base/ip.ts'
import { WaybillError } from '../base/error.ts'
import type { Settings } from '../config/settings.ts'
import { absentAddresses } from '../config/source-problems.ts'
import type { SourcePlan } from '../deliver/source-book.ts'
import { RuleBook } from '../queue/traffic-plan.ts'
import type { Source } from '../source/source.ts'
import { trafficPlan } from './traffic-settings.ts'

type Tables = Pick<Settings, 'hostname' | 'source' | 'sender' | 'destination'>

/** From which of our addresses mail goes, as `[[source]]`, `[[sender]]` and `[[destination]]` say. */
export function sourcePlan(settings: Tables): SourcePlan {
  const { source: sources, sender: senders } = settings
  const { destinations } = trafficPlan(settings)
  const rules = new RuleBook({ destinations })
  const pools = new Map(
    destinations.map(({ name }, index) => [name, settings.destination[index]?.pool]),
  )
  return {
    sources: sources.map((table) => sourceOf(table, settings.hostname)),
    senders: senders.flatMap(({ addresses, accounts, pool }) => {
      if (pool === undefined) return []
      return [{ addresses: addresses.map(lower), accounts: accounts.map(lower), pool }]
    }),
    poolTo: (destination, site) => pools.get(rules.find(destination, site)?.rule.name ?? ''),
  }
}

/**
 * That this machine has the addresses of its sources: mail would wait for one that it has not.
 *
 * @throws WaybillError `config-invalid`
 */
export function checkSources({ source }: Pick<Settings, 'source'>, here: readonly string[]): void {
  if (source.length === 0) return
  const problems = absentAddresses(source, here)
  if (problems.length === 0) return
  const lines = problems.map(({ key, problem }) => `  ${key}: ${problem}`)
  throw new WaybillError('config-invalid', `Sources cannot be used:\n${lines.join('\n')}`, {
    hint: 'Give this machine the address (ip address add), or take the source out.',
  })
}

function sourceOf(table: Settings['source'][number], ourName: string): Source {
  const { name, pool, weight, hostname = ourName, addresses } = table
  const { warmup_from: from, warmup_per_day: perDay } = table
  const ipv4 = addresses.find((one) => parseIp(one)?.family === 4)
  const ipv6 = addresses.find((one) => parseIp(one)?.family === 6)
  return {
    name,
    pool,
    weight,
    hostname,
    ...(ipv4 === undefined ? {} : { ipv4 }),
    ...(ipv6 === undefined ? {} : { ipv6 }),
    ...(from === undefined ? {} : { warmUp: { from, perDay } }),
  }
}

function lower(text: string): string {
  return text.toLowerCase()
}
