import { hostname, userInfo } from 'node:os'
import { Command, InvalidArgumentError, Option } from 'commander'
import { domainOf } from '../../address/mailbox.ts'
import {
  formatPath,
  parseForwardPath,
  parseReversePath,
  type ReversePath,
} from '../../address/path.ts'
import { WaybillError } from '../../base/error.ts'
import { makeId } from '../../base/id.ts'
import { isAscii } from '../../base/octets.ts'
import { type Probed, probe } from '../../deliver/probe.ts'
import type { ProbeInput, ProbeTls } from '../../deliver/probe-input.ts'
import { systemClock } from '../../io/clock.ts'
import { tcpDialer } from '../../io/dialer.ts'
import type { DnsEndpoint } from '../../io/stub-options.ts'
import { type ProbeStage, probeStages } from '../../journey/probed-step.ts'
import { type JourneyView, viewJourney } from '../../journey/view.ts'
import type { ClientAuth, ClientRecipient } from '../../smtp/client-types.ts'
import { readPath, readServer } from '../options.ts'
import { ask, type ExitCode, exitCodes, print, printJson } from '../output.ts'
import { readPassword } from '../password-input.ts'
import { type LetterParts, readLetter } from '../probe/letter.ts'
import { readPlace, type ServerPlace } from '../probe/place.ts'
import { renderJourney } from '../render/journey.ts'
import { commandResolver } from '../resolver.ts'

interface ProbeOptions extends LetterParts {
  readonly server?: ServerPlace
  readonly from?: string
  readonly helo?: string
  readonly to?: readonly string[]
  readonly stopAfter?: Exclude<ProbeStage, 'message'>
  readonly tls: ProbeTls
  readonly lmtp?: boolean
  readonly auth?: string
  readonly passwordFile?: string
  readonly timeout: number
  readonly ipv4?: boolean
  readonly ipv6?: boolean
  readonly zone?: string
  readonly dns?: DnsEndpoint
  readonly verbose?: boolean
  readonly json?: boolean
}

const stops = probeStages.filter((stage) => stage !== 'message')
const tlsForms: readonly ProbeTls[] = ['never', 'opportunistic', 'required', 'implicit', 'verified']

/** `waybill probe ADDRESS`. */
export function probeCommand(): Command {
  return new Command('probe')
    .description('talk SMTP to a server and see how far it says yes; without a server of one’s own')
    .argument('<address>', 'the recipient; its domain says which server, unless --server does')
    .option('--server <host[:port]>', 'this server, and no look at MX', readPlace)
    .option('--from <address>', 'the reverse-path, <> for none; else your name at this machine')
    .option('--to <address>', 'another recipient; may be given several times', several)
    .option('--helo <name>', 'what is said in EHLO; else the name of this machine')
    .addOption(new Option('--stop-after <stage>', 'go only so far').choices(stops))
    .addOption(
      new Option('--tls <form>', 'opportunistic: when offered; verified: with a good certificate')
        .choices(tlsForms)
        .default('opportunistic'),
    )
    .option('--lmtp', 'speak LMTP (RFC 2033), at port 24 unless --server says another')
    .option('--auth <user>', 'log in; the password is asked for, or in WAYBILL_PROBE_PASSWORD')
    .option('--password-file <file>', 'a file whose first line is the password')
    .option('--data <file>', 'the whole message, - for standard input')
    .option('--subject <text>', 'the subject of the message that is made')
    .option('--body <text>', 'its text')
    .option('--attach <file>', 'a file in it; may be given several times', several)
    .option('--header <field>', '"Name: value"; may be given several times', several)
    .option(
      '--timeout <seconds>',
      'the longest wait for one answer; 10 times that for all',
      readSeconds,
      30,
    )
    .addOption(new Option('--ipv4', 'only addresses of IPv4').conflicts('ipv6'))
    .option('--ipv6', 'only addresses of IPv6')
    .option('--zone <file>', 'a JSON file with the DNS to use; else the machine’s own DNS')
    .option('--dns <host:port>', 'a DNS server to ask; else the machine’s own DNS', readServer)
    .option('-v, --verbose', 'the evidence too: DNS answers, what is offered, the SMTP lines')
    .option('--json', 'the journey as one JSON object')
    .addHelpText('after', help)
    .action(async (address: string, options: ProbeOptions) => {
      const world = {
        resolver: await commandResolver(options.zone, options.dns),
        dialer: tcpDialer,
        clock: systemClock,
        random: Math.random,
        trustAnchors: undefined,
      }
      const to = [address, ...(options.to ?? [])].map(readPath)
      const input = await inputOf(to, options)
      const done = await probe(input, world, makeId(systemClock.now(), Math.random))
      const view = viewOf(done, input, to)
      if (options.json === true) printJson(view)
      else {
        print(renderJourney(view, { evidence: options.verbose === true }))
      }
      process.exitCode = exitCodeOf(done)
    })
}

const help = `
Without --stop-after a message is sent, and arrives. Its lines are told with -v.
A password never stands on the command line: there all users of this machine
could read it.

Exit code 0: the server said yes as far as was asked, to every recipient.
1: it said no. 3: not now (4yz), or DNS did not answer. 4: it could not be
reached. 5: mail for the domain goes nowhere.`

function several(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value]
}

function readSeconds(text: string): number {
  const seconds = Number(text)
  if (/^\d{1,4}$/.test(text) && seconds >= 1 && seconds <= 3600) return seconds
  throw new InvalidArgumentError('Wants 1 to 3600 seconds.')
}

