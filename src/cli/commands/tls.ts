import { readFileSync } from 'node:fs'
import { Command } from 'commander'
import { type Domain, displayDomain } from '../../address/domain.ts'
import { WaybillError } from '../../base/error.ts'
import type { DnsAnswer, MxRecord, Resolver } from '../../dns/resolver.ts'
import type { DnsEndpoint } from '../../io/stub-options.ts'
import { secureWebPlace } from '../../io/outside-address.ts'
import { PolicyFetcher } from '../../io/policy-fetcher.ts'
import { bad, ok, type Result } from '../../base/result.ts'
import type { StsTrouble } from '../../mta-sts/finding.ts'
import { readFetchedPolicy } from '../../mta-sts/fetched.ts'
import { type StsPolicy, checkMx, readStsPolicy } from '../../mta-sts/policy.ts'
import { lookupStsRecord } from '../../mta-sts/record.ts'
import { lookupTlsReportRecord } from '../../report/tls-report-record.ts'
import { readDomain, serverOption, zoneOption } from '../options.ts'
import { type ExitCode, exitCodes, print, printJson } from '../output.ts'
import { type TlsFindings, tlsText } from '../render/tls.ts'
import { commandResolver } from '../resolver.ts'

interface TlsOptions {
  readonly policy?: string
  readonly fetch?: boolean
  readonly zone?: string
  readonly server?: DnsEndpoint
  readonly json?: boolean
}

/** `waybill tls DOMAIN`. */
export function tlsCommand(): Command {
  return new Command('tls')
    .description('whether a domain wants its mail over TLS: MTA-STS (RFC 8461), reports (RFC 8460)')
    .argument('<domain>', 'the domain behind the @ of a recipient', readDomain)
    .option('--policy <file>', 'hold this policy of the domain against its MX hosts')
    .option('--fetch', 'fetch the policy from its host, and hold that against them')
    .addOption(zoneOption())
    .addOption(serverOption())
    .option('--json', 'all that was found as one JSON object')
    .addHelpText(
      'after',
      '\nThe policy is at https://mta-sts.DOMAIN/.well-known/mta-sts.txt. Exit code 0:\n' +
        'MTA-STS is announced, and the policy, when given or fetched, allows every MX\n' +
        'host (the domain itself where there is none). 1: it is not, does not, or cannot\n' +
        'be fetched. 3: DNS did not answer. 5: there is no such file.',
    )
    .action(async (domain: Domain, options: TlsOptions) => {
      const resolver = await commandResolver(options.zone, options.server)
      const wanted = await wantedPolicy(domain, options, resolver)
      const policy = wanted?.ok === true ? wanted.value : undefined
      const trouble = wanted?.ok === false ? wanted.problem : undefined
      const [mx, mtaSts, reports] = await Promise.all([
        resolver.resolve(domain, 'MX'),
        lookupStsRecord(domain, resolver),
        lookupTlsReportRecord(domain, resolver),
      ])
      const hosts =
        policy === undefined ? [] : hostsOf(domain, mx).map((one) => checkMx(policy, one))
      const given = {
        ...(policy === undefined ? {} : { policy }),
        ...(trouble === undefined ? {} : { policyProblem: trouble }),
      }
      const findings: TlsFindings = { domain, mx, mtaSts, ...given, hosts, reports }
      if (options.json === true) printJson(findings)
      else print(tlsText(findings, displayDomain(domain)))
      process.exitCode = exitCodeOf(findings)
    })
}

/**
 * Where mail for the domain goes: to itself where it has no MX record (RFC 5321 §5.1, RFC 8461 §4.1),
 * nowhere with a null MX (RFC 7505).
 */
function hostsOf(domain: Domain, mx: DnsAnswer<MxRecord>): readonly string[] {
  if (mx.type === 'noData') return [domain]
  const records = mx.type === 'found' ? mx.records : []
  return records.map(({ exchange }) => exchange).filter((exchange) => exchange !== '')
}

/**
 * The policy of a file or of its host, when one of both is asked for.
 *
 * @throws WaybillError `not-found`, `usage`
 */
async function wantedPolicy(
  domain: Domain,
  { policy, fetch }: TlsOptions,
  resolver: Resolver,
): Promise<Result<StsPolicy, StsTrouble> | undefined> {
  if (policy !== undefined) return ok(readPolicy(policy))
  if (fetch !== true) return undefined
  const fetched = await new PolicyFetcher({ placeOf: secureWebPlace([]) }).fetch(domain, resolver)
  return fetched.ok ? readFetchedPolicy(fetched.value) : bad(fetched.problem)
}

/** @throws WaybillError `not-found` when it cannot be read, `usage` when it is no policy */
function readPolicy(path: string): StsPolicy {
  const read = readStsPolicy(fileAt(path))
  if (read.ok) return read.value
  throw new WaybillError('usage', `${path} is no MTA-STS policy: ${read.problem.text}`, {
    hint: 'RFC 8461 §3.2 has an example.',
  })
}

function fileAt(path: string): Uint8Array {
  try {
    return readFileSync(path === '-' ? 0 : path)
  } catch (cause) {
    throw new WaybillError('not-found', `${path} cannot be read.`, { cause })
  }
}

function exitCodeOf({ mtaSts, hosts, mx, policyProblem }: TlsFindings): ExitCode {
  if (mtaSts.type === 'failed' || (hosts.length === 0 && mx.type === 'failed')) {
    return exitCodes.couldNotTell
  }
  const allowed = hosts.every(({ result }) => result === 'match')
  return mtaSts.type === 'record' && allowed && policyProblem === undefined
    ? exitCodes.yes
    : exitCodes.no
}
