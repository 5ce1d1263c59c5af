import type { Settings } from '../config/settings.ts'
import { Archives } from '../desk/archives.ts'
import { troublesOf } from '../desk/health.ts'
import type { Desk } from '../desk/operations.ts'
import { routeWithLimits } from '../desk/limited-route.ts'
import { accountOf } from '../desk/residents.ts'
import { operatorName } from '../desk/second-factors.ts'
import { downOf, type ListenerStatus } from '../desk/status.ts'
import { lasting } from '../desk/vital-signs.ts'
import { type Access, operatorAccess } from '../http/access.ts'
import { HttpServer, mostConnections } from '../http/http-server.ts'
import { withKeys } from '../http/key-access.ts'
import { submitting } from '../http/sending.ts'
import { Sessions } from '../http/sessions.ts'
import { notByTokenAlone } from '../http/token-alone.ts'
import { systemClock } from '../io/clock.ts'
import { type OpenSearch, openSearch } from '../search/index/search-thread.ts'
import { retryPolicy } from './from-settings.ts'
import { serverManagement } from './management.ts'
import { PageLogins } from './page-logins.ts'
import type { ServerParts, ServerPorts } from './server-parts.ts'

/** What the page and the API have of a running server beside its parts. */
export interface HttpDoorPlace {
  readonly desk: Desk
  /** The data folder. */
  readonly folder: string
  /** The operator's key. */
  readonly token: string
  /** Where mail is taken. */
  readonly ports: ServerPorts
  /** As they are now. */
  readonly settings: () => Settings
}

/** Where it is open. */
interface Open {
  /** The settings that it was opened by. */
  readonly by: string
  readonly address: string
  readonly server: HttpServer
  readonly search: OpenSearch
}

/** The page and the API of a running server, where its settings want them. */
export class HttpDoor {
  readonly #parts: ServerParts
  readonly #place: HttpDoorPlace
  readonly #access: Access
  /** They outlive a change of the settings. */
  readonly #sessions = new Sessions(now)
  readonly #logins: PageLogins
  #open: Open | undefined

  constructor(parts: ServerParts, place: HttpDoorPlace) {
    this.#parts = parts
    this.#place = place
    const { store, directory, clients: guard, options } = parts
    const { residents, secondFactors } = place.desk
    const { acts } = store
    const { log, report } = options
    const keys = withKeys(operatorAccess(place.token), {
      apiKeys: store.apiKeys,
      now,
      isAccount: async (wanted) => accountOf(await residents.residents(), wanted) !== undefined,
      report,
    })
    this.#access = {
      ...notByTokenAlone(keys, () => secondFactors.isWanted(operatorName)),
      bySession: (token) => this.#sessions.visitor(token),
    }
    this.#logins = new PageLogins({ keys, directory, guard, secondFactors, log, acts, now, report })
  }

  /** `undefined` where they are closed. */
  get listener(): ListenerStatus | undefined {
    const open = this.#open
    if (open === undefined) return undefined
    const { port, connections } = open.server
    return { name: 'http', address: open.address, port, connections, most: mostConnections }
  }

  /**
   * Opens, moves or closes them, as the settings say. Mail does not hang on it: a port that is taken
   * is told, and tried again when the settings are read again.
   */
  async use({ hostname, http }: Settings): Promise<void> {
    const by = JSON.stringify([hostname, http])
    if (this.#open?.by === by) return
    await this.close()
    const { signs, options } = this.#parts
    const { report } = options
    if (http.port === 0) {
      signs.ended(lasting.page)
      return
    }
    const search = openSearch({ folder: this.#place.folder, told: report })
    try {
      const server = await this.#listen(hostname, http, search)
      this.#open = { by, address: http.address, server, search }
      signs.ended(lasting.page)
    } catch (problem) {
      await search.close()
      report(problem, lasting.page)
    }
  }

  async close(): Promise<void> {
    const open = this.#open
    this.#open = undefined
    await open?.server.close()
    await open?.search.close()
  }

  async #listen(
    hostname: string,
    { address, port, hosts, proxies }: Settings['http'],
    search: OpenSearch,
  ): Promise<HttpServer> {
    const { system, store, meter } = this.#parts
    const { autoPorts, version = '', page = '', report } = this.#parts.options
    const { desk, folder, ports, settings } = this.#place
    const place = { desk, acts: store.acts, now }
    return await HttpServer.open({
      address,
      port: autoPorts ? 0 : port,
      page,
      mode: 'live',
      management: serverManagement({ store, desk, folder, settings }),
      version,
      ports: { ...ports },
      archives: new Archives([
        {
          name: '',
          reads: store,
          retry: retryPolicy(settings()),
          down: () => downOf(system.down, systemClock),
          standing: (destinations) => desk.standing(destinations),
          turns: (queueIds) => desk.turns(queueIds),
          sites: (destinations) => desk.sites(destinations),
          search: (query, page) => search.search(query, page),
          changes: (query) => store.changes(query),
          desk: place,
        },
      ]),
      troubles: async () => troublesOf(await place.desk.status(), now()),
      meter: {
        get lines() {
          return [...meter.lines, ...system.tlsLines]
        },
      },
      rules: () => system.decisionRules,
      route: (asked) => {
        const standing = (destination: string) => {
          return Promise.resolve(desk.standing([destination])[0])
        }
        return routeWithLimits(asked, { ...system.roads, clock: systemClock, standing })
      },
      webhooks: place,
      keys: place,
      suppressions: place,
      secondFactors: { ...place, hostname },
      access: this.#access,
      sending: submitting(system.door, store.receipts),
      sessions: this.#sessions,
      logins: this.#logins,
      proxies,
      hosts: [hostname, ...hosts],
      now,
      newId: () => system.newId(),
      report,
    })
  }
}

function now(): number {
  return systemClock.now()
}
