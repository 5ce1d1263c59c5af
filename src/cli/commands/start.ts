import { Command, InvalidArgumentError, Option } from 'commander'
import { openServer } from '../../app/open-server.ts'
import { readConfig } from '../../config/config.ts'
import { fileProblems } from '../../config/files.ts'
import { WaybillError } from '../../base/error.ts'
import type { Fault } from '../../desk/fault.ts'
import { parseFault } from '../../desk/fault-text.ts'
import { lasting } from '../../desk/vital-signs.ts'
import { systemClock } from '../../io/clock.ts'
import { dataFolder } from '../../store/data-folder.ts'
import { defaultData } from '../data.ts'
import { print, printJson, resultsAreSeen } from '../output.ts'
import { onSignals } from '../signals.ts'
import { leave, logStyle, openReporting, pageFolder, type StartOptions } from '../starting.ts'
import { programVersion } from '../version.ts'
import { startedText } from '../render/started.ts'
import { startCatcher } from './start-catch.ts'
import { startLab } from './start-lab.ts'

/** `waybill start --lab`, `waybill start --catch` and `waybill start --config FILE`. */
export function startCommand(): Command {
  return new Command('start')
    .description('run in the foreground: the lab, a catcher, or a mail server of your own')
    .option('--lab', 'the lab: nothing leaves this computer')
    .option('--catch', 'take every letter for anybody, keep it, send none')
    .option('--config <file>', 'a mail server, as this waybill.toml says')
    .option('--data <folder>', `the data folder (${defaultData}, but for --config)`)
    .option('--ports <how>', '"auto" takes free ports', autoPorts)
    .option('--smtp-port <port>', 'port for your programs (1025)', port)
    .option('--submission-port <port>', 'port with STARTTLS and login (1587)', port)
    .option('--submissions-port <port>', 'port with TLS and login (1465)', port)
    .option('--dns-port <port>', "the lab: its name server's port (1053)", port)
    .option('--http-port <port>', 'the page and the API (8025)', port)
    .option('--fault <fault>', 'STAGE:WHAT[:CHANCE], such as recipient:451:50', oneMore, [])
    .option('--keep-days <days>', 'the catcher: how long it keeps mail (30; 0 for ever)', days)
    .option('--strict-ports', 'end with exit code 4 when a port is taken')
    .addOption(logOption())
    .option('--json', 'the first line on stdout tells the ports')
    .action((options: StartOptions) => start(options))
}

async function start(options: StartOptions): Promise<void> {
  const { config, lab = false, catch: catches = false } = options
  if ([config !== undefined, lab, catches].filter(Boolean).length > 1) {
    throw new WaybillError('usage', 'Either --lab, --catch or --config, not both.')
  }
  if (options.keepDays !== undefined && !catches) {
    throw new WaybillError('usage', '--keep-days is for --catch.', {
      hint: 'A server of your own has the table [retention] in its waybill.toml.',
    })
  }
  if (config !== undefined) return startServer(config, options)
  if (lab) return startLab(options)
  if (catches) return startCatcher(options)
  throw new WaybillError('usage', 'Say what to start: --lab, --catch, or --config waybill.toml.', {
    hint: 'The lab needs nothing: waybill start --lab',
  })
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
    page: pageFolder,
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
      const where = `${lasting.settings}, ${path}`
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
  const { ports, token } = server
  if (options.json === true) printJson({ event: 'ready', ports, token_file: token.file })
  const started = { version: programVersion(), host: settings.hostname, process: process.pid }
  log({ level: 'info', event: 'started', fields: { ...started, ...ports } })
  if (options.json !== true) {
    const { root: data } = dataFolder(settings.data)
    const { route: routes, source: sources } = settings
    const problems = fileProblems({ ...settings, routes, sources }, systemClock.now())
    const isSeen = resultsAreSeen()
    print(startedText({ ...settings, ports, data, problems, token, isSeen }))
  }
  await stopping.promise
  await server.close()
  log({ level: 'info', event: 'stopped', fields: {} })
  close()
  leave()
}

function logOption(): Option {
  return new Option(
    '--log <how>',
    'the log on standard error: text, json, or faults alone (the lab’s default)',
  ).choices(['text', 'json', 'faults'])
}

function port(text: string): number {
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535) {
    throw new InvalidArgumentError('Not a port: 0 to 65535.')
  }
  return Number(text)
}

function days(text: string): number {
  if (!/^\d{1,5}$/.test(text)) throw new InvalidArgumentError('Not a number of days: 0 to 99999.')
  return Number(text)
}

function autoPorts(text: string): 'auto' {
  if (text !== 'auto') throw new InvalidArgumentError('Only "auto" is known.')
  return text
}

function oneMore(text: string, before: readonly Fault[]): readonly Fault[] {
  return [...before, parseFault(text)]
}
