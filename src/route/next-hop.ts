import { parseDomain } from '../address/domain.ts'
import { encodeUtf8 } from '../base/octets.ts'
import { bad, ok, type Result } from '../base/result.ts'
import { formatIp, parseIp, unmapIp } from '../base/ip.ts'
import { isQueryableName, type Resolver } from '../dns/resolver.ts'
import { type FamilyOrder, type FoundAddress, lookUpAddresses } from './addresses.ts'
import type { Evidence, Route, RouteTarget } from './found-route.ts'
import { QuestionList } from './questions.ts'

/** A server that whoever runs this one has named, in place of those that MX records name. */
export interface NextHop {
  /** A domain name in A-labels and lower case, an IP address, or the absolute path of a Unix socket. */
  readonly host: string
  /** 0 for a Unix socket. */
  readonly port: number
  /** SMTP (RFC 5321), or LMTP (RFC 2033), which answers for each recipient. */
  readonly protocol: 'smtp' | 'lmtp'
  /** TLS begins with the connection, which `smtps` says. RFC 8314 §3.3. */
  readonly implicitTls?: true
}

/** Ports where none is written. LMTP has none of its own; 24 is for private mail systems. */
const usualPorts = { smtp: 25, smtps: 465, lmtp: 24 } as const

/** Octets of the path of a Unix socket, with the end that the system adds: 108 on Linux. */
const maxSocketPath = 107

/**
 * Reads a next hop as people write it: `smtp://host:587`, `smtps://host`, `lmtp://[::1]:24`,
 * `lmtp:/run/lmtp`. Without a port it is 25, 465 or 24.
 */
