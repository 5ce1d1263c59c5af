import { parseIp } from '../base/ip.ts'
import { formatNextHop, isSocketPath } from '../route/next-hop.ts'
import type { ConfigProblem } from './problem-text.ts'
import type { PlannedPort } from './read-settings.ts'
import type { RouteSettings } from './tables/route.ts'

/** What is wrong between the settings of routes each of which is in order. */
export function routeProblems(settings: {
  readonly routes: readonly (RouteSettings | undefined)[]
  readonly hostname: string | undefined
  readonly ports: readonly PlannedPort[]
}): readonly ConfigProblem[] {
  const { routes } = settings
  const problems: ConfigProblem[] = []
  const seen = new Map<string, string>()
  for (const [index, route] of routes.entries()) {
    if (route === undefined) continue
    const key = `route[${index}]`
    for (const [place, pattern] of route.domains.entries()) {
      const here = `${key}.domains[${place}]`
      const before = seen.get(pattern)
      if (before === undefined) seen.set(pattern, here)
      else problems.push({ key: here, problem: `"${pattern}" is in ${before} already` })
    }
    const wrong = [...loginProblems(route), ...tlsProblems(route), ...ownPort(route, settings)]
    problems.push(...wrong.map(([name, problem]) => ({ key: `${key}.${name}`, problem })))
  }
  return problems
}

/** A setting, and what is wrong with it. */
type Wrong = readonly [string, string]

function loginProblems({ username, password_file, tls, via }: RouteSettings): readonly Wrong[] {
  if (username === undefined) {
    if (password_file === undefined) return []
    return [['password_file', `"${password_file}" is of no use without "username"`]]
  }
  const name = `"${username}"`
  if (password_file === undefined) return [['username', `${name} needs "password_file" beside it`]]
  if (isSocketPath(via.host)) {
    return [['username', `${name}: a socket has no TLS, and no password goes without`]]
  }
  if (tls !== 'opportunistic') return []
  const advice =
    'a password goes over TLS only: write "verified", or "required" for any certificate'
  return [['tls', `"opportunistic" does not go with "username": ${advice}`]]
}

function tlsProblems({ tls, via }: RouteSettings): readonly Wrong[] {
  if (tls === undefined || tls === 'opportunistic') return []
  return isSocketPath(via.host) ? [['tls', `"${tls}": a socket has no TLS`]] : []
}

/** A route to a port of this very server would send each letter in a circle. */
function ownPort(
  { via }: RouteSettings,
  { hostname, ports }: Pick<Parameters<typeof routeProblems>[0], 'hostname' | 'ports'>,
): readonly Wrong[] {
  if (via.protocol !== 'smtp' || !isOurs(via.host, hostname)) return []
  const own = ports.find(({ key, port }) => key.startsWith('listen.') && port === via.port)
  if (own === undefined) return []
  return [
    ['via', `"${formatNextHop(via)}" leads back to this server: it is the port of ${own.key}`],
  ]
}

function isOurs(host: string, hostname: string | undefined): boolean {
  if (host === hostname || host === 'localhost') return true
  const ip = parseIp(host)
  return ip !== undefined && (host === '::1' || (ip.family === 4 && ip.octets[0] === 127))
}
