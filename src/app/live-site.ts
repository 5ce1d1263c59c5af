import type { Log } from '../base/log.ts'
import type { Settings } from '../config/settings.ts'
import type { MemoryDirectory } from '../directory/memory-directory.ts'
import type { Resolver } from '../dns/resolver.ts'
import type { KeyedCertificate } from '../io/certificates.ts'
import { chance } from '../io/chance.ts'
import { systemClock } from '../io/clock.ts'
import { DayMark } from '../io/day-mark.ts'
import { type Dialer, tcpDialer } from '../io/dialer.ts'
import type { Admission } from '../policy/admission.ts'
import type { SessionRules } from '../sessions/sessions.ts'
import { dataFolder } from '../store/data-folder.ts'
import type { Store } from '../store/ports/store.ts'
import { DailyReports } from './daily-reports.ts'
import {
  failureReportsPlan,
  reportAuthor,
  retryPolicy,
  siteLimits,
  staticRsaOf,
} from './from-settings.ts'
import { selfOf } from './own-addresses.ts'
import { Site, type SiteThreads } from './site.ts'

/** Where a server listens. */
export interface LivePorts {
  readonly smtp: number
  readonly submission: number
  readonly submissions: number
}

/** What a site is made with beside its parts. */
export interface SiteOptions {
  readonly settings: Settings
  /** How other servers are reached; replaced by tests. */
  readonly dialer?: Dialer
  /** Whether loopback addresses are this server itself, which they are but for tests. */
  readonly loopbackIsSelf?: boolean
  readonly log: Log
  readonly report: (problem: unknown, where: string) => void
}

/** The site that settings describe. */
export function makeSite(
  options: SiteOptions,
  parts: {
    readonly store: Store
    readonly resolver: Resolver
    readonly directory: MemoryDirectory
    readonly clients: Admission
    readonly certificate: KeyedCertificate
    readonly rules: SessionRules
    readonly threads: SiteThreads | undefined
  },
): Site {
  const { settings, log, report, dialer = tcpDialer, loopbackIsSelf = true } = options
  return new Site({
    ...parts,
    hostname: settings.hostname,
    dialer,
    clock: systemClock,
    staticRsa: staticRsaOf(settings),
    trustAnchors: undefined,
    self: selfOf(settings, loopbackIsSelf),
    retry: retryPolicy(settings),
    limits: siteLimits(settings),
    failureReports: failureReportsPlan(settings),
    log,
    report,
  })
}

/** Opens its ports; `auto`: free ones instead of those in the settings. */
export async function openPorts(site: Site, settings: Settings, auto: boolean): Promise<LivePorts> {
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

/** The reports of our verdicts to domain owners, unless the settings say no. */
export function dailyReports(
  settings: Settings,
  parts: {
    readonly site: Site
    readonly store: Store
    readonly resolver: Resolver
    readonly folder: string
    readonly log: Log
    readonly report: (problem: unknown, where: string) => void
  },
): DailyReports | undefined {
  if (!settings.reports.aggregate) return undefined
  const { site, store, resolver, folder, log, report } = parts
  return new DailyReports({
    read: store,
    resolver,
    clock: systemClock,
    from: reportAuthor(settings),
    post: site.post,
    random: chance,
    firstOpenDay: new DayMark(dataFolder(folder).firstUnreportedDay),
    turn: () => new Promise((go) => setImmediate(go)),
    log,
    report,
  })
}
