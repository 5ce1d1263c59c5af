import { Command, InvalidArgumentError, Option } from 'commander'
import { fileURLToPath } from 'node:url'
import type { HttpServer } from '../../http/http-server.ts'
import { type LabConsoleOptions, openLabConsole } from '../../lab/console.ts'
import { type Lab, openLab } from '../../lab/lab.ts'
import { labTools } from '../../lab/tools.ts'
import { openServer } from '../../app/open-server.ts'
import { readConfig } from '../../config/config.ts'
import { fileProblems } from '../../config/files.ts'
import { WaybillError } from '../../base/error.ts'
import { faultLine } from '../../base/log.ts'
import type { JourneyView } from '../../journey/view.ts'
import { systemClock } from '../../io/clock.ts'
import { findSituation, situations } from '../../lab/situations.ts'
import { dataFolder } from '../../store/data-folder.ts'
import { openJourney } from '../../desk/archives.ts'
import { defaultData } from '../data.ts'
import { type LogStyle, openLog, type OpenLog } from '../log-output.ts'
import { exitCodes, paint, print, printJson, say } from '../output.ts'
import { onSignals } from '../signals.ts'
import { programVersion } from '../version.ts'
import { renderFirstLetter } from '../render/first-letter.ts'
import { startedText } from '../render/started.ts'

interface StartOptions {
  readonly lab?: boolean
  readonly config?: string
  readonly data?: string
  readonly ports?: 'auto'
  readonly smtpPort?: number
  readonly submissionPort?: number
  readonly submissionsPort?: number
  readonly dnsPort?: number
  readonly httpPort?: number
  readonly strictPorts?: boolean
  readonly log?: 'text' | 'json' | 'faults'
  readonly json?: boolean
}

/** `waybill start --lab` and `waybill start --config FILE`. */
export function startCommand(): Command {
  return new Command('start')
    .description('run in the foreground: the lab, or a mail server of your own')
    .option('--lab', 'the lab: nothing leaves this computer')
    .option('--config <file>', 'a mail server, as this waybill.toml says')
    .option('--data <folder>', `the data folder (the lab's is ${defaultData})`)
    .option('--ports <how>', '"auto" takes free ports', autoPorts)
    .option('--smtp-port <port>', 'the lab: port for your programs (1025)', port)
    .option('--submission-port <port>', 'the lab: STARTTLS and login (1587)', port)
    .option('--submissions-port <port>', 'the lab: TLS and login (1465)', port)
    .option('--dns-port <port>', "the lab: its name server's port (1053)", port)
    .option('--http-port <port>', 'the lab: the page and the API (8025)', port)
    .option('--strict-ports', 'end with exit code 4 when a port is taken')
    .addOption(logOption())
    .option('--json', 'the first line on stdout tells the ports')
    .action((options: StartOptions) => start(options))
}

async function start(options: StartOptions): Promise<void> {
  if (options.config !== undefined && options.lab === true) {
    throw new WaybillError('usage', 'Either --lab or --config, not both.')
  }
  if (options.config !== undefined) return startServer(options.config, options)
  if (options.lab === true) return startLab(options)
  throw new WaybillError('usage', 'Say what to start: --lab, or --config waybill.toml.', {
    hint: 'The lab needs nothing: waybill start --lab',
  })
}

async function startLab(options: StartOptions): Promise<void> {
  // The first screen is for people, and they see what happens with `waybill list`.
  const { log, report, close } = openReporting(logStyle(options.log ?? 'faults'))
  const auto = options.ports === 'auto'
  const asked = {
    smtp: options.smtpPort,
    submission: options.submissionPort,
    submissions: options.submissionsPort,
    dns: options.dnsPort,
    http: options.httpPort,
  } as const
  const wanted = {
    smtp: asked.smtp ?? (auto ? 0 : 1025),
    submission: asked.submission ?? (auto ? 0 : 1587),
    submissions: asked.submissions ?? (auto ? 0 : 1465),
    dns: asked.dns ?? (auto ? 0 : 1053),
    http: asked.http ?? (auto ? 0 : 8025),
  }
  const taken = options.strictPorts === true ? 'strict' : 'next'
  // A port that somebody asked for by number is not replaced by another.
  const named = new Set<string>(portNames.filter((name) => asked[name] !== undefined))
  const lab = await openLab({
    folder: options.data ?? defaultData,
    ports: wanted,
    taken,
    named,
    log,
    report,
  })
  const console = await openConsole(lab, { port: wanted.http, taken, named, report })
  const ports = { ...lab.ports, http: console.port }
  const ended = Promise.withResolvers<void>()
  onSignals({ stop: () => ended.resolve(), hurry: () => lab.hurry() })
  tellMovedPorts(wanted, ports)
  if (options.json === true) printJson({ event: 'ready', ports })
  else {
    await greet(lab, ports, options.data ?? defaultData)
  }
  await ended.promise
  await console.close()
  await lab.close()
  close()
  leave()
}

/** Opens the page; the lab ends with it when it cannot be opened. */
async function openConsole(
  lab: Lab,
  options: Omit<LabConsoleOptions, 'version' | 'page'>,
): Promise<HttpServer> {
  const page = fileURLToPath(new URL('../../../dist/console', import.meta.url))
  try {
    return await openLabConsole(lab, { ...options, version: programVersion(), page })
  } catch (problem) {
    await lab.close()
    throw problem
  }
}

const portNames = ['smtp', 'submission', 'submissions', 'dns', 'http'] as const

/** All ports of the lab. */
type Ports = Readonly<Record<(typeof portNames)[number], number>>

