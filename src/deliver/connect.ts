import type { Clock } from '../base/clock.ts'
import type { Ending } from '../base/ending.ts'
import type { ChainCertificate } from '../dane/chain.ts'
import type { Dialer } from '../io/dialer.ts'
import type { Peer } from '../io/peer.ts'
import type { TlsCheck } from '../io/tls-role.ts'
import type { JourneyBuilder } from '../journey/builder.ts'
import type { RouteTarget } from '../route/found-route.ts'
import type { ChosenSource } from '../source/choose-source.ts'
import { type Setback, defaultClientOptions } from '../smtp/client-types.ts'
import { setback } from '../smtp/failure.ts'
import type { ConnectionPlace } from '../transport/reuse.ts'
import type { KnownTls } from '../transport/memory.ts'
import type { SendingBatch } from './being-sent.ts'
import { Avoided } from './avoided.ts'
import { type Raced, Racer } from './race.ts'
import { ClientSession, type SessionLine } from './client-session.ts'
import { orInClearText } from './fall-back.ts'
import { Logins } from './logins.ts'
import { type Opened, openedAs, placeOf } from './opened.ts'
import { type Demand, noDemand, prove, proveByAuthority, serverNameFor, stricter } from './proof.ts'
import {
  type HearTls,
  notOfferedIn,
  type ProvedTls,
  type Telling,
  tellTls,
  tellTlsFailure,
  type WantedTls,
} from './tls-told.ts'
import { greetedOrEnded, securedOrEnded } from './until-ended.ts'
import type { Way } from './way.ts'

/** A greeted server, or why there is none. */
export type Connected =
  | { readonly type: 'ready'; readonly session: ClientSession; readonly opened: Opened }
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
  /** What it must prove, beside what its way wants. Absent: nothing. */
  readonly demand?: Demand
  /** It must promise to keep to TLS as well, and else it is for good. RFC 8689 §4.2.1. */
  readonly requireTls?: boolean
  /** What it had before, told where it has none now. */
  readonly before?: KnownTls | undefined
  /** From which of our addresses, and under which name. Absent: the system's choice, our own name. */
  readonly source?: ChosenSource | undefined
  /** Hears how TLS fared, once for each connection that was made. */
  readonly heard?: HearTls
  /** Told how far the connection has come. */
  readonly sending?: SendingBatch
  /** Another address of the same host, which is dialled as well when this one is silent. */
  readonly rival?: {
    readonly target: RouteTarget
    /** In place of `heard`, when it is the one that is connected. */
    readonly heard?: HearTls
  }
}

/** Which address was connected, or dialled first where none was; and all that are through. */
export type Reached = Pick<Raced, 'reached' | 'used'>

/** RFC 5321 §4.5.3.2 names no time for connecting; the operating system's is minutes. */
const dialTimeoutMs = 30_000

type Once =
  | (Connected & { readonly type: 'ready'; readonly tlsFailed?: undefined })
  | (Connected & { readonly type: 'failed'; readonly tlsFailed: string | undefined })

export interface ConnectorOptions {
  /** As we say it in EHLO. */
  readonly hostname: string
  readonly dialer: Dialer
  readonly clock: Clock
  /** PEM certificates to trust; `undefined` is the system's own set. */
  readonly trustAnchors: readonly string[] | undefined
  /** Numbers in [0, 1) that nobody can guess. Absent: no log-in is by SCRAM. */
  readonly random?: (() => number) | undefined
}

/** Connects to the servers of others. */
export class Connector {
  readonly #options: ConnectorOptions
  readonly #brokenChunking = new Avoided()
  readonly #logins: Logins
  readonly #racer: Racer

  constructor(options: ConnectorOptions) {
    this.#options = options
    this.#logins = new Logins(options.clock, options.random)
    this.#racer = new Racer(options.dialer, options.clock)
  }

