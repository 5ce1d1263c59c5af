import { availableParallelism } from 'node:os'
import { WaybillError } from '../base/error.ts'
import { faultLine } from '../base/log.ts'
import type { Settings } from '../config/settings.ts'
import { ControlSocket } from '../control/control-socket.ts'
import type { ControlRequest } from '../control/protocol.ts'
import type { Directory } from '../directory/directory.ts'
import { InTurn } from '../desk/in-turn.ts'
import { type Desk, performNamed } from '../desk/operations.ts'
import { Retention, retentionTimes } from '../desk/retention.ts'
import { VitalSigns } from '../desk/vital-signs.ts'
import { MemoryDirectory } from '../directory/memory-directory.ts'
import { SigningKeys } from '../directory/signing-keys.ts'
import type { KeyedCertificate } from '../io/certificates.ts'
import { systemClock } from '../io/clock.ts'
import { Admission } from '../policy/admission.ts'
import { tlsContexts } from '../sessions/tls-contexts.ts'
import { dataFolder } from '../store/data-folder.ts'
import { openSqliteStore } from '../store/sqlite-store.ts'
import type { Store } from '../store/ports/store.ts'
import { CertificateWatch } from './certificate-watch.ts'
import type { DailyReports } from './daily-reports.ts'
import type { OpenResolver } from './following-resolver.ts'
import { ownCertificate, readCertificate } from './live-certificate.ts'
import { admissionLimits, rulesOf, siteLimits, staticRsaOf } from './from-settings.ts'
import { dailyReports, type LivePorts, makeSite, openPorts, type SiteOptions } from './live-site.ts'
import { type Inhabited, lookUp } from './inhabited.ts'
import { openResolver } from './resolver.ts'
import { serverDesk } from './server-desk.ts'
import { compareSettings, type SettingsChange, withChanges } from './settings-change.ts'
import { threadsFor } from './session-threads.ts'
import type { Site, SiteChange } from './site.ts'

export interface LiveOptions extends SiteOptions {
  /** Instead of the folder in the settings. */
  readonly data?: string
  /** Free ports instead of those in the settings. */
  readonly autoPorts: boolean
  /** The version of the program; commands that do not fit name it. */
  readonly version?: string
  /** The disk or the database has failed: nothing more can be taken. */
  broken(problem: WaybillError): void
}

/** A running mail server. */
export interface Live {
  readonly ports: LivePorts
  readonly site: Site
  readonly directory: Directory
  /**
   * From now on these settings hold, as far as they can change while a server runs: domains (whose
   * signing keys are made first), accounts, aliases, the rules of receiving, limits, and the
   * certificate, whose files are read again. A letter that is under way keeps the rules that it began
   * with. Gives what has changed and what cannot. When it rejects, nothing has changed.
   */
  reload(settings: Settings): Promise<SettingsChange>
  /** Cuts a `close` short, also one that is to come; the records say so. */
  hurry(): void
  /** Stops in order: ports first, then what is under way, the store last. */
  close(): Promise<void>
}

/**
 * Opens a mail server as its settings say. What was opened before something fails is closed again.
 *
 * @throws WaybillError `port-taken`, `key-unusable`, `not-found` and what the store says
 */
export async function openLive(options: LiveOptions): Promise<Live> {
  const opened: (() => Promise<void>)[] = []
  try {
    return await LiveServer.open(options, opened)
  } catch (problem) {
    for (const close of opened.toReversed()) await close()
    throw problem
  }
}

/** The parts of a running server, and what may change of it. */
class LiveServer implements Live {
  readonly ports: LivePorts
  readonly site: Site
  readonly directory: Directory
  readonly #parts: Parts
  /** Absent where there can be none: mail goes on without it, and SIGHUP tries again. */
  #control: ControlSocket | undefined
  /** What changes settings, keys, and who lives here: one after the other. */
  readonly #turn = new InTurn()
  readonly #desk: Desk
  readonly #retention: Retention
  readonly #reports: DailyReports | undefined
  readonly #certificateWatch: CertificateWatch
  #settings: Settings
  #certificate: KeyedCertificate