function tellMovedPorts(wanted: Ports, got: Ports): void {
  for (const name of portNames) {
    if (wanted[name] === 0 || wanted[name] === got[name]) continue
    say(`Port ${wanted[name]} is taken by another program. Using ${got[name]} instead.`)
    say(`  To keep ${wanted[name]}: stop that program, or choose with --${name}-port.`)
  }
}

/** The first screen: where things are, and the first letter's way. */
async function greet(lab: Lab, ports: Ports, data: string): Promise<void> {
  const bold = (text: string): string => paint('bold', text)
  const place = (text: string): string => text.padEnd(26)
  print(`
  ${bold(`Waybill ${programVersion()}`)}   LAB: nothing leaves this computer

  Console   ${place(`http://localhost:${ports.http}`)}only this computer can open it
  Send to   ${place(`smtp://localhost:${ports.smtp}`)}any sender, any recipient, no login
            ${place(`smtp://localhost:${ports.submission}`)}STARTTLS, sender@north.example / letmein
            ${place(`smtps://localhost:${ports.submissions}`)}TLS,      sender@north.example / letmein
  DNS       ${place(`127.0.0.1:${ports.dns}`)}zones north.example, south.example
  CA        ${place(lab.authorityFile)}for programs that check the other two

  Point your app at the first one. Two mail servers are running here:
  mx.north.example is 192.0.2.10, mx.south.example is 203.0.113.20.
  A first letter went from sender@north.example to receiver@south.example:
`)
  const started = performance.now()
  await findSituation('hello')?.run(labTools(lab))
  const ms = Math.round(performance.now() - started)
  const view = async (
    store: Lab['north']['store'],
    direction: 'in' | 'out',
  ): Promise<JourneyView | undefined> => {
    const [row] = await store.journeys.list({ limit: 1, direction })
    const found = row === undefined ? undefined : await store.journeys.find(row.id)
    return found?.type === 'found' ? (await openJourney(store, found.journey)).view : undefined
  }
  const sent = await view(lab.north.store, 'out')
  const received = await view(lab.south.store, 'in')
  if (sent !== undefined && received !== undefined) print(renderFirstLetter(sent, received, ms))
  print(`
  Next:  ./waybill show last -v      what south saw of it, with every DNS answer
         ./waybill show last:2 -v    what north did before: signed it, found the way, sent it
         ./waybill lab run forged    a stranger writes in north's name
         ./waybill lab list          ${situations.length - 1} more situations to try
  Ctrl-C stops. Your data: ${data}`)
}

async function startServer(path: string, options: StartOptions): Promise<void> {
  const settings = readConfig(path)
  const { log, report, use, close } = openReporting(logStyle(options.log ?? settings.log.format))
  const stopping = Promise.withResolvers<void>()
  const opening = openServer({
    settings,
    ...(options.data === undefined ? {} : { data: options.data }),
    autoPorts: options.ports === 'auto',
    version: programVersion(),
    log,
    report,
    broken: (problem) => {
      // A disk that failed once is not trusted with a second try: what is acknowledged is safe.
      report(problem, 'the store; so the server stops')
      process.exitCode = 1
      process.kill(process.pid, 'SIGTERM')
    },
  })
  // One after the other, and none before the server is open.
  let reloading: Promise<unknown> = opening
  const reload = async (): Promise<void> => {
    try {
      const read = readConfig(path)
      const { changed, unchanged } = await (await opening).reload(read)
      use(logStyle(options.log ?? read.log.format))
      log({ level: 'info', event: 'reloaded', fields: { changed, unchanged } })
    } catch (problem) {
      const where = `SIGHUP, so the settings are as before, ${path}`
      const inLog = (): void => report(problem, where)
      await opening.then((server) => server.tellFault(problem, where), inLog)
    }
  }
  onSignals({
    stop(signal) {
      log({ level: 'info', event: 'stopping', fields: { why: signal } })
      stopping.resolve()
    },
    hurry(signal) {
      log({
        level: 'info',
        event: 'stopping',
        fields: { why: `${signal} again: nothing is waited for` },
      })
      opening.then(
        (server) => server.hurry(),
        () => {},
      )
    },
    reload: () => void (reloading = reloading.then(reload, reload)),
  })
  const server = await opening
  const { ports } = server
  if (options.json === true) printJson({ event: 'ready', ports })
  const started = { version: programVersion(), host: settings.hostname, process: process.pid }
  log({ level: 'info', event: 'started', fields: { ...started, ...ports } })
  if (options.json !== true) {
    const { root: data } = dataFolder(settings.data)
    const problems = fileProblems(settings, systemClock.now())
    print(startedText({ ...settings, ports, data, problems }))
  }
  await stopping.promise
  await server.close()
  log({ level: 'info', event: 'stopped', fields: {} })
  close()
  leave()
}

/** Everything is on disk: a question to DNS that is still open need not be waited for. */
function leave(): never {
  process.exit(process.exitCode ?? exitCodes.yes)
}

/** The log on standard error, and what faults of ours are told with. */
function openReporting(
  style: LogStyle,
): OpenLog & { report: (problem: unknown, where: string) => void } {
  const opened = openLog(style, systemClock)
  return { ...opened, report: (problem, where) => opened.log(faultLine(problem, where)) }
}

function logOption(): Option {
  return new Option(
    '--log <how>',
    'the log on standard error: text, json, or faults alone (the lab’s default)',
  ).choices(['text', 'json', 'faults'])
}

function logStyle(how: 'text' | 'json' | 'faults'): LogStyle {
  return how === 'faults' ? { format: 'text', depth: 'faults' } : { format: how, depth: 'all' }
}

function port(text: string): number {
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535) {
    throw new InvalidArgumentError('Not a port: 0 to 65535.')
  }
  return Number(text)
}

function autoPorts(text: string): 'auto' {
  if (text !== 'auto') throw new InvalidArgumentError('Only "auto" is known.')
  return text
}
