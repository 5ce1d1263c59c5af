import { Command } from 'commander'
import { type Domain, displayDomain } from '../../address/domain.ts'
import { type DmarcVerdict, evaluateDmarc } from '../../dmarc/dmarc.ts'
import { publicSuffixes } from '../../inspect/public-suffixes.ts'
import type { DnsEndpoint } from '../../io/stub-options.ts'
import { readDomain, serverOption, zoneOption } from '../options.ts'
import { type ExitCode, exitCodes, paint, print, printJson } from '../output.ts'
import { renderPolicy, renderWalk } from '../render/dmarc.ts'
import { commandResolver } from '../resolver.ts'

interface DmarcOptions {
  readonly zone?: string
  readonly server?: DnsEndpoint
  readonly json?: boolean
}

/** `waybill dmarc DOMAIN`. */
export function dmarcCommand(): Command {
  return new Command('dmarc')
    .description('what a domain asks for when mail in its name fails (RFC 9989)')
    .argument('<domain>', 'the domain behind the @ of From', readDomain)
    .addOption(zoneOption())
    .addOption(serverOption())
    .option('--json', 'the walk and the policy as one JSON object')
    .addHelpText('after', '\nExit code 0: a policy applies. 1: none does. 3: DNS did not answer.')
    .action(async (domain: Domain, options: DmarcOptions) => {
      const resolver = await commandResolver(options.zone, options.server)
      // With nothing that authenticates, the verdict is about the policy alone.
      const input = { from: { type: 'domain', domain }, spf: null, dkim: [] } as const
      const verdict = await evaluateDmarc(input, resolver, {
        publicSuffixList: publicSuffixes,
      })
      if (options.json === true) printJson(policyJson(domain, verdict))
      else print(render(domain, verdict))
      process.exitCode = exitCodeOf(verdict)
    })
}

function policyJson(domain: Domain, verdict: DmarcVerdict): unknown {
  const { orgDomain, policy, policyTag, disposition, testing, record, existence, walk } = verdict
  const found = policy === null ? (verdict.result === 'none' ? 'none' : 'unknown') : 'policy'
  return {
    domain,
    found,
    policy,
    policyTag,
    disposition,
    testing,
    orgDomain,
    record,
    existence,
    walk,
    rfc7489: readingJson(verdict),
  }
}

/** What of the other reading is about the policy: nothing authenticates here, so nothing aligns. */
function readingJson({ rfc7489 }: DmarcVerdict): unknown {
  if (rfc7489 === null) return null
  const { policy, percent, recordDomain, orgDomain, differs, what } = rfc7489
  return { policy, percent, recordDomain, orgDomain, differs, what }
}

function render(domain: Domain, verdict: DmarcVerdict): string {
  const shown = displayDomain(domain)
  const title = shown === domain ? domain : `${shown} (${domain})`
  const lines = [
    paint('bold', `DMARC for mail from ${title}`),
    ...renderWalk(verdict.walk).map((line) => `  asked ${line}`),
    '',
    ...renderPolicy(domain, verdict).map((line) => `  ${line}`),
  ]
  return lines.join('\n')
}

function exitCodeOf({ result, policy }: DmarcVerdict): ExitCode {
  if (policy !== null) return exitCodes.yes
  return result === 'temperror' ? exitCodes.couldNotTell : exitCodes.no
}
