import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { NamedWays } from '../deliver/way.ts'
import type { Directory, Writers } from '../directory/directory.ts'
import type { Resolver } from '../dns/resolver.ts'
import type { KeyedCertificate } from '../io/certificates.ts'
import type { Dialer } from '../io/dialer.ts'
import type { CallPlace } from '../io/outside-address.ts'
import type { StaticRsa } from '../io/tls-context.ts'
import type { RecordOrigin } from '../journey/row.ts'
import type { Admission as Clients } from '../policy/admission.ts'
import type { RetryPolicy } from '../queue/schedule.ts'
import type { RecipientAdmission } from '../receive/recipient.ts'
import type { Self } from '../route/self.ts'
import type { ThreadLink } from '../sessions/session-thread.ts'
import type { SessionLimits, SessionRules } from '../sessions/sessions.ts'
import type { ThreadNeeds } from '../sessions/thread-sessions.ts'
import type { Store } from '../store/ports/store.ts'
import type { TransportRules } from '../transport/transport.ts'
import type { SuppressionRules } from '../suppression/strikes.ts'
import type { AccountHabitPlan } from './account-holding.ts'
import type { ReportsPlan } from './reporter.ts'
import type { CourierLimits } from './courier-limits.ts'

/** One mail server: what it is made of. */
export interface MailSystemOptions {
  readonly hostname: string
  /** What its records say that it is. */
  readonly mode?: RecordOrigin['mode']
  readonly directory: Directory & Writers
  /** Who has a word about recipients beside the directory. */
  readonly admission?: RecipientAdmission | undefined
  readonly rules: SessionRules
  readonly store: Store
  readonly resolver: Resolver
  readonly dialer: Dialer
  readonly clock: Clock
  readonly certificate: KeyedCertificate
  /** Whether port 25 takes TLS 1.2 with static RSA; absent: no. The other ports never do. */
  readonly staticRsa?: StaticRsa
  /** PEM certificates to trust; `undefined` is the system's own set. */
  readonly trustAnchors: readonly string[] | undefined
  /** Where the policy hosts of MTA-STS are called. Absent: domains are not asked for their policy. */
  readonly policyPlace?: CallPlace | undefined
  /** What is asked of TLS at other servers, by the destination. Absent: nothing. */
  readonly transport?: ((destination: string) => TransportRules) | undefined
  readonly self: Self
  /** The servers that the settings name. Absent: DNS is asked for all. */
  readonly ways?: NamedWays
  readonly retry: RetryPolicy
  /** How addresses come onto the suppression list; as always when absent. */
  readonly suppression?: SuppressionRules
  /** Which accounts are held that send far above their habit. Absent: none. */
  readonly habit?: AccountHabitPlan | undefined
  readonly limits: MailSystemLimits
  /** How much each client may use. Absent: no client is counted. */
  readonly clients?: Clients | undefined
  /** Threads of their own for sessions. Absent: they are on this one. */
  readonly threads?: MailSystemThreads | undefined
  /** What domain owners are told of our verdicts. Absent: nothing. */
  readonly reports?: ReportsPlan
  readonly log: Log
  /** A fault of ours, for the log. */
  readonly report: (problem: unknown, where: string) => void
}

/** How much the sessions and the deliveries of a server may use. */
export interface MailSystemLimits extends SessionLimits, CourierLimits {
  readonly connections: number
}

/** What sessions on threads of their own need beside all else. */
export interface MailSystemThreads
  extends Pick<ThreadNeeds, 'door' | 'lost' | 'cacheBytes' | 'people' | 'broken'> {
  /** How many. */
  readonly count: number
  /** How one begins; replaced by tests that end some. */
  readonly start?: () => ThreadLink
}

/** What may change of a server that runs. */
export type MailSystemChange = Pick<
  MailSystemOptions,
  'rules' | 'limits' | 'certificate' | 'staticRsa' | 'suppression' | 'habit' | 'transport'
>