export function parseNextHop(text: string): Result<NextHop> {
  const [, scheme = '', rest = ''] = /^([a-z]+):(.*)$/s.exec(text) ?? []
  if (scheme !== 'smtp' && scheme !== 'smtps' && scheme !== 'lmtp') {
    return bad('is no server, such as "smtp://host:587", "smtps://host" or "lmtp:/path"')
  }
  const protocol = scheme === 'lmtp' ? 'lmtp' : 'smtp'
  if (!rest.startsWith('//')) {
    if (scheme !== 'lmtp') return bad(`needs two slashes, as in "${scheme}://host"`)
    return parseSocket(rest)
  }
  if (rest.includes('@')) return bad('holds a name; it belongs into "username"')
  const match = /^\/\/(?:\[([^\]]+)\]|([^:/?#[\]]+))(?::(\d{1,5}))?$/.exec(rest)
  if (match === null) return bad('is no server, such as "smtp://host:587" or "smtp://[::1]:25"')
  const [, address, name = '', portText] = match
  const host = address === undefined ? nameOrAddress(name) : ipv6(address)
  if (host === undefined) return bad('names no host: a domain name or an IP address is wanted')
  const port = portText === undefined ? usualPorts[scheme] : Number(portText)
  if (port < 1 || port > 65_535) return bad('has no port: 1 to 65535')
  const hop = { host, port, protocol } as const
  return ok(scheme === 'smtps' ? { ...hop, implicitTls: true } : hop)
}

function parseSocket(path: string): Result<NextHop> {
  if (!isSocketPath(path) || path.includes('\0') || path.endsWith('/')) {
    return bad('needs the whole path of a socket, as in "lmtp:/run/dovecot/lmtp"')
  }
  if (encodeUtf8(path).length > maxSocketPath) {
    return bad(`has a path of over ${maxSocketPath} octets, which is too long for a socket`)
  }
  return ok({ host: path, port: 0, protocol: 'lmtp' })
}

function nameOrAddress(text: string): string | undefined {
  const ip = parseIp(text)
  if (ip !== undefined) return formatIp(unmapIp(ip))
  // RFC 6761 §6.3: no DNS is asked for it.
  if (/^localhost\.?$/i.test(text)) return '127.0.0.1'
  // What looks like an address and is none would be asked for as a name, for ever.
  return /^[\d.]+$/.test(text) ? undefined : parseDomain(text)
}

function ipv6(text: string): string | undefined {
  const ip = parseIp(text)
  return ip === undefined ? undefined : formatIp(unmapIp(ip))
}

/** Whether this is the path of a Unix socket, and neither a name nor an address. */
export function isSocketPath(host: string): boolean {
  return host.startsWith('/')
}

/** A next hop as people write it: `smtp://relay.example:587`, `lmtp:/run/lmtp`. */
export function formatNextHop({ protocol, host, port, implicitTls }: NextHop): string {
  if (isSocketPath(host)) return `${protocol}:${host}`
  return `${protocol}${implicitTls === true ? 's' : ''}://${host.includes(':') ? `[${host}]` : host}:${port}`
}

/**
 * Finds the addresses of a server that the settings name. No MX is asked, and private addresses are
 * taken, those of a loopback too: somebody who knows this network has written them down. What is
 * wrong with the name is a fault of ours and never of a letter, so it defers. Never rejects.
 *
 * @param options.families the order of addresses, as in `routeTo`
 */
export async function routeToNextHop(
  hop: NextHop,
  resolver: Resolver,
  { families = 'ipv6-first' }: { readonly families?: FamilyOrder } = {},
): Promise<Route> {
  const { host } = hop
  if (isSocketPath(host)) {
    const socket = { address: host, family: 'unix', dnssec: 'insecure' } as const
    return toTargets(host, [socket], [])
  }
  const ip = parseIp(host)
  if (ip !== undefined) {
    const plain = unmapIp(ip)
    const literal = { address: formatIp(plain), family: plain.family, dnssec: 'insecure' } as const
    return toTargets(host, [literal], [])
  }
  const asked = new QuestionList(resolver)
  if (!isQueryableName(host)) return noNextHop(hop, 'not-a-name', [])
  const anywhere = { isSelf: notAsked, reach: { forbidden: () => undefined }, order: families }
  const answer = await lookUpAddresses(host, asked, anywhere)
  switch (answer.type) {
    case 'addresses':
      return toTargets(host, answer.addresses, asked.questions)
    case 'could-not-ask':
      return {
        type: 'temporary',
        reason: 'could-not-ask',
        status: '4.4.3',
        because: `The addresses of ${host}, which the settings name, could not be looked up.`,
        questions: asked.questions,
        exchanges: [{ host, preference: 0, fate: 'could-not-ask' }],
      }
    case 'no-such-name':
    case 'no-address':
      return noNextHop(hop, answer.type, asked.questions)
    case 'self':
    case 'not-public':
    case 'not-a-name':
    case 'over-limit':
      throw new Error(`routeToNextHop: ${answer.type} of a server that the settings name`)
  }
}

const notAsked = { name: () => false, alias: () => false, address: () => false }

function toTargets(
  host: string,
  addresses: readonly (Omit<FoundAddress, 'family'> & Pick<RouteTarget, 'family'>)[],
  questions: Evidence['questions'],
): Route {
  const targets = addresses.map((found) => ({ host, preference: 0, ...found }))
  const exchanges = [{ host, preference: 0, fate: 'used' }] as const
  return { type: 'targets', via: 'next-hop', targets, questions, exchanges }
}

/** RFC 3463 §3.4, X.3.5: the system is configured incorrectly. That is ours to repair. */
function noNextHop(
  hop: NextHop,
  fate: 'not-a-name' | 'no-such-name' | 'no-address',
  questions: Evidence['questions'],
): Route {
  const what = {
    'not-a-name': 'is no name that can be looked up',
    'no-such-name': 'does not exist',
    'no-address': 'has no address',
  }[fate]
  return {
    type: 'temporary',
    reason: 'no-next-hop',
    status: '4.3.5',
    because: `The settings name ${formatNextHop(hop)} as next hop, and ${hop.host} ${what}.`,
    questions,
    exchanges: [{ host: hop.host, preference: 0, fate }],
  }
}
