import { parseIp } from '../base/ip.ts'
import { findTlsa, type TlsaFinding, type TlsaHost } from '../dane/lookup.ts'
import type { Resolver } from '../dns/resolver.ts'
import type { StsFinding } from '../mta-sts/finding.ts'
import { checkMx, type StsMxVerdict } from '../mta-sts/policy.ts'
import type { Route } from '../route/found-route.ts'
import type { DemandReason, HostDemand, TargetDemand, TlsWish, Transport } from './demand.ts'
import type { KnownTls } from './memory.ts'

/** What whoever runs this server asks of TLS at others. */
export interface TransportRules {
  /** Whether TLSA records count (RFC 7672). */
  readonly dane: boolean
  /** Whether MTA-STS policies count (RFC 8461). */
  readonly mtaSts: boolean
  /** What the settings want for this destination, whatever it publishes. */
  readonly least: 'opportunistic' | 'encrypted' | 'verified'
  /** What becomes of a host that had TLS before and offers none now. */
  readonly memory: 'note' | 'refuse'
}

/** All that a decision rests on beside the route and DNS. Plain data: a replay takes it from the record. */
export interface TransportFacts {
  /** Of the servers: 25, unless the settings name another. */
  readonly port: number
  readonly rules: TransportRules
  readonly wish: TlsWish
  readonly sts: StsFinding
  /** What is remembered of the hosts of the route. */
  readonly known: readonly KnownTls[]
}

type Found = Route & { readonly type: 'targets' }

/**
 * Decides what each server of a route must prove before mail goes to it, and why.
 *
 * The strictest of all that ask is what holds: the settings, the message (REQUIRETLS), TLSA records,
 * the MTA-STS policy, and what is remembered where it may refuse. TLSA records go before MTA-STS: where
 * a host has some that can be used, its certificate is held to them and to nothing else, and what DANE
 * refuses no policy allows (RFC 8461 §2). A host that an enforced policy does not list is left out
 * whatever it proves (§5); `testing` changes nothing and is told. `TLS-Required: No` sets aside what
 * the recipients' domain asks, and not what our own settings do (RFC 8689 §4.2.2).
 *
 * Asks DNS for TLSA, and for CNAME where an alias needs it, of hosts that are proved so far. Never
 * rejects; the order of hosts is that of the route, so that no host is preferred for what it proves
 * (RFC 7672 §2.2.1).
 */
export async function decideTransport(
  route: Route,
  facts: TransportFacts,
  resolver: Resolver,
): Promise<Transport> {
  if (route.type !== 'targets') return { result: 'no-route' }
  const names = Array.from(new Set(route.targets.map(({ host }) => host)))
  const hosts = await Promise.all(
    names.map(async (host) =>
      demandOf(host, route, facts, await tlsaOf(host, route, facts, resolver)),
    ),
  )
  if (hosts.some(({ demand }) => demand.type !== 'skip')) return { result: 'go', hosts }
  return nowhere(hosts, facts)
}

/** Where a host is called by a name, which certificates and DNS can be about. */
function isNamed({ via }: Found, host: string): boolean {
  return via !== 'literal' && !isSocket(host) && parseIp(host) === undefined
}

function isSocket(host: string): boolean {
  return host.startsWith('/')
}

async function tlsaOf(
  host: string,
  route: Found,
  { rules, wish, port }: TransportFacts,
  resolver: Resolver,
): Promise<TlsaFinding | undefined> {
  if (!rules.dane || wish === 'waived' || !isNamed(route, host)) return undefined
  // RFC 7672 §2.2.1: a host that an unproved MX record names may be anybody's.
  if (route.via === 'mx' && !isMxProved(route)) return { type: 'insecure' }
  return findTlsa({ port, ...whereItIs(host, route) }, resolver)
}

/** Whether DNSSEC proves which hosts take the mail, or that there are no MX records. */
function isMxProved(route: Found): boolean {
  const answer = mxAnswer(route)
  return answer !== undefined && answer.type !== 'failed' && answer.dnssec === 'secure'
}

function mxAnswer({ questions }: Found): Found['questions'][number]['answer'] | undefined {
  return questions.find(({ type }) => type === 'MX')?.answer
}

/**
 * What the address questions of a host came to: proved when A and AAAA are, RFC 7672 §2.2.2. A domain
 * without MX records is its own host, and the route has followed its alias already.
 */
function whereItIs(host: string, route: Found): Omit<TlsaHost, 'port'> {
  const answers = route.questions.flatMap(({ name, type, answer }) => {
    return type !== 'MX' && name === host && answer.type !== 'failed' ? [answer] : []
  })
  const proved = answers.length > 0 && answers.every(({ dnssec }) => dnssec === 'secure')
  const led = answers.find(({ aliases }) => aliases.length > 0)?.aliases ?? []
  const [domain] = nextHopNames(route)
  if (route.via === 'implicit-mx' && domain !== undefined && domain !== host) {
    const secure = proved && isMxProved(route)
    return { host: domain, aliases: [host, ...led], addresses: secure ? 'secure' : 'insecure' }
  }
  return { host, aliases: led, addresses: proved ? 'secure' : 'insecure' }
}

