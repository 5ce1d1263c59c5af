import type { SourceStanding } from '../deliver/source-book.ts'
import type { DestinationHealth } from '../queue/destination-health.ts'
import type { RefreshStanding } from '../mta-sts/policy-refresh.ts'
import type { HeldBack } from '../queue/held-back.ts'
import type { TlsReportsStanding } from '../reporting/tls-reports.ts'
import type { Operation } from './act.ts'
import type { PersonPause } from './pauses.ts'
import type { Sign, Signs } from './vital-signs.ts'

/** A port that is open. */
export interface ListenerStatus {
  /** `smtp`, `submission`, `submissions`, `http`. */
  readonly name: string
  readonly address: string
  readonly port: number
  readonly connections: number
  readonly most: number
}

/** A destination to which nothing is sent for a while. */
export interface DownStatus {
  readonly destination: string
  readonly because: string
  /** How often it could not be reached, one after the other. */
  readonly failures: number
  /** When it is tried again, Unix milliseconds; absent: it is being tried. */
  readonly until?: number
}

/** A destination that has letters which are due and may not go. */
export interface HeldBackStatus extends HeldBack {
  readonly destination: string
}

/** Who is told of events by HTTP, as far as something is amiss there. */
export interface HookStatus {
  readonly id: string
  readonly url: string
  /** Why nothing is sent there any more; empty while it is. */
  readonly off: string
  /** Since when nothing has arrived there, Unix milliseconds; absent while it does. */
  readonly failingSince?: number
}

/** An account of which all waits. */
export interface HeldAccount {
  /** As the words of its rule name it. */
  readonly account: string
  readonly by: string
  readonly why: string
  /** Unix milliseconds. */
  readonly since: number
}

/** What the store says, with a server or without one. */
export interface StoreStatus {
  readonly waiting: number
  /** Of those that wait: kept back. */
  readonly held: number
  /** When letters were last held, Unix milliseconds; absent: none are, or it is not known. */
  readonly heldAt?: number
  readonly messages: number
  readonly journeys: number
  /** What people have paused; absent: nothing. */
  readonly pauses?: readonly PersonPause[]
  /** Accounts that are held, by a person or because of their habit; absent: none. */
  readonly heldAccounts?: readonly HeldAccount[]
  /** The disk of the data folder, in octets. */
  readonly disk: { readonly size: number; readonly free: number }
  /** The last whole copy that was made of it; absent: none is known. */
  readonly backup?: { readonly at: number; readonly to: string }
}

/** How a running server is. Plain data. */
export interface ServerStatus extends StoreStatus {
  readonly version: string
  readonly process: number
  readonly hostname: string
  readonly startedAt: number
  readonly listeners: readonly ListenerStatus[]
  /** Letters that are being delivered or have their turn next. */
  readonly underWay: number
  /** Those that are tried again last come last; no more than `mostDown`. */
  readonly down: readonly DownStatus[]
  readonly moreDown: number
  /** Those that are paused, at their quiet hours, or at their rate; absent: none. */
  readonly heldBack?: readonly HeldBackStatus[]
  readonly limits: readonly Sign[]
  readonly faults: readonly Sign[]
  readonly dnsDownSince?: number
  /** When the TLS certificate in use runs out; absent where it cannot be read. */
  readonly certificateUntil?: number
  /** The last round of MTA-STS policies; absent: none so far, or they are not asked for. */
  readonly mtaSts?: RefreshStanding
  /** The last reports of TLS; absent: there were none since the start, or none are sent. */
  readonly tlsReports?: TlsReportsStanding
  /** The addresses that mail goes out from; absent: the settings name none. */
  readonly sources?: readonly SourceStanding[]
  /** Webhooks that are off, or at which nothing arrives; absent: there are none. */
  readonly webhooks?: readonly HookStatus[]
}

/** Destinations that are named; of an outage of the line there may be thousands. */
export const mostDown = 50

