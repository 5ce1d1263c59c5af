import type { Clock } from '../base/clock.ts'
import type { Ending } from '../base/ending.ts'
import type { Dialer } from '../io/dialer.ts'
import type { Peer, TlsStart } from '../io/peer.ts'
import type { TlsFacts } from '../io/tls-facts.ts'
import type { JourneyBuilder } from '../journey/builder.ts'
import type { RouteTarget } from '../route/found-route.ts'
import { type Setback, defaultClientOptions } from '../smtp/client-types.ts'
import { setback } from '../smtp/failure.ts'
import { describeReply } from '../smtp/reply.ts'
import { ClientSession, type Greeted, type SessionLine } from './client-session.ts'
import type { Way } from './way.ts'

/** A greeted server, or why there is none. */
export type Connected =
  | { readonly type: 'ready'; readonly session: ClientSession }
  | {
      readonly type: 'failed'
      readonly status: string
      readonly because: string
      /** It said so for good: no other exchange is asked differently, but each may be. */
      readonly permanent: boolean
      /** What the server said, when it spoke at all. */
      readonly outcome: Setback | undefined
      readonly lines: readonly SessionLine[]
    }

/** What one host is connected with. */
export interface ConnectInput {
  readonly log: JourneyBuilder
  readonly ending: Ending
  readonly way: Way
  /** What is known of TLS at this host from a moment ago; changed when more is found out. */
  readonly tls: { state: 'untried' | 'failed' }
}

/** RFC 5321 §4.5.3.2 names no time for connecting; the operating system's is minutes. */
const dialTimeoutMs = 30_000

type Once =
  | (Connected & { readonly type: 'ready' })
  | (Connected & { readonly type: 'failed'; readonly tlsFailed: string | undefined })

export interface ConnectorOptions {
  /** As we say it in EHLO. */
  readonly hostname: string
  readonly dialer: Dialer
  readonly clock: Clock
  /** PEM certificates to trust; `undefined` is the system's own set. */
  readonly trustAnchors: readonly string[] | undefined
}

/** Connects to the servers of others. */
export class Connector {
  readonly #options: ConnectorOptions

  constructor(options: ConnectorOptions) {
    this.#options = options
  }

  /**
   * Connects to one target, greets it and logs in, with as much TLS as its way needs. Where that is
   * no more than opportunity (RFC 7435), TLS that fails, at whatever point between our STARTTLS and
   * the answer to the EHLO behind it, is followed by clear text at once.
   */
  async connect(target: RouteTarget, input: ConnectInput): Promise<Connected> {
    const { way } = input
    const mayFallBack = way.tls === 'starttls' && way.need === 'opportunistic'
    if (!mayFallBack) return this.#once(target, input)
    if (input.tls.state === 'untried') {
      const first = await this.#once(target, input)
      if (first.type === 'ready' || first.tlsFailed === undefined) return first
      input.tls.state = 'failed'
      // What was said until then is told by the step; a failure in clear text brings its own lines.
      const begin = input.log.begin()
      const problem = `TLS was offered and failed: ${first.tlsFailed}`
      input.log.step({ type: 'peer-no-tls', host: target.host, problem }, begin)
      if (input.ending.stage !== 'go-on') return first
    }
    return this.#once(target, input)
  }

