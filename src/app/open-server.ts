import { availableParallelism } from 'node:os'
import type { Clock } from '../base/clock.ts'
import { faultLine } from '../base/log.ts'
import type { Settings } from '../config/settings.ts'
import { MailMeter } from '../desk/mail-meter.ts'
import { VitalSigns } from '../desk/vital-signs.ts'
import { Connector } from '../deliver/connect.ts'
import { MemoryDirectory } from '../directory/memory-directory.ts'
import { SigningKeys } from '../directory/signing-keys.ts'
import { chance, systemClock } from '../io/clock.ts'
import { type Dialer, tcpDialer } from '../io/dialer.ts'
import { machineAddresses } from '../io/machine-addresses.ts'
import { Admission } from '../policy/admission.ts'
import type { ListenerKind } from '../sessions/sessions.ts'
import { openSqliteStore } from '../store/sqlite/sqlite-store.ts'
import { ownCertificate, readCertificate, trustOf } from './certificate.ts'
import { admissionLimits, rulesOf, staticOptions } from './from-settings.ts'
import { askTheirServer } from './handed-on.ts'
import { MailSystem } from './mail-system.ts'
import { readWays, SettingsWays } from './named-ways.ts'
import { lookUpPeople } from './people.ts'
import { openResolver } from './resolver.ts'
import { RunningServer } from './running-server.ts'
import type { ServerOptions, ServerPorts } from './server-parts.ts'
import { threadsFor } from './session-threads.ts'
import { checkSources } from './source-settings.ts'
import { hookSource, openWebhooks } from './webhooks.ts'

/** What a server is opened with. */
export interface OpenServerOptions extends ServerOptions {
  /** How other servers are reached; replaced by tests. */
  readonly dialer?: Dialer
  /** Whether loopback addresses are this server itself, which they are but for tests. */
  readonly loopbackIsSelf?: boolean
  /** The time that letters live by; replaced by tests. The desk and the log go by the real one. */
  readonly clock?: Clock
}

/**
 * Opens a mail server as its settings say. What was opened before something fails is closed again.
 *
 * @throws WaybillError `port-taken`, `key-unusable`, `not-found` and what the store says
 */
export async function openServer(options: OpenServerOptions): Promise<RunningServer> {
  const opened: (() => Promise<void>)[] = []
  try {
    return await open(options, opened)
  } catch (problem) {
    for (const close of opened.toReversed()) await close()
    throw problem
  }
}

/** @param opened takes how to close again what is open already */
async function open(
  given: OpenServerOptions,
  opened: (() => Promise<void>)[],
): Promise<RunningServer> {
  const signs = new VitalSigns(() => systemClock.now())
  const meter = new MailMeter(() => systemClock.now())
  const options = overheard({ ...given, log: meter.over(given.log) }, signs)
  const { settings, log, report, broken } = options
  const { dialer = tcpDialer, loopbackIsSelf = true, clock = systemClock } = options
  const now = systemClock.now()
  checkSources(settings, machineAddresses())
  const certificate = readCertificate(settings) ?? (await ownCertificate(settings.hostname, now))
  const folder = options.data ?? settings.data
  const store = await openSqliteStore({
    folder,
    onBroken: (problem) => broken(problem),
    log,
    strangersPercent: settings.retention.strangers_percent,
    refusedBytes: settings.retention.refused_bytes,
  })
  opened.push(() => store.close())
  const resolver = await openResolver(settings, log)
  opened.push(async () => resolver.close())
  const { residents, keys } = await lookUpPeople(store, settings, log, folder)
  const signing = new SigningKeys(keys)
  const directory = new MemoryDirectory(residents, signing)
  const limits = admissionLimits(settings)
  const clients = new Admission({ limits, clock, log, loginsAtOnce })
  const threads = await threadsFor(settings.limits.threads, {
    store,
    people: () => ({ residents: directory.residents, keys: signing.rows }),
    log,
    broken: (problem) => broken(problem),
  })
  const ways = new SettingsWays(readWays(settings), settings.delivery.no_chunking_to)
  const trustAnchors = trustOf(settings)
  const { hostname } = settings
  const connector = new Connector({
    hostname,
    dialer,
    clock,
    trustAnchors,
    random: chance,
  })
  const system = new MailSystem({
    ...staticOptions(settings, { folder, loopbackIsSelf }),
    rules: rulesOf(settings, residents),
    directory,
    store,
    resolver,
    dialer,
    clients,
    clock,
    certificate,
    trustAnchors,
    ways,
    admission: askTheirServer(ways, { resolver, connector, clock }),
    threads,
    log,
    report,
  })
  opened.push(() => system.close(0))
  const ports = await openPorts(system, settings, options.autoPorts)
  await system.start()
  const webhooks = await openWebhooks({
    folder,
    sources: [hookSource('', store)],
    acts: store.acts,
    reach: { type: 'outside', resolver },
    clock: systemClock,
    newId: () => system.newId(),
    log,
    report,
  })
  opened.push(() => webhooks.close())
  const parts = {
    options,
    system,
    store,
    resolver,
    directory,
    clients,
    signing,
    signs,
    meter,
    webhooks,
    ways,
  }
  return await RunningServer.begin(parts, { ports, certificate })
}

/** Opens the ports of the settings; `auto`: free ones instead. */
async function openPorts(
  system: MailSystem,
  settings: Settings,
  auto: boolean,
): Promise<ServerPorts> {
  const { address } = settings.listen
  const open = async (kind: ListenerKind): Promise<number> => {
    const { port } = await system.listen({ kind, address, port: auto ? 0 : settings.listen[kind] })
    return port
  }
  return {
    smtp: await open('smtp'),
    submission: await open('submission'),
    submissions: await open('submissions'),
  }
}

/** What is told in the log, and what goes wrong, is heard here too: `waybill status` tells it. */
function overheard(options: OpenServerOptions, signs: VitalSigns): OpenServerOptions {
  return {
    ...options,
    log: signs.over(options.log),
    report(problem, where) {
      signs.hear(faultLine(problem, where))
      options.report(problem, where)
    },
  }
}

/** A password check keeps a core busy for a while: one is enough, and one core is for all else. */
const loginsAtOnce = Math.max(1, Math.min(2, Math.floor(availableParallelism() / 2)))
