import type { Settings } from '../config/settings.ts'
import type { ControlSocket } from '../control/control-socket.ts'
import { openDeskSocket } from '../control/desk-socket.ts'
import { InTurn } from '../desk/in-turn.ts'
import { type Desk, performNamed } from '../desk/operations.ts'
import { Retention, retentionTimes } from '../desk/retention.ts'
import { lasting } from '../desk/vital-signs.ts'
import type { Directory } from '../directory/directory.ts'
import type { KeyedCertificate } from '../io/certificates.ts'
import { systemClock } from '../io/clock.ts'
import { machineAddresses } from '../io/machine-addresses.ts'
import { serverContext } from '../io/tls-context.ts'
import type { Store } from '../store/ports/store.ts'
import { CertificateWatch, readCertificate } from './certificate.ts'
import { admissionLimits, changingOptions, rulesOf, staticRsaOf } from './from-settings.ts'
import type { MailSystem } from './mail-system.ts'
import type { MailSystemChange } from './system-options.ts'
import { HttpDoor } from './http-door.ts'
import { type OperatorToken, operatorToken } from './operator-token.ts'
import { readWays } from './named-ways.ts'
import { lookUpPeople, type People } from './people.ts'
import { serverDesk } from './server-desk.ts'
import { checkSources } from './source-settings.ts'
import { roadsNow } from './roads-now.ts'
import { unixSubmission } from './unix-submission.ts'
import type { ServerParts, ServerPorts } from './server-parts.ts'
import {
  compareSettings,
  leaveReload,
  type SettingsChange,
  withChanges,
} from './settings-change.ts'

/** A running mail server, and what may change of it. */
export class RunningServer {
  readonly system: MailSystem
  readonly directory: Directory
  /** The key of who runs it, for the page and the HTTP API. */
  readonly token: OperatorToken
  readonly #parts: ServerParts
  /** Absent where there can be none: mail goes on without it, and SIGHUP tries again. */
  #control: ControlSocket | undefined
  /** What changes settings, keys, and who lives here: one after the other. */
  readonly #turn = new InTurn()
  readonly #desk: Desk
  readonly #ports: ServerPorts
  readonly #http: HttpDoor
  readonly #retention: Retention
  readonly #certificateWatch: CertificateWatch
  #settings: Settings
  #certificate: KeyedCertificate

