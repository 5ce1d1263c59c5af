import { hostname, userInfo } from 'node:os'
import { parseDomain } from '../../address/domain.ts'
import { WaybillError } from '../../base/error.ts'
import { parseIp } from '../../base/ip.ts'
import { readConfig } from '../../config/config.ts'
import type { Settings } from '../../config/settings.ts'
import { numbered, operator } from '../operator.ts'
import { printJson, say } from '../output.ts'
import { usualConfig } from './usual-config.ts'
import { readCall, type SendmailCall } from './arguments.ts'
import { handOver, type Ways } from './hand-over.ts'
import { makeLetter } from './letter.ts'
import { exitOf, type Sysexit, sysexits, tellOutcome } from './outcome.ts'
import { readMessage } from './standard-input.ts'

/**
 * Does what a program wants of sendmail, and gives the exit code of sysexits.h. It is 0 only where the
 * server has the letter on its disk.
 */
export async function runSendmail(
  args: readonly string[],
  listQueue: (config: string | undefined) => Promise<void>,
): Promise<number> {
  const read = readCall(args)
  if (read.type === 'wrong') return failed(sysexits.usage, read.problem)
  const { call } = read
  switch (call.mode) {
    case 'list-queue':
      await listQueue(call.config)
      return sysexits.ok
    case 'run-queue':
    case 'new-aliases':
      // The server tries what waits by itself, and has its aliases where they are written.
      return sysexits.ok
    case 'deliver':
      return await deliver(call)
  }
}

async function deliver(call: SendmailCall): Promise<Sysexit> {
  const found = settingsFor(call)
  if (found.type === 'wrong') return failed(sysexits.config, found.problem)
  const ways = waysOf(call, found.settings)
  if (ways === undefined) {
    return failed(sysexits.usage, '--server wants an address and a port, such as 127.0.0.1:587')
  }
  const input = await readMessage(process.stdin, call.dotIsText)
  if (input.type === 'too-long') return failed(sysexits.data, 'the message does not end')
  const domain = found.settings?.domains[0] ?? machineDomain()
  const made = makeLetter(input.octets, call, { domain, user: userName() })
  if (made.type === 'wrong') return failed(sysexits[made.what], made.problem)
  const outcome = await handOver(made.letter, call, ways, operator())
  const exit = exitOf(outcome)
  if (call.json) printJson({ ...outcome, exit })
  else for (const line of tellOutcome(outcome)) say(`sendmail: ${line}`)
  return exit
}

function failed(exit: Sysexit, problem: string): Sysexit {
  say(`sendmail: ${problem}`)
  return exit
}

type FoundSettings =
  | { readonly type: 'settings'; readonly settings: Settings | undefined }
  | { readonly type: 'wrong'; readonly problem: string }

/**
 * The settings, where this user may read them: they are often closed to others, because they have the
 * hashes of passwords. Only where somebody named the file it must be there and be good.
 */
function settingsFor({ config }: SendmailCall): FoundSettings {
  const named = config ?? process.env['WAYBILL_CONFIG']
  try {
    return { type: 'settings', settings: readConfig(named ?? usualConfig) }
  } catch (problem) {
    if (!(problem instanceof WaybillError)) throw problem
    const closed = problem.code === 'not-found'
    if (closed && named === undefined) return { type: 'settings', settings: undefined }
    return { type: 'wrong', problem: problem.message }
  }
}

/** Which ways there are; `undefined` for a server that cannot be read. */
function waysOf({ server }: SendmailCall, settings: Settings | undefined): Ways | undefined {
  const named = server ?? process.env['WAYBILL_SENDMAIL_SERVER']
  if (named !== undefined) {
    const match = /^(?:\[([^\]]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/.exec(named)
    const host = match?.[1] ?? match?.[2] ?? ''
    const ip = host === 'localhost' ? '127.0.0.1' : host
    const port = Number(match?.[3] ?? 25)
    if (parseIp(ip) === undefined || port < 1 || port > 65_535) return undefined
    return { folder: undefined, servers: [{ ip, port }] }
  }
  const address = settings?.listen.address ?? '0.0.0.0'
  const everywhere = address === '0.0.0.0' || address === '::'
  const ip = everywhere ? '127.0.0.1' : address
  const ports = [settings?.listen.smtp ?? 25, settings?.listen.submission ?? 587]
  return {
    folder: settings?.data,
    servers: ports.filter((port) => port > 0).map((port) => ({ ip, port })),
  }
}

/** A name that mail can be sent from, where no settings say one. */
function machineDomain(): string {
  return parseDomain(hostname()) ?? 'localhost'
}

function userName(): string {
  try {
    return userInfo().username
  } catch {
    return numbered(process.getuid?.()).replaceAll(' ', '-')
  }
}
