import type { ReversePath } from '../address/path.ts'
import type { Clock } from '../base/clock.ts'
import type { Resolver } from '../dns/resolver.ts'
import type { Dialer } from '../io/dialer.ts'
import type { ProbeStage } from '../journey/probed-step.ts'
import type { FamilyOrder } from '../route/addresses.ts'
import type { ClientAuth, ClientRecipient } from '../smtp/client-types.ts'

/** How the way to the server is to be private. `verified`: with a certificate that holds for its name. */
export type ProbeTls = 'never' | 'opportunistic' | 'required' | 'implicit' | 'verified'

/** The octets of a letter, known as a whole. */
export interface ProbeLetter {
  readonly octets: Uint8Array
  readonly eightBit: boolean
  readonly utf8Header: boolean
}

export interface ProbeInput {
  readonly reversePath: ReversePath
  readonly recipients: readonly ClientRecipient[]
  readonly smtpUtf8: boolean
  /** The domain whose exchanges are asked for, or the one server to talk to. */
  readonly to:
    | { readonly type: 'mx'; readonly domain: string }
    | { readonly type: 'server'; readonly host: string }
  /** 25, 24 of LMTP, or what the server listens on. */
  readonly port: number
  readonly families: FamilyOrder
  readonly hostname: string
  readonly protocol: 'smtp' | 'lmtp'
  readonly tls: ProbeTls
  readonly auth: ClientAuth | undefined
  readonly stage: ProbeStage
  readonly letter: ProbeLetter
  /** For each single wait; all together may take ten times as long. */
  readonly timeoutMs: number
}

export interface ProbeTools {
  readonly resolver: Resolver
  readonly dialer: Dialer
  readonly clock: Clock
  /** Numbers in [0, 1). */
  readonly random: () => number
  /** PEM certificates to trust; `undefined` is the system's own set. */
  readonly trustAnchors: readonly string[] | undefined
}
