import type { ChainCertificate } from '../dane/chain.ts'
import type { RouteTarget } from '../route/found-route.ts'
import type { ChosenSource } from '../source/choose-source.ts'
import { addressOf } from '../source/source.ts'
import type { ConnectionPlace, ProvedChannel, SessionProof } from '../transport/reuse.ts'
import type { ClientSession } from './client-session.ts'
import type { Demand } from './proof.ts'
import type { ProvedTls, WantedTls } from './tls-told.ts'
import type { Way } from './way.ts'

/** How a session came about: what it proved for those that may share it, and what is told of it. */
export interface Opened {
  readonly proof: SessionProof
  /** What the engine was to do about TLS. */
  readonly wanted: WantedTls
  /** The TLS session, and how it stood to what was demanded; absent in clear text. */
  readonly proved: ProvedTls | undefined
  /** The certificates that were looked at for that; empty where none had to be. */
  readonly chain: readonly ChainCertificate[]
  /** When mail could be sent over it; Unix milliseconds. */
  readonly at: number
}

/** A session that letters go over, of one destination or of several after each other. */
export interface Over {
  readonly session: ClientSession
  readonly opened: Opened
  /** TLS was offered and failed, so that it is in clear text. */
  readonly tlsFailed: boolean
  /** For which it was opened. */
  readonly destination: string
  /** Letters that the server has said something to. */
  answered: number
  /** It took one of them, for a recipient at least. */
  tookSome: boolean
  /** Of all letters that were sent over it. */
  recipients: number
}

/** Where a connection to a target leads, and as whom we speak there. */
export function placeOf(
  { host, address, family }: RouteTarget,
  {
    way,
    source,
    hostname,
  }: {
    readonly way: Way
    readonly source: ChosenSource | undefined
    /** As we call ourselves where the source does not say. */
    readonly hostname: string
  },
): ConnectionPlace {
  const { protocol, port, tls, login } = way
  const ours = source !== undefined && family !== 'unix' ? addressOf(source, family) : undefined
  return {
    protocol,
    host,
    address,
    port,
    tls,
    from: ours ?? null,
    helo: source?.hostname ?? hostname,
    login: login === null ? null : `${login.authorizationId}\0${login.username}`,
  }
}

/** What is kept of a session that was opened. */
export function openedAs(
  place: ConnectionPlace,
  how: Omit<Opened, 'proof'> & {
    readonly demand: Demand
    /** That was asked for by SNI. */
    readonly serverName: string
    readonly requireTls: boolean
    readonly chunks: boolean
  },
): Opened {
  const { wanted, proved, chain, at, requireTls, chunks } = how
  const proof = { place, channel: channelOf(how), requireTls, chunks }
  return { proof, wanted, proved, chain, at }
}

/** A session that was held to nothing has proved nothing, whatever its certificate is like. */
function channelOf({
  demand,
  serverName,
  proved,
  chain,
}: Pick<Opened, 'proved' | 'chain'> & {
  readonly demand: Demand
  readonly serverName: string
}): ProvedChannel {
  if (proved === undefined) return { state: 'clear' }
  if (proved.proof.result === 'lacks') return { state: 'encrypted' }
  switch (demand.type) {
    case 'opportunistic':
    case 'encrypted':
      return { state: 'encrypted' }
    case 'verified':
      return { state: 'verified', serverName, names: demand.names }
    case 'dane':
      return { state: 'dane', serverName, chain }
  }
}
