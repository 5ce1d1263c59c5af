import type { WaybillError } from '../base/error.ts'
import type { Log } from '../base/log.ts'
import type { Settings } from '../config/settings.ts'
import type { MailMeter } from '../desk/mail-meter.ts'
import type { VitalSigns } from '../desk/vital-signs.ts'
import type { MemoryDirectory } from '../directory/memory-directory.ts'
import type { SigningKeys } from '../directory/signing-keys.ts'
import type { Admission } from '../policy/admission.ts'
import type { Store } from '../store/ports/store.ts'
import type { MailSystem } from './mail-system.ts'
import type { SettingsWays } from './named-ways.ts'
import type { OpenResolver } from './resolver.ts'
import type { OpenWebhooks } from './webhooks.ts'

/** What a server is made of its settings with. */
export interface ServerOptions {
  readonly settings: Settings
  /** Instead of the folder in the settings. */
  readonly data?: string
  /** Free ports instead of those in the settings. */
  readonly autoPorts: boolean
  /** The folder with the files of the page; absent: there are none. */
  readonly page?: string
  /** The version of the program; commands that do not fit name it. */
  readonly version?: string
  readonly log: Log
  /** A fault of ours, for the log. */
  readonly report: (problem: unknown, where: string) => void
  /** The disk or the database has failed: nothing more can be taken. */
  readonly broken: (problem: WaybillError) => void
}

/** Where a server listens. */
export interface ServerPorts {
  readonly smtp: number
  readonly submission: number
  readonly submissions: number
  /** Of the page and the HTTP API, where they are open. */
  readonly http?: number
}

/** What lives as long as the server does. */
export interface ServerParts {
  readonly options: ServerOptions
  readonly system: MailSystem
  readonly store: Store
  readonly resolver: OpenResolver
  readonly directory: MemoryDirectory
  readonly clients: Admission
  readonly signing: SigningKeys
  readonly signs: VitalSigns
  readonly meter: MailMeter
  readonly webhooks: OpenWebhooks
  readonly ways: SettingsWays
}
