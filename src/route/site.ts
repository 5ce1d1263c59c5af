import type { Route } from './found-route.ts'

/** Names that are told apart; a site with more is known by the first of them. */
const maxNames = 10

/**
 * The site that a route leads to: the set of its mail servers, whatever their order of preference.
 * Connections and rates are counted for sites, so that a thousand domains at one provider share what
 * the provider takes. A destination without servers is a site of its own.
 *
 * @returns the servers' names, sorted, with spaces between; names hold none, so no site is like another
 */
export function siteOf(route: Route, destination: string): string {
  if (route.type !== 'targets') return destination
  const named = route.exchanges.filter(({ fate }) => fate !== 'not-a-name')
  const hosts = named.length > 0 ? named : route.targets
  const names = new Set(hosts.map(({ host }) => host.toLowerCase()))
  return Array.from(names).toSorted().slice(0, maxNames).join(' ')
}
