import { Command } from 'commander'
import { parseDomain } from '../../address/domain.ts'
import { transportRules } from '../../app/from-settings.ts'
import { readWays, SettingsWays } from '../../app/named-ways.ts'
import { selfOf } from '../../app/own-addresses.ts'
import { readConfig } from '../../config/config.ts'
import { routeAhead, type RouteAhead } from '../../desk/route-ahead.ts'
import type { DestinationStanding } from '../../desk/why-waiting.ts'
import { systemClock } from '../../io/clock.ts'
import { secureWebPlace } from '../../io/outside-address.ts'
import { PolicyFetcher } from '../../io/policy-fetcher.ts'
import type { DnsEndpoint } from '../../io/stub-options.ts'
import { readFetchedPolicy } from '../../mta-sts/fetched.ts'
import type { StsPolicies } from '../../mta-sts/finding.ts'
import { lookupStsRecord } from '../../mta-sts/record.ts'
import { serverOption, zoneOption } from '../options.ts'
import { exitCodes, print, printJson } from '../output.ts'
import { commandResolver } from '../resolver.ts'
import { standingOfDestination } from '../standings.ts'

interface RouteOptions {
  readonly config?: string
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
    .addOption(zoneOption())
    .addOption(serverOption())
    .option('--json', 'as one JSON object')
    .addHelpText(
      'after',
      '\nDNS is asked, and the policy host where the domain announces MTA-STS; no mail\n' +
        'server is called. Exit code 0: there is a way. 1: there is none, or no server\n' +
        'may have it.',
    )
    .action(async (address: string, options: RouteOptions) => {
      const settings = options.config === undefined ? undefined : readConfig(options.config)
      const found = await routeAhead(address, {
        resolver: await commandResolver(options.zone, options.server),
        self:
          settings === undefined
            ? { selfNames: [], selfAddresses: [], loopbackIsSelf: false }
            : selfOf(settings, false),
        ways: new SettingsWays(settings === undefined ? [] : readWays(settings)),
        rules: settings === undefined ? usualRules : transportRules(settings),
        sts: fetchedPolicies,
        clock: systemClock,
      })
      const standing =
        settings === undefined
          ? undefined
          : await standingOfDestination(settings.data, found.destination)
      if (options.json === true) printJson({ ...found, standing: standing ?? null })
      else print(routeText(found, standing))
      const goes = found.transport?.result === 'go'
      process.exitCode = goes ? exitCodes.yes : exitCodes.no
    })
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

function routeText(found: RouteAhead, standing: DestinationStanding | undefined): string {
  const rows = found.steps.map(({ label, answer }) => `  ${label.padEnd(12)} ${answer}`)
  const targets = found.targets.map(({ host, address }, at) => {
    return `  ${at === 0 ? 'in this order' : ''.padEnd(13)} ${host} (${address})`
  })
  const kept = [standing?.heldBack, standing?.down].flatMap((one) => {
    if (one === undefined) return []
    const until = one.until === undefined ? '' : ` Until ${new Date(one.until).toISOString()}.`
    return [`  not now      ${one.because}${until}`]
  })
  return [found.address, ...rows, ...targets, ...kept].join('\n')
}
