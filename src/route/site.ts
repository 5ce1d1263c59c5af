import type { Route } from './found-route.ts'

/** Names that are told apart; a site with more is known by the first of them. */
const maxNames = 10

/** Where on a host a server listens, as far as it tells one server from the next. */
export interface ServerPlace {
  readonly protocol: 'smtp' | 'lmtp'
  /** 0 for a Unix socket, whose path is the host. */
  readonly port: number
}

/**
 * A server by one name: its host alone where it takes mail as a mail server does (port 25), else with
 * port and protocol. Several programs may listen on one host: `127.0.0.1:2525`, `lmtp:127.0.0.1:24`.
 */
export function serverName(host: string, { protocol, port }: ServerPlace): string {
  if (protocol === 'smtp' && port === 25) return host
  const before = protocol === 'lmtp' ? 'lmtp:' : ''
  if (port === 0) return `${before}${host}`
  return `${before}${host.includes(':') ? `[${host}]` : host}:${port}`
}

/** The host in a name of `serverName`. */
export function hostOfServer(name: string): string {
  const bare = name.replace(/^lmtp:/, '')
  const [, bracketed, plain] = /^(?:\[(.*)\]|([^:]*)):\d+$/.exec(bare) ?? []
  return bracketed ?? plain ?? bare
}

const exchange: ServerPlace = { protocol: 'smtp', port: 25 }

/**
 * The site that a route leads to: the set of its mail servers, whatever their order of preference.
 * Connections and rates are counted for sites, so that a thousand domains at one provider share what
 * the provider takes. A destination without servers is a site of its own.
 *
 * @param place where on its hosts the settings say that the servers listen
 * @returns the servers' names, as `serverName` gives them, sorted, with spaces between; names hold none, so no site is like another
 */
export function siteOf(route: Route, destination: string, place: ServerPlace = exchange): string {
  if (route.type !== 'targets') return destination
  const named = route.exchanges.filter(({ fate }) => fate !== 'not-a-name')
  const hosts = named.length > 0 ? named : route.targets
  const names = new Set(hosts.map(({ host }) => serverName(host.toLowerCase(), place)))
  return Array.from(names).toSorted().slice(0, maxNames).join(' ')
}