  /**
   * Connects to one target, greets it and logs in, with as much TLS as its way and the demand want.
   * Where that is no more than opportunity, TLS that fails is followed by clear text (`orInClearText`).
   * Where it is more, it never is.
   */
  async connect(target: RouteTarget, input: ConnectInput): Promise<Connected & Reached> {
    const { way, ending, tls } = input
    const demand = stricter(input.demand ?? noDemand, way, target.host)
    const demanded = { ...input, demand }
    const mayFallBack = way.tls === 'starttls' && demand.type === 'opportunistic'
    if (!mayFallBack || tls.state === 'failed') return this.#once(target, demanded)
    const first = await this.#once(target, demanded)
    if (first.tlsFailed !== undefined) tls.state = 'failed'
    const goesOn = (): boolean => ending.stage === 'go-on'
    return orInClearText(first, { ...input, host: target.host, goesOn }, async () => {
      const { rival, ...alone } = demanded
      const { reached, used } = first
      const asked = reached === target ? alone : askedOfRival(alone, rival)
      return { ...(await this.#once(reached, asked)), used }
    })
  }

  /** A letter by BDAT went wrong at this host, so that it may be its CHUNKING: it gets DATA for a day. */
  avoidChunks(host: string): void {
    this.#brokenChunking.note(host, this.#options.clock.now())
  }

  #chunkingAt(host: string, { chunking }: Way): 'never' | 'whenOffered' {
    return this.#brokenChunking.has(host, this.#options.clock.now())
      ? 'never'
      : (chunking ?? 'whenOffered')
  }

  /** Where a connection to a target leads, and as whom we speak there. */
  placeOf(
    target: RouteTarget,
    { way, source }: Pick<ConnectInput, 'way' | 'source'>,
  ): ConnectionPlace {
    return placeOf(target, { way, source, hostname: this.#options.hostname })
  }

  /** Whether BDAT is kept away from a host. */
  avoidsChunks(host: string, way: Way): boolean {
    return this.#chunkingAt(host, way) === 'never'
  }

  async #once(target: RouteTarget, input: ConnectInput & Telling): Promise<Once & Reached> {
    const { log, way, source } = input
    const { rival, ...alone } = input
    const how = { port: way.port, timeoutMs: dialTimeoutMs, source }
    input.sending?.connecting(target)
    const { dialled, ...where } = await this.#racer.dial([target, rival?.target], how, log)
    const { host, address: ip } = where.reached
    if (dialled.type === 'failed') {
      const problem = dialled.text
      const because = `${host} (${ip}) could not be reached: ${problem}.`
      const permanent = dialled.reason === 'not-allowed'
      const status = permanent ? '5.7.1' : '4.4.1'
      const silent = { outcome: undefined, lines: [], tlsFailed: undefined }
      return { type: 'failed', status, because, permanent, ...silent, ...where }
    }
    const told = where.reached === target ? alone : askedOfRival(alone, rival)
    return { ...(await this.#greet(dialled.peer, where.reached, told)), ...where }
  }

  /** Greets, and holds the session to what is demanded of it before anything else is said. */
  async #greet(peer: Peer, target: RouteTarget, input: ConnectInput & Telling): Promise<Once> {
    const { host } = target
    const { log, ending, tls, way, demand, sending } = input
    const { clock, trustAnchors } = this.#options
    const { hostname } = input.source ?? this.#options
    const wanted = wantedTls(way, demand, tls.state)
    const begin = log.begin()
    let proved: ProvedTls | undefined
    let shown: readonly ChainCertificate[] = []
    const lacks: TlsCheck = (facts, read) => {
      const chain = (): typeof shown => (shown = read())
      const proof = prove(demand, { facts, chain }, clock.now())
      const own = (): typeof shown => (shown.length === 0 ? read() : shown)
      const byAuthority = proveByAuthority([host], facts.certificate, own)
      proved = { type: 'tls', facts, proof, byAuthority }
      return proof.result === 'lacks' ? proof.problem : undefined
    }
    const secure = { serverName: serverNameFor(demand, host), trustAnchors, lacks }
    if (wanted === 'active') {
      sending?.securing(target)
      const { tlsMs: timeoutMs } = defaultClientOptions.timeouts
      const role = { side: 'client', timeoutMs, ...secure } as const
      const begun = await securedOrEnded(ending, peer, peer.startTls(role))
      if (begun.type === 'failed') {
        const text = `TLS with ${host} failed: ${begun.problem}`
        const failure = setback('tlsFailed', 'CONNECT', text)
        const failed = { failure, lines: [], problem: begun.problem, proved, from: peer.local.ip }
        return tellTlsFailure(host, failed, { input, begin })
      }
    }
    const chunking = this.#chunkingAt(host, way)
    const session = new ClientSession({
      peer,
      options: {
        ...defaultClientOptions,
        hostname,
        protocol: way.protocol,
        tls: wanted,
        auth: this.#logins.of(way, demand, host),
        chunking,
      },
      clock,
      ...secure,
    })
    sending?.speaking(target, session)
    const greeted = await greetedOrEnded(ending, session)
    if (greeted.type === 'failed') {
      const { failure } = greeted
      const problem = session.tlsFailure ?? notOfferedIn(failure)
      const plain = failedGreeting(failure, session)
      if (problem === undefined) return { ...plain, tlsFailed: undefined }
      const failed = { failure, lines: plain.lines, problem, proved, from: peer.local.ip }
      const told = tellTlsFailure(host, failed, { input, begin })
      return { ...told, because: plain.because }
    }
    tellTls(host, session, { input, begin, wanted, proved })
    this.#logins.tell(host, way, session, log)
    if (input.requireTls === true && !greeted.extensions.requireTls) {
      session.quit()
      return promisesNothing(host, session)
    }
    const opened = openedAs(this.placeOf(target, input), {
      demand,
      serverName: secure.serverName,
      wanted,
      proved,
      chain: shown,
      requireTls: greeted.extensions.requireTls,
      chunks: chunking !== 'never' && greeted.extensions.chunking,
      at: clock.now(),
    })
    return { type: 'ready', session, opened }
  }
}

/** What is asked of the rival when it is the one that is connected. */
export function askedOfRival<T extends Pick<ConnectInput, 'heard'>>(
  asked: T,
  rival: ConnectInput['rival'],
): T {
  return rival?.heard === undefined ? asked : { ...asked, heard: rival.heard }
}

/** What the engine does about TLS. What is demanded is asked for, also where the way asks for none. */
function wantedTls({ tls }: Way, demand: Demand, state: 'untried' | 'failed'): WantedTls {
  if (tls === 'implicit') return 'active'
  if (demand.type !== 'opportunistic') return 'required'
  return tls === 'none' || state === 'failed' ? 'never' : 'whenOffered'
}

/** RFC 8689 §4.2.1: it does not offer REQUIRETLS behind STARTTLS, so it must not have the message. */
function promisesNothing(host: string, session: ClientSession): Once & { readonly type: 'failed' } {
  const because = `The message requires TLS on all its way, which ${host} does not promise (REQUIRETLS).`
  const lines = session.takeLines()
  const status = '5.7.30'
  const said = setback('tlsNotOffered', 'EHLO', because)
  const outcome = { ...said, result: 'failed', status } as const
  return { type: 'failed', status, because, permanent: true, outcome, lines, tlsFailed: undefined }
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
