import { existsSync, readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { parseNetwork } from '../base/ip.ts'
import { WaybillError } from '../base/error.ts'
import type { Log } from '../base/log.ts'
import type { Settings } from '../config/settings.ts'
import type { Resolver } from '../dns/resolver.ts'
import { issueCertificate, type KeyedCertificate, makeAuthority } from '../io/certificates.ts'
import { systemClock } from '../io/clock.ts'
import { DayMark } from '../io/day-mark.ts'
import { type Dialer, tcpDialer } from '../io/dialer.ts'
import { Admission, type AdmissionLimits } from '../policy/admission.ts'
import { CurrentHouse } from '../policy/current-house.ts'
import { defaultRetryPolicy, type RetryPolicy } from '../queue/schedule.ts'
import { openSqliteStore } from '../store/sqlite-store.ts'
import type { FullStore } from '../store/store.ts'
import { DailyReports } from './daily-reports.ts'
import type { FailureReportsPlan } from './failure-reports.ts'
import { ensureKeys, SigningKeys } from './keys.ts'
import { houseOf, siteLimits } from './live-house.ts'
import { requestFolder, Requests } from './requests.ts'
import { keysOf, rotateKeys, rotationAsked } from './rotation.ts'
import { openResolver } from './resolver.ts'
import { chance, Site } from './site.ts'

export interface LivePorts {
  readonly smtp: number
  readonly submission: number
  readonly submissions: number
}

export interface LiveOptions {
  readonly settings: Settings
  /** Instead of the folder in the settings. */
  readonly data?: string
  /** Free ports instead of those in the settings. */
  readonly autoPorts: boolean
  /** How other servers are reached; replaced by tests. */
  readonly dialer?: Dialer
  /** Whether loopback addresses are this server itself, which they are but for tests. */
  readonly loopbackIsSelf?: boolean
  readonly log: Log
  readonly report: (problem: unknown, where: string) => void
  /** The disk or the database has failed: nothing more can be taken. */
  broken(problem: WaybillError): void
}

/** A running mail server. */
export interface Live {
  readonly ports: LivePorts
  readonly site: Site
  /**
   * From now on these settings hold, as far as they can change while a server runs: domains (whose
   * signing keys are made first), accounts, aliases, the rules of receiving and the limits of
   * sessions. A letter that is under way keeps the rules that it began with. When it rejects, nothing
   * has changed.
   */
  reload(settings: Settings): Promise<void>
  close(): Promise<void>
}

/**
 * Opens a mail server as its settings say.
 *
 * @throws WaybillError `port-taken`, `key-unusable`, `not-found` and what the store says
 */
export async function openLive(options: LiveOptions): Promise<Live> {
  const { settings } = options
  const report = (problem: unknown, where: string): void => options.report(problem, where)
  const clock = systemClock
  const certificate = await certificateFor(settings)
  const folder = options.data ?? settings.data
  const store = await openSqliteStore({ folder, onBroken: (problem) => options.broken(problem) })
  const resolver = await openResolver(settings, options.log)
  try {
    let { domains } = settings
    const keysFor = ({ domains: all, dkim }: Settings): ReturnType<typeof ensureKeys> => {
      return ensureKeys(store, all, { selector: dkim.selector, now: clock.now() })
    }
    const signing = new SigningKeys(await keysFor(settings))
    const world = { signing, now: (): number => clock.now() }
    const house = new CurrentHouse(houseOf(settings, world))
    const { log } = options
    const clients = new Admission({ limits: admissionLimits(settings), clock, log, loginsAtOnce })
    const site = new Site({
      house,
      clients,
      store,
      resolver,
      dialer: options.dialer ?? tcpDialer,
      clock,
      certificate,
      staticRsa: settings.tls.static_rsa ? 'taken' : 'refused',
      trustAnchors: undefined,
      self: {
        selfNames: [settings.hostname],
        selfAddresses: [settings.listen.address],
        loopbackIsSelf: options.loopbackIsSelf ?? true,
      },
      retry: retryPolicy(settings),
      limits: siteLimits(settings),
      failureReports: failureReportsPlan(settings),
      log: options.log,
      report,
    })
    try {
      const ports = await openPorts(site, settings, options.autoPorts)
      await site.start()
      const requests = new Requests({
        folder: requestFolder(folder),
        clock,
        everyMs: 500,
        answer: async (asked) => {
          const domain = rotationAsked(asked)
          // Its own cache: what DNS did not have a minute ago may have been published since.
          const fresh = await openResolver(settings, options.log)
          const context = { resolver: fresh, now: clock.now() }
          const rotating = rotateKeys(store, keysOf(store.read, domain), context)
          const rotation = await rotating.finally(() => fresh.close())
          signing.replace(domains.flatMap((one) => store.read.dkimKeys(one)))
          return rotation
        },
        report,
      })
      requests.start()
      const reports = dailyReports(settings, { site, store, resolver, folder, report })
      reports?.start()
      const close = async (): Promise<void> => {
        await reports?.stop()
        await requests.stop()
        await site.close()
        resolver.close()
      }
      const reload = async (next: Settings): Promise<void> => {
        const keys = await keysFor(next)
        // From here on nothing can fail, and nothing comes between.
        domains = next.domains
        signing.replace(keys)
        house.replace(houseOf({ ...next, hostname: settings.hostname }, world))
        site.replaceLimits(siteLimits(next))
        clients.use(admissionLimits(next))
      }
      return { ports, site, reload, close }
    } catch (problem) {
      await site.close(0)
      throw problem
    }
  } catch (problem) {
    resolver.close()
    await store.close()
    throw problem
  }
}

/** The reports of our verdicts to domain owners, unless the settings say no. */
function dailyReports(
  settings: Settings,
  parts: {
    readonly site: Site
    readonly store: FullStore
    readonly resolver: Resolver
    readonly folder: string
    readonly report: (problem: unknown, where: string) => void
  },
): DailyReports | undefined {
  if (!settings.reports.aggregate) return undefined
  const { site, store, resolver, folder, report } = parts
  return new DailyReports({
    store,
    resolver,
    clock: systemClock,
    from: reportAuthor(settings),
    world: site.ownMail,
    random: chance,
    firstOpenDay: new DayMark(join(folder, 'first-unreported-day')),
    turn: () => new Promise((go) => setImmediate(go)),
    queued: () => site.queued(),
    report,
  })
}

/** Failure reports, which are off unless the settings say yes. */
function failureReportsPlan(settings: Settings): FailureReportsPlan | undefined {
  const { failure, failure_content, failure_per_destination, failure_per_day } = settings.reports
  if (!failure) return undefined
  return {
    from: reportAuthor(settings),
    content: failure_content,
    perDestination: failure_per_destination,
    perDay: failure_per_day,
  }
}

function reportAuthor({ reports, domains, hostname }: Settings): string {
  return reports.from ?? `postmaster@${domains[0] ?? hostname}`
}

async function openPorts(site: Site, settings: Settings, auto: boolean): Promise<LivePorts> {
  const { address } = settings.listen
  const open = async (kind: 'smtp' | 'submission' | 'submissions'): Promise<number> => {
    const { port } = await site.listen({ kind, address, port: auto ? 0 : settings.listen[kind] })
    return port
  }
  return {
    smtp: await open('smtp'),
    submission: await open('submission'),
    submissions: await open('submissions'),
  }
}

/** How much one client may use, as the settings say. */
export function admissionLimits({ limits }: Settings): AdmissionLimits {
  return {
    connectionsPerAddress: limits.connections_per_address,
    connectionsPerMinute: limits.connections_per_minute,
    wrongPasswords: limits.wrong_passwords,
    refusedRecipients: limits.refused_recipients,
    forgetMs: limits.forget_seconds * 1000,
    exempt: limits.exempt.flatMap((text) => parseNetwork(text) ?? []),
  }
}

/** A password check keeps a core busy for a while: one is enough, and one core is for all else. */
const loginsAtOnce = Math.max(1, Math.min(2, Math.floor(availableParallelism() / 2)))

function retryPolicy({ queue }: Settings): RetryPolicy {
  return {
    ...defaultRetryPolicy,
    firstDelayMs: queue.first_retry_seconds * 1000,
    maxDelayMs: queue.longest_retry_seconds * 1000,
    expireAfterMs: queue.expire_seconds * 1000,
  }
}

/** The certificate of the settings, or one of our own: opportunistic TLS is better than none. */
async function certificateFor({ tls, hostname }: Settings): Promise<KeyedCertificate> {
  const { certificate, key } = tls
  if (certificate !== undefined && key !== undefined) {
    const files = [
      { name: 'tls.certificate', path: certificate },
      { name: 'tls.key', path: key },
    ] as const
    const missing = files.filter(({ path }) => !existsSync(path))
    if (missing.length > 0) {
      const lines = missing.map(({ name, path }) => `  ${name}: there is no file "${path}"`)
      throw new WaybillError(
        'config-invalid',
        `The configuration names files that are not there:\n${lines.join('\n')}`,
      )
    }
    return { certificate: readPem(certificate), privateKey: readPem(key) }
  }
  const now = Date.now()
  const year = 366 * 86_400_000
  const validity = { notBefore: new Date(now - 86_400_000), notAfter: new Date(now + year) }
  const authority = await makeAuthority(`Waybill at ${hostname}`, validity)
  return issueCertificate(authority, [hostname], validity)
}

function readPem(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    throw new WaybillError('not-found', `Cannot read ${path}, named in the table [tls].`, { cause })
  }
}
