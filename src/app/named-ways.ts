import { WaybillError } from '../base/error.ts'
import type { Settings } from '../config/settings.ts'
import type { RouteSettings } from '../config/tables/route.ts'
import type { NamedWay, NamedWays, Way } from '../deliver/way.ts'
import { readPasswordFile } from '../io/password-file.ts'
import { isSocketPath } from '../route/next-hop.ts'
import { type RouteEntry, RouteTable } from '../route/route-table.ts'

type Entries = readonly RouteEntry<NamedWay>[]

/** The servers that the settings name, as they are now. */
export class SettingsWays implements NamedWays {
  #entries: Entries
  #table: RouteTable<NamedWay>
  readonly #withoutChunking: RouteTable<true>

  /**
   * @param entries         as `readWays` gives them
   * @param withoutChunking patterns of destinations, as `parsePattern` gives them
   */
  constructor(entries: Entries = [], withoutChunking: readonly string[] = []) {
    this.#entries = entries
    this.#table = new RouteTable(entries)
    this.#withoutChunking = new RouteTable([{ patterns: withoutChunking, value: true }])
  }

  withoutChunking(destination: string): boolean {
    return this.#withoutChunking.find(destination) === true
  }

  to(destination: string): NamedWay | undefined {
    return this.#table.find(destination)
  }

  /** From now on mail goes by these. Gives whether anything is another, passwords too. */
  replace(entries: Entries): boolean {
    const differs = JSON.stringify(entries) !== JSON.stringify(this.#entries)
    this.#entries = entries
    this.#table = new RouteTable(entries)
    return differs
  }
}

/**
 * What the settings say of other servers, with the passwords out of their files.
 *
 * @throws WaybillError `config-invalid` when a file with a password cannot be used
 */
export function readWays({ route: routes }: Pick<Settings, 'route'>): Entries {
  const problems: string[] = []
  const entries = routes.map((route, index) => {
    const login = loginOf(route)
    if (typeof login === 'string') problems.push(`  route[${index}].password_file: ${login}`)
    const way = wayOf(route, typeof login === 'string' ? null : login)
    return { patterns: route.domains, value: { hop: route.via, way } }
  })
  if (problems.length === 0) return entries
  throw new WaybillError(
    'config-invalid',
    `The configuration names passwords that cannot be used:\n${problems.join('\n')}`,
  )
}

function wayOf({ via, tls }: RouteSettings, login: Way['login']): Way {
  const how = isSocketPath(via.host) ? 'none' : via.implicitTls === true ? 'implicit' : 'starttls'
  const need = tls ?? (login === null ? 'opportunistic' : 'verified')
  return { protocol: via.protocol, port: via.port, tls: how, need, login }
}

/** With what to log in; a text is why that cannot be known. */
function loginOf({ username, password_file }: RouteSettings): Way['login'] | string {
  if (username === undefined || password_file === undefined) return null
  const read = readPasswordFile(password_file)
  if (!read.ok) return read.problem
  return { username, password: read.value, authorizationId: '', allowClearText: false }
}
