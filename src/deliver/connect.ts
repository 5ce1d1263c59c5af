import type { JourneyBuilder } from '../journey/builder.ts'
import type { RouteTarget } from '../route/route.ts'
import { defaultClientOptions } from '../smtp/client-options.ts'
import type { Failure, Setback } from '../smtp/client-types.ts'
import { ClientSession, type SessionLine } from './client-session.ts'
import type { DeliverWorld } from './world.ts'

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

const smtpPort = 25
/** RFC 5321 §4.5.3.2 names no time for connecting; the operating system's is minutes. */
const dialTimeoutMs = 30_000

/**
 * Connects to one target and greets it, with TLS whenever it is offered (RFC 7435): a handshake
 * that fails is tried once more in clear text, as nobody asked for more than opportunity.
 */
export async function connectTo(
  world: DeliverWorld,
  target: RouteTarget,
  log: JourneyBuilder,
): Promise<Connected> {
  const first = await connectOnce(world, target, { log, tls: 'whenOffered' })
  if (first.type === 'ready' || !first.tlsFailed) return first
  return connectOnce(world, target, { log, tls: 'never' })
}

async function connectOnce(
  world: DeliverWorld,
  { host, address: ip }: RouteTarget,
  { log, tls }: { readonly log: JourneyBuilder; readonly tls: 'whenOffered' | 'never' },
): Promise<
  | (Connected & { readonly type: 'ready' })
  | (Connected & { readonly type: 'failed'; readonly tlsFailed: boolean })
> {
  const { clock, dialer, hostname, trustAnchors } = world
  const place = dialer.realPlace({ ip, port: smtpPort })
  const begin = log.begin()
  const dialled = await dialer.dial({ ip, port: smtpPort, timeoutMs: dialTimeoutMs })
  const where = { type: 'dial', host, ip, port: smtpPort, place } as const
  if (dialled.type === 'failed') {
    const problem = dialled.text
    log.step({ ...where, problem }, begin)
    const because = `${host} (${ip}) could not be reached: ${problem}.`
    const permanent = dialled.reason === 'not-allowed'
    const status = permanent ? '5.7.1' : '4.4.1'
    const silent = { outcome: undefined, lines: [], tlsFailed: false }
    return { type: 'failed', status, because, permanent, ...silent }
  }
  log.step({ ...where, problem: undefined }, begin)
  const session = new ClientSession({
    peer: dialled.peer,
    options: { ...defaultClientOptions, hostname, tls },
    clock,
    serverName: host,
    trustAnchors,
  })
  const greeting = log.begin()
  const greeted = await session.greet()
  if (greeted.type === 'failed') {
    return {
      ...failedGreeting(greeted.failure, session),
      tlsFailed: session.tlsProblem !== undefined,
    }
  }
  if (session.tls === undefined) {
    log.step({ type: 'peer-no-tls', host, problem: undefined }, greeting)
  } else {
    const { protocol, cipher, certificate } = session.tls
    log.step(
      { type: 'peer-tls', host, protocol, cipher, certificate: shortened(certificate) },
      greeting,
    )
  }
  return { type: 'ready', session }
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
  failure: Failure,
  session: ClientSession,
): Connected & { readonly type: 'failed' } {
  // RFC 5321 §4.2.1: a 5xx greeting or EHLO is for good, as far as this exchange goes; with another
  // exchange left the next one is asked all the same.
  const { status, text, reply } = failure
  const permanent = reply !== null && reply.code >= 500
  const result = permanent ? 'failed' : 'deferred'
  const outcome = reply === null ? undefined : ({ ...failure, result } as const)
  return { type: 'failed', status, because: text, permanent, outcome, lines: session.takeLines() }
}
