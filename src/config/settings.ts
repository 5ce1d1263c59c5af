import type { AccountRateSettings } from './tables/account-rate.ts'
import type { DeliverySettings } from './tables/delivery.ts'
import type { MtaStsSettings } from './tables/mta-sts.ts'
import type { DestinationSettings } from './tables/destination.ts'
import type { RouteSettings } from './tables/route.ts'
import type { SubmissionSettings } from './tables/submission.ts'
import type { BouncesSettings } from './tables/bounces.ts'
import type { SuppressionSettings } from './tables/suppression.ts'
import type { SenderSettings } from './tables/sender.ts'
import type { SourceSettings } from './tables/source.ts'

/** The settings as the program uses them, defaults filled in. Sizes in octets, times as named. */
export interface Settings {
  readonly hostname: string
  readonly domains: string[]
  readonly data: string
  readonly listen: {
    readonly address: string
    readonly own_addresses: string[]
    readonly smtp: number
    readonly submission: number
    readonly submissions: number
  }
  readonly tls: {
    readonly certificate?: string | undefined
    readonly key?: string | undefined
    readonly static_rsa: boolean
    readonly authorities: string[]
  }
  readonly dns: {
    readonly servers: string[]
    readonly trust_ad: boolean
    readonly timeout_ms: number
    readonly questions: number
    readonly questions_per_address: number
  }
  readonly limits: {
    readonly message_bytes: number
    readonly recipients: number
    readonly connections: number
    readonly connections_per_address: number
    readonly connections_per_account: number
    readonly connections_per_minute: number
    readonly wrong_passwords: number
    readonly refused_recipients: number
    readonly forget_seconds: number
    readonly memory_bytes: number
    readonly exempt: string[]
    readonly errors: number
    readonly received_fields: number
    readonly threads: number
  }
  readonly receive: {
    readonly trusted_forwarders: string[]
    readonly mailing_lists: string[]
    readonly allow: string[]
    readonly on_temperror: 'deliver' | 'defer'
    readonly on_own_domain: 'junk' | 'deliver'
    readonly on_missing_domain: 'junk' | 'deliver'
    readonly on_spf_fail: 'junk' | 'deliver'
    readonly received_spf: boolean
    readonly strict_addresses: boolean
  }
  readonly submission: SubmissionSettings
  readonly queue: {
    readonly expire_seconds: number
    readonly first_retry_seconds: number
    readonly longest_retry_seconds: number
    readonly connections: number
    readonly slow_connections: number
    readonly site_connections: number
    readonly allow_networks: string[]
  }
  readonly delivery: DeliverySettings
  readonly mta_sts: MtaStsSettings
  readonly suppression: SuppressionSettings
  readonly bounces: BouncesSettings
  readonly account_rate: AccountRateSettings
  readonly retention: {
    readonly journey_days: number
    readonly scan_days: number
    readonly refused_days: number
    readonly refused_bytes: number
    readonly refused_bytes_each: number
    readonly strangers_percent: number
  }
  readonly dkim: {
    readonly selector: string
    readonly algorithms: ('rsa' | 'ed25519')[]
  }
  readonly log: { readonly format: 'text' | 'json' }
  readonly reports: {
    readonly aggregate: boolean
    readonly tls: boolean
    readonly failure: boolean
    readonly failure_content: 'header' | 'message'
    readonly failure_per_destination: number
    readonly failure_per_day: number
    readonly from?: string | undefined
  }
  readonly http: {
    readonly port: number
    readonly address: string
    readonly hosts: string[]
    readonly proxies: string[]
  }
  readonly route: RouteSettings[]
  readonly destination: DestinationSettings[]
  readonly sender: SenderSettings[]
  readonly source: SourceSettings[]
  readonly account: AccountSettings[]
  readonly alias: AliasSettings[]
}

/** One table `[[account]]`. */
export interface AccountSettings {
  readonly address: string
  readonly password_hash?: string | undefined
  readonly aliases: string[]
  readonly forward?: string[] | undefined
}

/** One table `[[alias]]`. */
export interface AliasSettings {
  readonly address: string
  readonly to: string[]
  readonly send: boolean
}