async function inputOf(to: readonly string[], options: ProbeOptions): Promise<ProbeInput> {
  const { server, tls, stopAfter: stage = 'message' } = options
  const recipients = to.map(recipientOf)
  const from = readPath(options.from ?? `${userInfo().username}@${hostname()}`)
  const auth = await authOf(options)
  const world = { now: systemClock.now(), random: Math.random, stdin: process.stdin }
  return {
    reversePath: reversePathOf(from),
    recipients,
    smtpUtf8: ![from, ...to].every(isAscii),
    to: placeOf(server, to, options),
    port: server?.port ?? (options.lmtp === true ? 24 : tls === 'implicit' ? 465 : 25),
    protocol: options.lmtp === true ? 'lmtp' : 'smtp',
    families:
      options.ipv4 === true ? 'ipv4-only' : options.ipv6 === true ? 'ipv6-only' : 'ipv6-first',
    hostname: options.helo ?? hostname(),
    tls,
    auth,
    stage,
    letter: await readLetter(options, { from, to }, world),
    timeoutMs: options.timeout * 1000,
  }
}

function recipientOf(address: string): ClientRecipient {
  const path = parseForwardPath(`<${address}>`)
  if (path.ok) return { forwardPath: path.value, notify: null, orcpt: null }
  throw new WaybillError('usage', `"${address}" is no address: ${path.problem}.`)
}

function reversePathOf(address: string): ReversePath {
  const path = parseReversePath(`<${address}>`)
  if (path.ok) return path.value
  throw new WaybillError('usage', `--from "${address}" is no address: ${path.problem}.`, {
    hint: 'Name one with --from, or none with --from "<>".',
  })
}

function placeOf(
  server: ServerPlace | undefined,
  to: readonly string[],
  { lmtp }: ProbeOptions,
): ProbeInput['to'] {
  if (server !== undefined) return { type: 'server', host: server.host }
  // RFC 2033 §5: LMTP is no way between hosts of the internet, so no MX leads to it.
  if (lmtp === true) {
    throw new WaybillError('usage', 'LMTP is spoken with a server that is named.', {
      hint: 'Say which: --server mail.example.org:24',
    })
  }
  const domains = Array.from(new Set(to.map((address) => domainOf(address).toLowerCase())))
  const [domain = ''] = domains
  if (domains.length === 1 && domain !== '') return { type: 'mx', domain }
  const why = domain === '' ? 'An address has no domain' : 'The recipients have several domains'
  throw new WaybillError('usage', `${why}, so they lead to no one server.`, {
    hint: 'Name the server with --server, or probe one domain at a time.',
  })
}

async function authOf(options: ProbeOptions): Promise<ClientAuth | undefined> {
  const { auth: username, tls, passwordFile, data } = options
  if (username === undefined) {
    if (passwordFile === undefined) return undefined
    throw new WaybillError('usage', 'A password without a name: say --auth USER too.')
  }
  if (tls === 'never') {
    throw new WaybillError('usage', 'With --tls never the password would go in clear text.', {
      hint: 'Choose --tls required or --tls implicit.',
    })
  }
  const password = await readPassword({
    input: process.stdin,
    ask,
    file: passwordFile,
    given: process.env['WAYBILL_PROBE_PASSWORD'],
    inputIsTaken: data === '-',
  })
  return { username, password, authorizationId: '', allowClearText: false }
}

/** The journey of a probe: never kept, and told like one that is. */
function viewOf(done: Probed, input: ProbeInput, to: readonly string[]): JourneyView {
  const { log, type, because, conversation } = done
  const { reversePath } = input
  const record = log.record({
    direction: 'out',
    host: input.hostname,
    envelope: {
      ip: '',
      helo: input.hostname,
      mailFrom: formatPath(reversePath).slice(1, -1),
      rcptTo: to,
    },
    outcome: { status: 'created', because: ['probe'] },
    replay: undefined,
    subject: '',
    messageId: '',
    author: '',
  })
  const facts = new Map(log.shared.map(({ hash, json }) => [hash, json]))
  const status = type === 'no-answer-of-dns' || type === 'deferred' ? 'not now' : statusOf(type)
  const summary = because === '' ? 'The server said yes as far as was asked.' : because
  const view = viewJourney({ ...record, conversation }, facts, { status, summary })
  const step = record.steps.findLast((one) => one.type === 'probed')
  const heard = new Map(
    (step?.type === 'probed' ? step.recipients : []).map((one) => [one.recipient, one]),
  )
  // What a probe says of a recipient is no delivery, but for the whole message.
  const recipients = view.recipients.map((one) => {
    return { ...one, status: heard.get(one.address)?.result ?? status }
  })
  return { ...view, recipients }
}

function statusOf(type: Exclude<Probed['type'], 'deferred' | 'no-answer-of-dns'>): string {
  switch (type) {
    case 'accepted':
      return 'accepted'
    case 'failed':
      return 'refused'
    case 'unreachable':
      return 'unreachable'
    case 'no-route':
      return 'no route'
  }
}

function exitCodeOf({ type }: Probed): ExitCode {
  switch (type) {
    case 'accepted':
      return exitCodes.yes
    case 'failed':
      return exitCodes.no
    case 'deferred':
    case 'no-answer-of-dns':
      return exitCodes.couldNotTell
    case 'unreachable':
      return exitCodes.unreachable
    case 'no-route':
      return exitCodes.notFound
  }
}
