import { Command, InvalidArgumentError, Option } from 'commander'
import { type Message, Waybill, WaybillApiError, WaitTimeoutError } from '../../client/client.ts'
import { type ExitCode, exitCodes, print, printJson, say } from '../output.ts'

interface WaitOptions {
  readonly to?: string
  readonly subject?: string
  readonly from?: string
  readonly since?: Date
  readonly timeout: number
  readonly link?: boolean
  readonly code?: boolean
  readonly json?: boolean
  readonly url?: string
  readonly key?: string
}

/** `waybill wait`. */
export function waitCommand(): Command {
  return new Command('wait')
    .description('wait for a message at a lab or a catcher, and print it or what is in it')
    .option('--to <address>', 'to this address, whole')
    .option('--subject <words>', 'with these words in its subject')
    .option('--from <words>', 'from an address with this in it')
    .option('--since <age>', 'not before: 30s, 5m or 2h ago; all that is there counts', readSince)
    .option('--timeout <time>', 'how long: 500ms, 5s or 2m', readTimeout, 10_000)
    .addOption(new Option('--link', 'print its first link').conflicts(['code', 'json']))
    .addOption(new Option('--code', 'print its first one-time code').conflicts('json'))
    .option('--json', 'as one JSON object, with links, codes and text')
    .option('--url <url>', 'of the server; else WAYBILL_URL, else http://localhost:8025')
    .option('--key <key>', 'its key; else WAYBILL_KEY')
    .addHelpText('after', exits)
    .action(async (options: WaitOptions) => {
      process.exitCode = await wait(options)
    })
}

const exits = `
The newest message that fits, or the first one that comes.
Exit codes: 0 it is there, 1 it did not come in time, or has no link or code,
3 the server could not tell, 4 no server answers.`

async function wait(options: WaitOptions): Promise<ExitCode> {
  const { url, key, to, subject, from, since, timeout } = options
  const mail = new Waybill({
    ...(url === undefined ? {} : { url }),
    ...(key === undefined ? {} : { key }),
  })
  try {
    const message = await mail.waitFor({
      timeout,
      ...(to === undefined ? {} : { to }),
      ...(subject === undefined ? {} : { subject }),
      ...(from === undefined ? {} : { from }),
      ...(since === undefined ? {} : { since }),
    })
    return tell(message, options)
  } catch (problem) {
    if (problem instanceof WaitTimeoutError) {
      say(`waybill: ${problem.message}`)
      return exitCodes.no
    }
    if (!(problem instanceof WaybillApiError)) throw problem
    say(`waybill: ${problem.message}`)
    if (problem.status === 0) return exitCodes.unreachable
    return problem.status < 500 && problem.status !== 429 ? exitCodes.usage : exitCodes.couldNotTell
  }
}

function tell(message: Message, { link, code, json }: WaitOptions): ExitCode {
  const { id, subject, from, to, status, summary, startedAt, text, links, codes } = message
  if (link === true) return only(links[0]?.href, `The message ${id} has no link.`)
  if (code === true) return only(codes[0], `The message ${id} has no one-time code.`)
  if (json === true) {
    const started_at = startedAt.toISOString()
    printJson({ id, subject, from, to, status, summary, started_at, links, codes, text })
    return exitCodes.yes
  }
  print(`${id}  ${status}  ${subject}`)
  print(`  from ${from === '' ? '<>' : from} to ${to.join(', ')}`)
  for (const one of codes) print(`  code  ${one}`)
  for (const { href } of links) print(`  link  ${href}`)
  return exitCodes.yes
}

function only(found: string | undefined, otherwise: string): ExitCode {
  if (found === undefined) {
    say(`waybill: ${otherwise}`)
    return exitCodes.no
  }
  print(found)
  return exitCodes.yes
}

const units: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }

function readTimeout(text: string): number {
  const [, digits, unit = 's'] = /^(\d{1,9}(?:\.\d{1,3})?)(ms|s|m|h)?$/.exec(text) ?? []
  const ms = Number(digits) * (units[unit] ?? NaN)
  if (ms <= 24 * 3_600_000) return ms
  throw new InvalidArgumentError('Wants a time such as 500ms, 5s or 2m, a day at most.')
}

function readSince(text: string): Date {
  return new Date(Date.now() - readTimeout(text))
}
