import type { TlsFacts } from '../io/tls-facts.ts'
import type { Begin, JourneyBuilder } from '../journey/builder.ts'
import type { ShownCertificate } from '../journey/delivery-steps.ts'
import type { Setback } from '../smtp/client-types.ts'
import { describeReply } from '../smtp/reply.ts'
import type { KnownTls } from '../transport/memory.ts'
import type { ClientSession, SessionLine } from './client-session.ts'
import type { Demand, Proof } from './proof.ts'

/** How TLS fared over one connection. */
export type TlsOutcome =
  | {
      readonly type: 'tls'
      readonly facts: TlsFacts
      readonly proof: Proof
      /** Whether an authority vouches for the host by its own name, be that demanded or not. */
      readonly byAuthority: Proof
    }
  | { readonly type: 'not-offered' }
  | { readonly type: 'failed'; readonly problem: string }

/** Hears how TLS fared over one connection. @param from our address that the other server was called from */
export type HearTls = (outcome: TlsOutcome, from: string) => void

export type ProvedTls = TlsOutcome & { readonly type: 'tls' }

/** Whom how TLS fared is told, and beside what. */
export interface Telling {
  readonly log: JourneyBuilder
  readonly demand: Demand
  readonly requireTls?: boolean
  readonly before?: KnownTls | undefined
  readonly heard?: HearTls
  /** All that a certificate says is told: somebody looks at this one server. */
  readonly wholeCertificate?: true
}

/** What the engine does about TLS. */
export type WantedTls = 'never' | 'whenOffered' | 'required' | 'active'

/** TLS that did not come about, or lacked something. */
interface FailedTls {
  readonly failure: Setback
  readonly lines: readonly SessionLine[]
  readonly problem: string
  readonly proved: ProvedTls | undefined
  /** Our address. */
  readonly from: string
}

/**
 * Tells that TLS did not come about or is not what was demanded, and gives what becomes of the
 * connection: where TLS was demanded the step says that nothing was sent.
 */
export function tellTlsFailure(
  host: string,
  { failure, lines, problem, proved, from }: FailedTls,
  { input, begin }: { readonly input: Telling; readonly begin: Begin },
): {
  readonly type: 'failed'
  readonly status: string
  readonly because: string
  readonly permanent: boolean
  readonly outcome: Setback
  readonly lines: readonly SessionLine[]
  /** Absent where it was not offered: then clear text was nothing to fall back on. */
  readonly tlsFailed: string | undefined
} {
  const { demand, log, heard, requireTls = false } = input
  const notOffered = failure.because === 'tlsNotOffered'
  heard?.(proved ?? (notOffered ? { type: 'not-offered' } : { type: 'failed', problem }), from)
  const certificate = shortened(proved?.facts.certificate)
  if (demand.type !== 'opportunistic') {
    const step = { type: 'peer-tls-failed', host, demanded: demand.type, problem } as const
    log.step({ ...step, certificate, ...beforeOf(input) }, begin)
  }
  // RFC 8689 §4.2.1: a message that requires TLS is given up and does not wait for it.
  const status = requireTls ? '5.7.10' : failure.status
  const tlsFailed = notOffered ? undefined : problem
  const result = requireTls ? 'failed' : failure.result
  const outcome = { ...failure, result, status }
  const told = { status, because: failure.text, outcome, lines, tlsFailed }
  return { type: 'failed', permanent: result === 'failed', ...told }
}

/** Tells what protects a session that mail may be sent over, or that nothing does. */
export function tellTls(
  host: string,
  session: ClientSession,
  {
    input,
    begin,
    wanted,
    proved,
  }: {
    readonly input: Telling
    readonly begin: Begin
    readonly wanted: WantedTls
    readonly proved: ProvedTls | undefined
  },
): void {
  const { log, heard, demand } = input
  if (session.tls === undefined) {
    // Where TLS failed a moment ago, the step before says so.
    if (wanted !== 'whenOffered') return
    const refused = session.tlsRefusal
    const how =
      refused === undefined ? undefined : `STARTTLS was refused with "${describeReply(refused)}"`
    const outcome: TlsOutcome =
      how === undefined ? { type: 'not-offered' } : { type: 'failed', problem: how }
    heard?.(outcome, session.from)
    const problem = how === undefined ? 'TLS was not offered' : `TLS was offered and failed: ${how}`
    log.step({ type: 'peer-no-tls', host, problem, ...beforeOf(input) }, begin)
    return
  }
  if (proved !== undefined) heard?.(proved, session.from)
  const { protocol, cipher, certificate } = session.tls
  const how = wanted === 'active' ? ({ implicit: true } as const) : {}
  const held = demand.type === 'opportunistic' ? {} : { demanded: demand.type }
  const record = proved?.proof.result === 'holds' ? proved.proof.record : undefined
  const proof = record === undefined ? {} : { record }
  const shown = input.wholeCertificate === true ? certificate : shortened(certificate)
  const facts = { protocol, cipher, ...how, certificate: shown }
  log.step({ type: 'peer-tls', host, ...facts, ...held, ...proof }, begin)
}

/** What a host had before, for a step. */
export function beforeOf({ before }: Pick<Telling, 'before'>): { readonly before?: KnownTls } {
  return before === undefined ? {} : { before }
}

/** In words, where a server offered no TLS though it was demanded. */
export function notOfferedIn({ because }: Setback): string | undefined {
  return because === 'tlsNotOffered' ? 'TLS was not offered' : undefined
}

type Certificate = NonNullable<ClientSession['tls']>['certificate']

function shortened(certificate: Certificate): ShownCertificate | undefined {
  if (certificate === undefined) return undefined
  const { subject, issuer, trusted, problem, fingerprint } = certificate
  return { subject, issuer, trusted, problem, fingerprint }
}
