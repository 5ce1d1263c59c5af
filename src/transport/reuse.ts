import type { ChainCertificate, Digest } from '../dane/chain.ts'
import { checkDane } from '../dane/check.ts'
import type { TargetDemand } from './demand.ts'

/** To whom a connection leads, and as whom we speak there. Plain data. */
export interface ConnectionPlace {
  readonly protocol: 'smtp' | 'lmtp'
  /** The name of the exchange or next hop, the literal, or the path of a socket. */
  readonly host: string
  readonly address: string
  /** 0 for a Unix socket. */
  readonly port: number
  /** How the settings want TLS there: `none` is not the same as an offer that nobody made. */
  readonly tls: 'starttls' | 'implicit' | 'none'
  /** From which of our addresses; `null`: the system chose. */
  readonly from: string | null
  /** As we called ourselves in EHLO. */
  readonly helo: string
  /** As whom we logged in; `null`: as nobody. */
  readonly login: string | null
}

/** What protects a connection, and what it has proved when it was opened. Plain data. */
export type ProvedChannel =
  | { readonly state: 'clear' }
  /** TLS that was held to nothing, whatever its certificate is like. */
  | { readonly state: 'encrypted' }
  /** An authority vouches for a certificate with one of these names. `serverName` was asked for by SNI. */
  | { readonly state: 'verified'; readonly serverName: string; readonly names: readonly string[] }
  /** A TLSA record was about one of these certificates; the server's own is the first. */
  | {
      readonly state: 'dane'
      readonly serverName: string
      readonly chain: readonly ChainCertificate[]
    }

/** What an open connection has proved. Plain data. */
export interface SessionProof {
  readonly place: ConnectionPlace
  readonly channel: ProvedChannel
  /** It promises to keep to TLS. RFC 8689 §4.2.1. */
  readonly requireTls: boolean
  /** Content goes by BDAT over it. RFC 3030. */
  readonly chunks: boolean
}

/** What a connection must have proved for letters that would go over it. */
export interface ReuseDemand {
  readonly place: ConnectionPlace
  /** What the transport of the new destination demands of the host; by its own policy and records. */
  readonly demand: TargetDemand
  readonly requireTls: boolean
  /** BDAT is kept away from the destination or the host. */
  readonly withoutChunks: boolean
}

/** Why a connection may not be shared. */
export type NoReuse =
  /** It leads to another server, or we speak there as somebody else. */
  | 'other-place'
  /** Nothing may go to the host at all. */
  | 'skipped'
  /** It is in clear text. */
  | 'clear'
  /** It was held to less than is demanded now, or to something else. */
  | 'not-proved'
  /** What it proved is about other names or other TLSA records. */
  | 'proved-otherwise'
  | 'no-requiretls'
  | 'chunks'

export type Reuse =
  | { readonly result: 'may' }
  | { readonly result: 'may-not'; readonly reason: NoReuse }

/**
 * Whether letters with this demand may go over a connection with this proof, which was opened for
 * others.
 *
 * A connection serves what it was held to when it was opened, and less: one in clear text or with TLS
 * that nobody held to anything never serves who demands a proof, also where its certificate would have
 * been good enough. Proof by authorities and proof by TLSA records do not stand for one another. The
 * name that counts is that of the host (RFC 8461 §4.1, RFC 7672 §3.2.2); whether the host may serve the
 * new destination at all is in its demand already. Where DANE-TA lets a certificate have the name of
 * the destination instead (RFC 7672 §3.2.3), the certificates are held to the new names and records.
 *
 * @param tools.now Unix milliseconds
 */
export function mayReuse(
  { place, channel, requireTls, chunks }: SessionProof,
  wanted: ReuseDemand,
  tools: { readonly now: number; readonly digest: Digest },
): Reuse {
  if (placeKey(place) !== placeKey(wanted.place)) return no('other-place')
  if (wanted.withoutChunks && chunks) return no('chunks')
  if (wanted.requireTls && (channel.state === 'clear' || !requireTls)) return no('no-requiretls')
  const { demand } = wanted
  switch (demand.type) {
    case 'skip':
      return no('skipped')
    case 'opportunistic':
      return may
    case 'encrypted':
      return channel.state === 'clear' ? no('clear') : may
    case 'verified': {
      if (channel.state === 'clear') return no('clear')
      if (channel.state !== 'verified') return no('not-proved')
      // It has one of the names that it was held to: that is one of these only if all of them are.
      const named = channel.names.every((name) => demand.names.includes(name))
      return named && channel.serverName === place.host ? may : no('proved-otherwise')
    }
    case 'dane': {
      if (channel.state === 'clear') return no('clear')
      if (channel.state !== 'dane') return no('not-proved')
      const { records, names } = demand
      // RFC 7672 §8.1: a server may show another certificate to who asks for another name.
      if (channel.serverName !== (names[0] ?? place.host)) return no('proved-otherwise')
      const verdict = checkDane({ records, names, chain: channel.chain, ...tools })
      return verdict.result === 'match' ? may : no('proved-otherwise')
    }
  }
}

/** One text for each place, for maps. */
export function placeKey(place: ConnectionPlace): string {
  const { protocol, host, address, port, tls, from, helo, login } = place
  return JSON.stringify([protocol, host, address, port, tls, from, helo, login])
}

const may: Reuse = { result: 'may' }

function no(reason: NoReuse): Reuse {
  return { result: 'may-not', reason }
}