  private constructor(
    parts: Parts,
    ports: LivePorts,
    first: { readonly settings: Settings; readonly certificate: KeyedCertificate },
  ) {
    const { options, site, store, resolver } = parts
    const { report } = options
    const folder = options.data ?? first.settings.data
    this.#parts = parts
    this.ports = ports
    this.site = site
    this.directory = parts.directory
    this.#settings = first.settings
    this.#certificate = first.certificate
    this.#retention = new Retention({
      store,
      clock: systemClock,
      times: retentionTimes(first.settings.retention),
      log: options.log,
      report,
    })
    const { log } = options
    this.#reports = dailyReports(first.settings, { site, store, resolver, folder, log, report })
    this.#certificateWatch = new CertificateWatch({ clock: systemClock, log })
    this.#desk = serverDesk({
      folder,
      store,
      settings: () => this.#settings,
      retention: this.#retention,
      queue: {
        forget: (destination) => site.wakeQueue(destination),
        giveUp: (items, given) => site.giveUp(items, given),
        queued: () => site.queued(),
      },
      turn: this.#turn,
      changed: async () => this.#use(await lookUp(store, this.#settings, options.log)),
      status: {
        version: options.version ?? '',
        process: process.pid,
        startedAt: systemClock.now(),
        listeners: () => site.listeners,
        underWay: () => site.underWay,
        down: () => site.down,
        signs: () => parts.signs.signs,
        certificateUntil: () => this.#certificateWatch.until,
      },
    })
  }

  /** @param opened takes how to close again what is open already */
  static async open(given: LiveOptions, opened: (() => Promise<void>)[]): Promise<LiveServer> {
    const signs = new VitalSigns(() => systemClock.now())
    const options = overheard(given, signs)
    const { settings } = options
    const now = systemClock.now()
    const certificate = readCertificate(settings) ?? (await ownCertificate(settings.hostname, now))
    const folder = options.data ?? settings.data
    const store = await openSqliteStore({
      folder,
      onBroken: (problem) => options.broken(problem),
      log: options.log,
      strangersPercent: settings.retention.strangers_percent,
      refusedBytes: settings.retention.refused_bytes,
    })
    opened.push(() => store.close())
    const resolver = await openResolver(settings, options.log)
    opened.push(async () => resolver.close())
    const { domains, residents, keys } = await lookUp(store, settings, options.log)
    const signing = new SigningKeys(keys)
    const directory = new MemoryDirectory(residents, signing)
    const { log } = options
    const limits = admissionLimits(settings)
    const clients = new Admission({ limits, clock: systemClock, log, loginsAtOnce })
    const rules = rulesOf({ ...settings, domains })
    const threads = await threadsFor(settings.limits.threads, {
      store,
      people: () => ({ residents: directory.residents, keys: signing.rows }),
      log,
      broken: (problem) => options.broken(problem),
    })
    const common = { store, resolver, directory, clients }
    const site = makeSite(options, { ...common, certificate, rules, threads })
    opened.push(() => site.close(0))
    const ports = await openPorts(site, settings, options.autoPorts)
    await site.start()
    const parts = { options, site, store, resolver, directory, clients, signing, signs }
    const live = new LiveServer(parts, ports, { settings, certificate })
    await live.#openControl()
    live.#reports?.start()
    live.#retention.start()
    live.#certificateWatch.use(certificate.certificate)
    return live
  }

  async reload(read: Settings): Promise<SettingsChange> {
    await this.#openControl()
    return await this.#turn.do(() => this.#reload(read))
  }

  async #reload(read: Settings): Promise<SettingsChange> {
    const { store, clients } = this.#parts
    const next = withChanges(this.#settings, read)
    const certificate = readCertificate(next) ?? this.#certificate
    // Thrown away: it says whether the certificate can be used, before anything changes.
    tlsContexts(certificate, staticRsaOf(next))
    const inhabited = await lookUp(store, next, this.#parts.options.log)
    // From here on nothing can fail, and nothing comes between.
    const { changed, unchanged } = compareSettings(this.#settings, read)
    const renewed = certificate.certificate !== this.#certificate.certificate
    this.#settings = next
    this.#certificate = certificate
    clients.use(admissionLimits(next))
    const staticRsa = staticRsaOf(next)
    await this.#use(inhabited, { limits: siteLimits(next), certificate, staticRsa })
    this.#certificateWatch.use(certificate.certificate)
    return { changed: renewed ? [...changed, 'certificate'] : changed, unchanged }
  }

  /** From now on these live here, and their keys sign. */
  async #use(
    { domains, residents, keys }: Inhabited,
    change: Partial<SiteChange> = {},
  ): Promise<void> {
    const { signing, directory, site } = this.#parts
    signing.replace(keys)
    directory.replace(residents)
    await site.use({ ...change, rules: rulesOf({ ...this.#settings, domains }) })
  }

  hurry(): void {
    this.site.hurry()
  }

  async close(): Promise<void> {
    this.#certificateWatch.stop()
    // The ports first. Reports and requests end meanwhile: no more than what is being stored.
    const reports = Promise.all([this.#reports?.stop(), this.#retention.stop()])
    const closed = this.site.close(undefined, reports)
    await Promise.race([this.#control?.close(), closed])
    await closed
    this.#parts.resolver.close()
  }

  async #openControl(): Promise<void> {
    const { options } = this.#parts
    const { report, version = '' } = options
    const folder = dataFolder(options.data ?? this.#settings.data).root
    try {
      this.#control ??= await ControlSocket.open({
        folder,
        clock: systemClock,
        version,
        answer: (request) => this.#answer(request),
        report,
      })
    } catch (problem) {
      if (problem instanceof WaybillError && problem.code === 'data-in-use') throw problem
      report(problem, 'the control socket, so commands cannot ask this server')
    }
  }

  /** What a command asks. */
  async #answer({ operation, input, by, why = '' }: ControlRequest): Promise<unknown> {
    const { acts } = this.#parts.store
    const context = { desk: this.#desk, acts, now: () => systemClock.now() }
    const actor = { by, door: 'control socket', why } as const
    return await performNamed(context, { operation, input, actor })
  }
}

/** What is told in the log, and what goes wrong, is heard here too: `waybill status` tells it. */
function overheard(options: LiveOptions, signs: VitalSigns): LiveOptions {
  return {
    ...options,
    log: signs.over(options.log),
    report(problem, where) {
      signs.hear(faultLine(problem, where))
      options.report(problem, where)
    },
  }
}

/** What lives as long as the server does. */
interface Parts {
  readonly options: LiveOptions
  readonly site: Site
  readonly store: Store
  readonly resolver: OpenResolver
  readonly directory: MemoryDirectory
  readonly clients: Admission
  readonly signing: SigningKeys
  readonly signs: VitalSigns
}

/** A password check keeps a core busy for a while: one is enough, and one core is for all else. */
const loginsAtOnce = Math.max(1, Math.min(2, Math.floor(availableParallelism() / 2)))