/** The destination, and the name that it is an alias of; empty where no MX was asked. */
function nextHopNames({ questions }: Found): readonly string[] {
  const mx = questions.find(({ type }) => type === 'MX')
  if (mx === undefined) return []
  const aliases = mx.answer.type === 'failed' ? [] : mx.answer.aliases
  return [mx.name, ...aliases.slice(-1)]
}

function stsOf(
  host: string,
  { via }: Found,
  { rules, wish, sts }: TransportFacts,
): StsMxVerdict | undefined {
  if (!rules.mtaSts || wish === 'waived' || sts.type !== 'policy') return undefined
  return via === 'mx' || via === 'implicit-mx' ? checkMx(sts.policy, host) : undefined
}

type Seen = Omit<HostDemand, 'demand' | 'reason'>

function demandOf(
  host: string,
  route: Found,
  facts: TransportFacts,
  tlsa: TlsaFinding | undefined,
): HostDemand {
  const sts = stsOf(host, route, facts)
  const before = facts.known.find((one) => one.host === host)
  const seen: Seen = {
    host,
    ...(tlsa === undefined ? {} : { tlsa }),
    ...(sts === undefined ? {} : { sts }),
    ...(before === undefined ? {} : { before }),
  }
  const [demand, reason] = weigh(seen, route, facts)
  return { ...seen, demand, reason }
}

/** The strictest demand, and who makes it. */
function weigh(
  seen: Seen,
  route: Found,
  { rules, wish, sts: finding }: TransportFacts,
): readonly [TargetDemand, DemandReason] {
  const { host, tlsa, sts, before } = seen
  // What does not leave the machine needs no TLS (RFC 8689 §4.4 leaves final delivery to others).
  if (isSocket(host)) return [{ type: 'opportunistic' }, 'nobody-asks']
  const out = leftOut(seen, route, wish)
  if (out !== undefined) return out
  if (tlsa?.type === 'found' && tlsa.usable.length > 0) {
    const names = Array.from(new Set([tlsa.base, ...referenceNames(host, route)]))
    return [{ type: 'dane', records: tlsa.usable, names }, 'tlsa']
  }
  const verified = { type: 'verified', names: [host] } as const
  const enforced = finding.type === 'policy' && finding.policy.mode === 'enforce'
  if (sts?.result === 'match' && enforced) return [verified, 'sts']
  if (wish === 'required') return [verified, 'message-requires']
  if (rules.least === 'verified') return [verified, 'setting']
  if (tlsa?.type === 'found') return [{ type: 'encrypted' }, 'tlsa-unusable']
  if (rules.least === 'encrypted') return [{ type: 'encrypted' }, 'setting']
  if (wish === 'waived') return [{ type: 'opportunistic' }, 'message-waives']
  if (before !== undefined && rules.memory === 'refuse') return [{ type: 'encrypted' }, 'memory']
  return [{ type: 'opportunistic' }, 'nobody-asks']
}

/** Why nothing may go to a host at all; `undefined` when something may. */
function leftOut(
  { host, tlsa, sts }: Seen,
  route: Found,
  wish: TlsWish,
): readonly [TargetDemand, DemandReason] | undefined {
  const skip = (reason: DemandReason, because: string): readonly [TargetDemand, DemandReason] => {
    return [{ type: 'skip', because }, reason]
  }
  if (tlsa?.type === 'failed') {
    const what = `The TLSA records of ${host} (${tlsa.name}) could not be looked up`
    return skip('tlsa-unknown', `${what} (${tlsa.reason}), so it may not be talked to.`)
  }
  if (sts?.result === 'mismatch' && sts.enforced) {
    return skip('sts-mismatch', `The MTA-STS policy does not list ${host}.`)
  }
  if (wish === 'required' && !isNameProved(route, sts)) {
    const unproved = 'neither DNSSEC nor an MTA-STS policy proves that it is the right server'
    return skip('name-not-proved', `The message requires TLS, and of ${host} ${unproved}.`)
  }
  return undefined
}

/** RFC 7672 §3.2.2, §3.2.3: beside the base domain the certificate may name the destination. */
function referenceNames(host: string, route: Found): readonly string[] {
  const names = nextHopNames(route)
  return names.length > 0 ? names : [host]
}

/** RFC 8689 §4.2.1: that this is a server of the destination must be proved, where MX says so. */
function isNameProved(route: Found, sts: StsMxVerdict | undefined): boolean {
  switch (route.via) {
    case 'mx':
      return isMxProved(route) || sts?.result === 'match'
    case 'literal':
      return false
    case 'implicit-mx':
    case 'next-hop':
      return true
  }
}

/** Every host is left out: for now, or for good? */
function nowhere(hosts: readonly HostDemand[], { wish, sts }: TransportFacts): Transport {
  const said = hosts.flatMap(({ demand }) => (demand.type === 'skip' ? [demand.because] : []))
  const because = said.slice(0, 3).join(' ')
  const reasons = new Set(hosts.map(({ reason }) => reason))
  const only = (reason: DemandReason): boolean => reasons.size === 1 && reasons.has(reason)
  // RFC 8689 §4.2.1: who requires TLS is told at once. A policy that cannot be had now may prove it.
  if (wish === 'required' && only('name-not-proved') && sts.type !== 'failed') {
    return { result: 'permanent', hosts, status: '5.7.30', because }
  }
  const status = only('tlsa-unknown') ? '4.4.3' : '4.7.5'
  return { result: 'temporary', hosts, status, because }
}
