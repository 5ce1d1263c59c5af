import { hostname } from 'node:os'
import { Command, InvalidArgumentError } from 'commander'
import { domainOf } from '../../address/mailbox.ts'
import { inOneLine } from '../../base/shown-text.ts'
import type { Resolver } from '../../dns/resolver.ts'
import { tellSpf } from '../../journey/sentences/verdicts.ts'
import { systemClock } from '../../io/clock.ts'
import type { DnsEndpoint } from '../../io/stub-options.ts'
import { checkSpf, formatSpfTree, type SpfVerdict } from '../../spf/spf.ts'
import { readAddress, readPath, serverOption, zoneOption } from '../options.ts'
import { type ExitCode, exitCodes, print, printJson } from '../output.ts'
import { renderSentence } from '../render/verdicts.ts'
import { commandResolver } from '../resolver.ts'

interface SpfOptions {
  readonly helo?: string
  readonly tree?: boolean
  readonly zone?: string
  readonly server?: DnsEndpoint
  readonly receiver?: string
  readonly json?: boolean
}

/** `waybill spf IP ADDRESS`. */
export function spfCommand(): Command {
  return new Command('spf')
    .description('may this address send mail for this domain? (RFC 7208)')
    .argument('<ip>', 'the address of the sending server', readAddress)
    .argument('<sender>', 'the reverse-path (joe@north.example), or only its domain', readSender)
    .option('--helo <name>', 'what the server calls itself, for %{h} in macros')
    .option('--tree', 'every term: what it asked, what came back, whether it matched')
    .addOption(zoneOption())
    .addOption(serverOption())
    .option('--receiver <name>', 'our own name, for %{r} in explanations')
    .option('--json', 'the whole verdict as one JSON object')
    .addHelpText('after', '\nExit code 0: pass. 1: anything else. 3: DNS did not answer.')
    .action(async (ip: string, sender: string, options: SpfOptions) => {
      const resolver = await commandResolver(options.zone, options.server)
      const verdict = await check(ip, sender, { ...options, resolver })
      if (options.json === true) printJson(verdict)
      else if (options.tree === true) print(formatSpfTree(verdict).trimEnd())
      else print(renderSpf(verdict))
      process.exitCode = spfExitCode(verdict)
    })
}

/** SPF itself takes any text for a domain (RFC 7208 §4.3); a person who types none made a mistake. */
function readSender(text: string): string {
  const sender = readPath(text)
  const domain = domainOf(sender)
  if (domain !== '' && !/\s/.test(sender)) return sender
  throw new InvalidArgumentError('Wants an address such as joe@north.example, or a domain.')
}

function check(
  ip: string,
  sender: string,
  { helo, receiver, resolver }: SpfOptions & { readonly resolver: Resolver },
): Promise<SpfVerdict> {
  const domain = domainOf(sender)
  const facts = { ip, helo: helo ?? domain, mailFrom: sender }
  const now = Math.floor(systemClock.now() / 1000)
  return checkSpf({ ...facts, receiver: receiver ?? hostname(), now }, resolver)
}

function renderSpf(verdict: SpfVerdict): string {
  const lines = [renderSentence(tellSpf(verdict))]
  if (verdict.record !== undefined) lines.push(`         record   ${inOneLine(verdict.record)}`)
  if (verdict.result === 'fail' && verdict.explanation !== undefined) {
    lines.push(`         ${verdict.mechanismDomain} explains: ${inOneLine(verdict.explanation)}`)
  }
  const { used, limit, void: voids, voidLimit } = verdict.lookups
  lines.push(`         look-ups ${used} of ${limit}, ${voids} of ${voidLimit} found nothing`)
  return lines.join('\n')
}

function spfExitCode({ result }: SpfVerdict): ExitCode {
  if (result === 'pass') return exitCodes.yes
  return result === 'temperror' ? exitCodes.couldNotTell : exitCodes.no
}