  private constructor(parts: ServerParts, first: FirstState) {
    const { options, system, store } = parts
    const { settings, log, report } = options
    this.#parts = parts
    this.#ports = first.ports
    this.system = system
    this.directory = parts.directory
    this.#settings = settings
    this.#certificate = first.certificate
    const times = retentionTimes(settings.retention)
    this.#retention = new Retention({ store, clock: systemClock, times, log, report })
    this.#certificateWatch = new CertificateWatch({
      clock: systemClock,
      log,
      ends: (until) => void this.#leaveCertificate('certificate ends', until),
    })
    this.#desk = serverDesk({
      folder: this.#folder,
      store,
      suppressions: system.suppressions,
      settings: () => this.#settings,
      retention: this.#retention,
      queue: {
        rules: system.letters.rules,
        pauses: system.letters.pauses,
        forget: (destination) => system.wakeQueue(destination),
        roads: roadsNow(system),
        withdraw: (queueIds) => system.letters.withdraw(queueIds),
        giveUp: (items, given) => system.letters.giveUp(items, given),
      },
      turns: (queueIds) => system.letters.turns(queueIds),
      sites: (destinations) => system.letters.sites(destinations),
      webhooks: parts.webhooks.webhooks,
      submit: unixSubmission(system.door),
      turn: this.#turn,
      changed: async () => this.#use(await lookUpPeople(store, this.#settings, log, this.#folder)),
      status: {
        version: options.version ?? '',
        process: process.pid,
        startedAt: systemClock.now(),
        listeners: () => system.listeners.concat(this.#http.listener ?? []),
        underWay: () => system.underWay,
        down: () => system.down,
        heldBack: () => system.heldBack,
        mtaSts: () => system.mtaSts,
        tlsReports: () => system.tlsReports,
        sources: () => system.sources,
        signs: () => parts.signs.signs,
        certificateUntil: () => this.#certificateWatch.until,
      },
    })
    this.token = operatorToken(this.#folder)
    this.#http = new HttpDoor(parts, {
      desk: this.#desk,
      folder: this.#folder,
      token: this.token.token,
      ports: first.ports,
      settings: () => this.#settings,
    })
  }

  /** Its parts run already; from now on commands are heard, and what is kept long enough goes. */
  static async begin(parts: ServerParts, first: FirstState): Promise<RunningServer> {
    const server = new RunningServer(parts, first)
    await server.#http.use(server.#settings)
    await server.#openControl()
    server.#retention.start()
    server.#certificateWatch.use(first.certificate.certificate)
    return server
  }

  /** What is committed from now on, for who looks on in this process. */
  changes(...which: Parameters<Store['changes']>): ReturnType<Store['changes']> {
    return this.#parts.store.changes(...which)
  }

  /** Where it listens. */
  get ports(): ServerPorts {
    const http = this.#http.listener
    return http === undefined ? this.#ports : { ...this.#ports, http: http.port }
  }

  /**
   * From now on these settings hold, as far as they can change while a server runs: domains (whose
   * signing keys are made first), accounts, aliases, routes, the rules of receiving, limits, and the
   * certificate; its files and those with passwords are read again. A letter that is under way keeps the rules that it began
   * with. Gives what has changed and what cannot. When it rejects, nothing has changed.
   */
  async reload(read: Settings): Promise<SettingsChange> {
    await this.#openControl()
    const change = await this.#turn.do(() => this.#reload(read))
    const { store, options, signs } = this.#parts
    signs.ended(lasting.settings)
    // They hold, whether or not that can be written down.
    await leaveReload(store.acts, systemClock.now(), change).catch((problem: unknown) => {
      options.report(problem, 'the act of reading the settings again')
    })
    const { until } = this.#certificateWatch
    if (change.changed.includes('certificate') && until !== undefined) {
      await this.#leaveCertificate('certificate renewed', until)
    }
    return change
  }

  /** Who follows events hears of the certificate by this. */
  async #leaveCertificate(what: string, until: number): Promise<void> {
    const { store, options } = this.#parts
    const detail = { until: new Date(until).toISOString() }
    const act = { at: systemClock.now(), who: 'waybill', door: 'server', what, why: '', detail }
    await store.acts.put(act).catch((problem: unknown) => {
      options.report(problem, 'the act of a certificate')
    })
  }

  async #reload(read: Settings): Promise<SettingsChange> {
    const { store, clients } = this.#parts
    const next = withChanges(this.#settings, read)
    const certificate = readCertificate(next) ?? this.#certificate
    checkSources(next, machineAddresses())
    // Thrown away: it says whether the certificate can be used, before anything changes.
    serverContext(certificate)
    const people = await lookUpPeople(store, next, this.#parts.options.log, this.#folder)
    const ways = readWays(next)
    // From here on nothing can fail, and nothing comes between.
    const { changed, unchanged } = compareSettings(this.#settings, read)
    const renewed = certificate.certificate !== this.#certificate.certificate
    this.#settings = next
    this.#certificate = certificate
    clients.use(admissionLimits(next))
    const otherWays = this.#parts.ways.replace(ways) && !changed.includes('route')
    const staticRsa = staticRsaOf(next)
    await this.#use(people, { ...changingOptions(next), certificate, staticRsa })
    this.#certificateWatch.use(certificate.certificate)
    await this.#http.use(next)
    const ofFiles = [
      ...(renewed ? ['certificate'] : []),
      ...(otherWays ? ['route.password_file'] : []),
    ]
    return { changed: [...changed, ...ofFiles], unchanged }
  }

  /** A fault around this server: the log has it, and `waybill status` too. */
  tellFault(problem: unknown, where: string): void {
    this.#parts.options.report(problem, where)
  }

  /** From now on these live here, and their keys sign. */
  async #use({ residents, keys }: People, change: Partial<MailSystemChange> = {}): Promise<void> {
    const { signing, directory, system } = this.#parts
    signing.replace(keys)
    directory.replace(residents)
    await system.use({ ...change, rules: rulesOf(this.#settings, residents) })
  }

  /** Cuts a `close` short, also one that is to come; the records say so. */
  hurry(): void {
    this.system.hurry()
  }

  /** Stops in order: ports first, then what is under way, the store last. */
  async close(): Promise<void> {
    this.#certificateWatch.stop()
    // The ports first. Requests end meanwhile: no more than what is being stored.
    const closed = this.system.close(
      undefined,
      Promise.all([this.#retention.stop(), this.#parts.webhooks.close()]),
    )
    await Promise.all([this.#http.close(), Promise.race([this.#control?.close(), closed])])
    await closed
    this.#parts.resolver.close()
  }

  get #folder(): string {
    return this.#parts.options.data ?? this.#settings.data
  }

  async #openControl(): Promise<void> {
    const { report, version = '' } = this.#parts.options
    if (this.#control?.isThere === false) {
      await this.#control.close()
      this.#control = undefined
    }
    const { acts } = this.#parts.store
    const place = { desk: this.#desk, acts, now: () => systemClock.now() }
    this.#control ??= await openDeskSocket((asked) => performNamed(place, asked), {
      folder: this.#folder,
      version,
      report,
    })
  }
}

/** What a server begins with. */
interface FirstState {
  readonly ports: ServerPorts
  readonly certificate: KeyedCertificate
}
