import { Command } from 'commander'
import { parseDomain } from '../../address/domain.ts'
import { transportRules } from '../../app/from-settings.ts'
import { readWays, SettingsWays } from '../../app/named-ways.ts'
import { selfOf } from '../../app/own-addresses.ts'
import { trafficPlan } from '../../app/traffic-settings.ts'
import { readConfig } from '../../config/config.ts'
import type { Settings } from '../../config/settings.ts'
import { type LimitedRoute, routeWithLimits } from '../../desk/limited-route.ts'
import { systemClock } from '../../io/clock.ts'
import { secureWebPlace } from '../../io/outside-address.ts'
import { PolicyFetcher } from '../../io/policy-fetcher.ts'
import type { DnsEndpoint } from '../../io/stub-options.ts'
import { readFetchedPolicy } from '../../mta-sts/fetched.ts'
import type { StsPolicies } from '../../mta-sts/finding.ts'
import { lookupStsRecord } from '../../mta-sts/record.ts'
import { ended } from '../../journey/sentence.ts'
import { dataFolder, isThere } from '../../store/data-folder.ts'
import { openReadOnlyStore, type ReadOnlyStore } from '../../store/sqlite/sqlite-reader.ts'
import { labHint } from '../lab-hint.ts'
import { serverOption, zoneOption } from '../options.ts'
import { exitCodes, print, printJson, say } from '../output.ts'
import { commandResolver } from '../resolver.ts'
import { sourcesOf } from '../sources-ahead.ts'
import { standingOfDestination } from '../standings.ts'

interface RouteOptions {
  readonly config?: string
  readonly from?: string
  readonly zone?: string
  readonly server?: DnsEndpoint
  readonly json?: boolean
}

/** `waybill route ADDRESS`. */
export function routeCommand(): Command {
  return new Command('route')
    .description('where a letter for an address would go, and how safely; nothing is sent')
    .argument('<address>', 'of a recipient')
    .option('--config <file>', 'with the routes and rules of this waybill.toml, and its server')
    .option('--from <address>', 'whose rates and source are told: the reverse-path')
    .addOption(zoneOption())
    .addOption(serverOption())
    .option('--json', 'as one JSON object')
    .addHelpText(
      'after',
      '\nWith --config it also says what holds for letters that go there: connections,\n' +
        'rates, quiet hours, pauses, the MTA-STS policy that is kept, what is remembered\n' +
        'of TLS, and whether the address is suppressed; from the server, where one runs.\n\n' +
        'DNS is asked (with --config the servers of its dns.servers, unless --server\n' +
        'names another), and the policy host where the domain announces MTA-STS; no\n' +
        'mail server is called. Exit code 0: there is a way. 1: there is none, or no\n' +
        'server may have it.',
    )
    .action(async (address: string, options: RouteOptions) => {
      const settings = options.config === undefined ? undefined : readConfig(options.config)
      const found = await lookAhead(address, options, settings)
      if (options.json === true) printJson(found)
      else print(routeText(found))
      if (usesOwnDns(options, settings) && found.targets.length === 0) {
        const hint = labHint(found.destination, `waybill route ${address}`)
        if (hint !== undefined) say(hint)
      }
      const goes = found.transport?.result === 'go'
      process.exitCode = goes ? exitCodes.yes : exitCodes.no
    })
}

/** No other DNS was named than the one of this machine. */
function usesOwnDns({ zone, server }: RouteOptions, settings: Settings | undefined): boolean {
  const named = settings?.dns.servers ?? []
  return zone === undefined && server === undefined && named.length === 0
}

async function lookAhead(
  address: string,
  { zone, server, from = '' }: RouteOptions,
  settings: Settings | undefined,
): Promise<LimitedRoute> {
  const common = {
    resolver: await commandResolver(zone, server, settings?.dns),
    sts: fetchedPolicies,
    clock: systemClock,
  }
  if (settings === undefined) {
    return await routeWithLimits(
      { address, from },
      {
        ...common,
        self: { selfNames: [], selfAddresses: [], loopbackIsSelf: false },
        ways: new SettingsWays([]),
        rules: usualRules,
        standing: () => Promise.resolve(undefined),
      },
    )
  }
  const reader = readerOf(settings.data)
  try {
    return await routeWithLimits(
      { address, from },
      {
        ...common,
        self: selfOf(settings, false),
        ways: new SettingsWays(readWays(settings)),
        rules: transportRules(settings),
        limits: {
          plan: trafficPlan(settings),
          connections: settings.queue.site_connections,
          register: reader?.register,
        },
        sources: await sourcesOf(settings, reader),
        standing: (destination) => standingOfDestination(settings.data, destination),
      },
    )
  } finally {
    reader?.close()
  }
}

/** What a server keeps there; `undefined`: none has run yet. */
function readerOf(folder: string): ReadOnlyStore | undefined {
  return isThere(dataFolder(folder)) ? openReadOnlyStore({ folder }) : undefined
}

const usualRules = () =>
  ({ dane: true, mtaSts: true, least: 'opportunistic', memory: 'note' }) as const

/** The policy as it is published now: a server also knows the one that it has kept. */
const fetchedPolicies: StsPolicies = {
  async of(name, resolver) {
    const domain = parseDomain(name)
    if (domain === undefined) return { type: 'none' }
    const record = await lookupStsRecord(domain, resolver)
    if (record.type !== 'record') return { type: 'none' }
    const fetcher = new PolicyFetcher({ placeOf: secureWebPlace([]) })
    const fetched = await fetcher.fetch(domain, resolver)
    const read = fetched.ok ? readFetchedPolicy(fetched.value) : fetched
    if (!read.ok) return { type: 'failed', trouble: read.problem }
    const fetchedAt = systemClock.now()
    return { type: 'policy', id: record.record.id, policy: read.value, fetchedAt, from: 'fetched' }
  },
}

function routeText(found: LimitedRoute): string {
  const rows = found.steps.map(({ label, answer }) => `  ${label.padEnd(12)} ${answer}`)
  const targets = found.targets.map(({ host, address }, at) => {
    return `  ${at === 0 ? 'in this order' : ''.padEnd(13)} ${host} (${address})`
  })
  const limits = found.limits.map(({ says, stops, until }) => {
    const end = until === null ? '' : ` Until ${until}.`
    return `  ${(stops ? 'not now' : 'in force').padEnd(12)} ${ended(says)}${end}`
  })
  return [found.address, ...rows, ...targets, ...limits].join('\n')
}