/** What the desk needs for the status of a running server. */
export interface StatusPart {
  status(): Promise<ServerStatus>
}

/** `waybill status` of a running server. */
export const serverStatus: Operation<StatusPart, undefined, ServerStatus> = {
  name: 'status',
  read: () => undefined,
  run: (desk) => desk.status(),
}

/** What is asked of the parts of a running server for its status. */
export interface StatusSources {
  readonly version: string
  readonly process: number
  readonly hostname: () => string
  readonly startedAt: number
  readonly listeners: () => readonly ListenerStatus[]
  readonly underWay: () => number
  /** By destination; times are of the monotonic clock. */
  readonly down: () => ReadonlyMap<string, DestinationHealth>
  readonly heldBack: () => ReadonlyMap<string, HeldBack>
  readonly mtaSts: () => RefreshStanding | undefined
  readonly tlsReports: () => TlsReportsStanding | undefined
  readonly sources: () => readonly SourceStanding[]
  readonly signs: () => Signs
  readonly certificateUntil: () => number | undefined
  readonly webhooks: () => readonly HookStatus[]
  readonly store: () => Promise<StoreStatus>
  readonly clock: { now(): number; monotonicMs(): number }
}

/** How a running server is, from what its parts keep: nothing is counted for it. */
export async function statusOf(sources: StatusSources): Promise<ServerStatus> {
  const { version, process, startedAt } = sources
  const down = downOf(sources.down(), sources.clock)
  const heldBack = Array.from(sources.heldBack(), ([destination, held]) => {
    return { destination, ...held }
  }).slice(0, mostDown)
  const webhooks = amissOf(sources.webhooks())
  const { limits, faults, dnsDownSince } = sources.signs()
  const certificateUntil = sources.certificateUntil()
  const from = sources.sources()
  const [mtaSts, tlsReports] = [sources.mtaSts(), sources.tlsReports()]
  return {
    ...(await sources.store()),
    version,
    process,
    hostname: sources.hostname(),
    startedAt,
    listeners: sources.listeners(),
    underWay: sources.underWay(),
    down: down.slice(0, mostDown),
    moreDown: Math.max(0, down.length - mostDown),
    ...(heldBack.length === 0 ? {} : { heldBack }),
    limits,
    faults,
    ...(dnsDownSince === undefined ? {} : { dnsDownSince }),
    ...(certificateUntil === undefined ? {} : { certificateUntil }),
    ...(mtaSts === undefined ? {} : { mtaSts }),
    ...(tlsReports === undefined ? {} : { tlsReports }),
    ...(from.length === 0 ? {} : { sources: from }),
    ...(webhooks.length === 0 ? {} : { webhooks }),
  }
}

/** Those of which somebody wants to know, and nothing of them that is secret. */
function amissOf(webhooks: readonly HookStatus[]): readonly HookStatus[] {
  return webhooks
    .filter(({ off, failingSince }) => off !== '' || failingSince !== undefined)
    .map(({ id, url, off, failingSince }) => {
      return { id, url, off, ...(failingSince === undefined ? {} : { failingSince }) }
    })
}

/** Destinations that are down, in the hours of people; those that are tried again last come last. */
export function downOf(
  down: ReadonlyMap<string, DestinationHealth>,
  clock: StatusSources['clock'],
): readonly DownStatus[] {
  const ahead = clock.now() - clock.monotonicMs()
  const all = Array.from(down, ([destination, health]): DownStatus | undefined => {
    switch (health.state) {
      case 'up':
        return undefined
      case 'down': {
        const { because, failures, until } = health
        return { destination, because, failures, until: Math.round(until + ahead) }
      }
      case 'probing':
        return { destination, because: health.because, failures: health.failures }
    }
  })
  return all.filter((one) => one !== undefined).toSorted((a, b) => (a.until ?? 0) - (b.until ?? 0))
}