  async #once(
    { host, address: ip }: RouteTarget,
    { log, ending, tls, way }: ConnectInput,
  ): Promise<Once> {
    const { clock, dialer, hostname, trustAnchors } = this.#options
    const { port } = way
    const place = dialer.realPlace({ ip, port })
    const begin = log.begin()
    const dialled = await dialer.dial({ ip, port, timeoutMs: dialTimeoutMs })
    const where = { type: 'dial', host, ip, port, place } as const
    if (dialled.type === 'failed') {
      const problem = dialled.text
      log.step({ ...where, problem }, begin)
      const because = `${host} (${ip}) could not be reached: ${problem}.`
      const permanent = dialled.reason === 'not-allowed'
      const status = permanent ? '5.7.1' : '4.4.1'
      const silent = { outcome: undefined, lines: [], tlsFailed: undefined }
      return { type: 'failed', status, because, permanent, ...silent }
    }
    log.step({ ...where, problem: undefined }, begin)
    const wanted = wantedTls(way, tls.state)
    const greeting = log.begin()
    const secure = { serverName: host, trustAnchors, lacks: lacksFor(way) }
    if (wanted === 'active') {
      const { tlsMs: timeoutMs } = defaultClientOptions.timeouts
      const role = { side: 'client', timeoutMs, ...secure } as const
      const begun = await untilEnded(ending, dialled.peer, dialled.peer.startTls(role))
      if (begun.type === 'failed') {
        const text = `TLS with ${host} failed: ${begun.problem}`
        const { status } = setback('tlsFailed', 'CONNECT')
        const nothing = { outcome: undefined, lines: [], tlsFailed: begun.problem }
        return { type: 'failed', status, because: text, permanent: false, ...nothing }
      }
    }
    const session = new ClientSession({
      peer: dialled.peer,
      options: {
        ...defaultClientOptions,
        hostname,
        protocol: way.protocol,
        tls: wanted,
        auth: way.login,
      },
      clock,
      ...secure,
    })
    const greeted = await untilBrokenOff(ending, session)
    if (greeted.type === 'failed') {
      return { ...failedGreeting(greeted.failure, session), tlsFailed: session.tlsFailure }
    }
    if (session.tls === undefined) {
      const refused = session.tlsRefusal
      const problem =
        refused === undefined
          ? 'TLS was not offered'
          : `TLS was offered and failed: STARTTLS was refused with "${describeReply(refused)}"`
      // Where TLS failed a moment ago, the step before says so.
      if (wanted === 'whenOffered') log.step({ type: 'peer-no-tls', host, problem }, greeting)
    } else {
      const { protocol, cipher, certificate } = session.tls
      const how = wanted === 'active' ? ({ implicit: true } as const) : {}
      const facts = { protocol, cipher, ...how, certificate: shortened(certificate) }
      log.step({ type: 'peer-tls', host, ...facts }, greeting)
    }
    return { type: 'ready', session }
  }
}

/** What the engine does about TLS. */
function wantedTls(
  { tls, need }: Way,
  state: 'untried' | 'failed',
): 'never' | 'whenOffered' | 'required' | 'active' {
  if (tls === 'implicit') return 'active'
  if (tls === 'none' || (state === 'failed' && need === 'opportunistic')) return 'never'
  return need === 'opportunistic' ? 'whenOffered' : 'required'
}

/** What a session lacks where the certificate must hold. */
function lacksFor({ need }: Way): ((facts: TlsFacts) => string | undefined) | undefined {
  return need === 'verified' ? lacksTrust : undefined
}

/** Why the other side is not proved to be who it should be; `undefined`: it is. */
export function lacksTrust({ certificate }: TlsFacts): string | undefined {
  if (certificate === undefined) return 'the server has shown no certificate'
  if (certificate.trusted) return undefined
  return `its certificate does not hold (${certificate.problem ?? 'for no reason that was told'})`
}

/** The handshake before anything is said, which ends at once when somebody asks to break off. */
async function untilEnded(
  ending: Ending,
  peer: Peer,
  handshake: Promise<TlsStart>,
): Promise<TlsStart> {
  const heed = (): void => {
    if (ending.stage === 'wait-for-answer' || ending.stage === 'at-once') peer.destroy()
  }
  const unwatch = ending.watch(heed)
  heed()
  const begun = await handshake
  unwatch()
  return begun
}

/** Greets, unless somebody has asked to break off or asks meanwhile: a greeting may take minutes. */
async function untilBrokenOff(ending: Ending, session: ClientSession): Promise<Greeted> {
  const heed = (): void => {
    const { stage, why } = ending
    if (stage === 'wait-for-answer' || stage === 'at-once') session.breakOff(why)
  }
  const unwatch = ending.watch(heed)
  const greeting = session.greet()
  heed()
  const greeted = await greeting
  unwatch()
  return greeted
}

type Certificate = NonNullable<ClientSession['tls']>['certificate']

function shortened(certificate: Certificate):
  | {
      readonly subject: string
      readonly issuer: string
      readonly trusted: boolean
      readonly problem: string | undefined
      readonly fingerprint: string
    }
  | undefined {
  if (certificate === undefined) return undefined
  const { subject, issuer, trusted, problem, fingerprint } = certificate
  return { subject, issuer, trusted, problem, fingerprint }
}

function failedGreeting(
  failure: Setback,
  session: ClientSession,
): Connected & { readonly type: 'failed' } {
  // RFC 5321 §4.2.1: a 5xx greeting or EHLO is for good, as far as this exchange goes; with another
  // exchange left the next one is asked all the same.
  const { status, text, reply } = failure
  const permanent = failure.result === 'failed'
  const outcome = reply === null ? undefined : failure
  const because =
    failure.because === 'tlsFailed' ? `${text}: ${session.tlsFailure ?? 'nobody said why'}` : text
  return { type: 'failed', status, because, permanent, outcome, lines: session.takeLines() }
}
