import type { Settings } from '../config/settings.ts'
import { Archives } from '../desk/archives.ts'
import type { MailMeter } from '../desk/mail-meter.ts'
import type { Desk } from '../desk/operations.ts'
import { lasting, type VitalSigns } from '../desk/vital-signs.ts'
import type { ListenerStatus } from '../desk/status.ts'
import type { Log } from '../base/log.ts'
import type { Directory } from '../directory/directory.ts'
import { type Access, operatorAccess } from '../http/access.ts'
import { accountOf } from '../desk/residents.ts'
import { operatorName } from '../desk/second-factors.ts'
import { notByTokenAlone } from '../http/token-alone.ts'
import { HttpServer, mostConnections } from '../http/http-server.ts'
import { withKeys } from '../http/key-access.ts'
import type { Management } from '../http/management.ts'
import { submitting } from '../http/sending.ts'
import type { DecisionRules } from '../inspect/rules.ts'
import { Sessions } from '../http/sessions.ts'
import { systemClock } from '../io/clock.ts'
import { type OpenSearch, openSearch } from '../search/index/search-thread.ts'
import type { RetryPolicy } from '../queue/schedule.ts'
import type { LetterDoor } from '../sessions/letter-door.ts'
import type { Guard } from '../receive/guard.ts'
import type { Store } from '../store/ports/store.ts'
import { PageLogins } from './page-logins.ts'

/** What the page and the API of a running server are made of. */
export interface HttpDoorParts {
  readonly store: Store
  /** The data folder. */
  readonly folder: string
  readonly desk: Desk
  /** What was counted of its mail. */
  readonly meter: MailMeter
  /** By which rules letters are taken in. */
  readonly rules: () => DecisionRules
  /** Where letters are handed in. */
  readonly letters: LetterDoor
  readonly version: string
  /** The folder with the files of the page. */
  readonly page: string
  readonly management: Management
  /** When what waits is tried again. */
  readonly retry: RetryPolicy
  /** Where mail is taken, by the names of the ready event. */
  readonly ports: Readonly<Record<string, number>>
  /** The operator's key. */
  readonly token: string
  readonly directory: Pick<Directory, 'login' | 'identities'>
  /** Counts wrong logins. */
  readonly guard: Pick<Guard, 'login'>
  readonly log: Log
  /** Where a fault of it is over when it is open. */
  readonly signs: Pick<VitalSigns, 'ended'>
  /** A free port instead of the one in the settings. */
  readonly autoPorts: boolean
  readonly newId: () => string
  readonly report: (problem: unknown, where: string) => void
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
  readonly #parts: HttpDoorParts
  readonly #access: Access
  /** They outlive a change of the settings. */
  readonly #sessions: Sessions
  readonly #logins: PageLogins
  #open: Open | undefined

  constructor(parts: HttpDoorParts) {
    this.#parts = parts
    const { store, desk, directory, guard, log, report } = parts
    const now = (): number => systemClock.now()
    const keys = withKeys(operatorAccess(parts.token), {
      apiKeys: store.apiKeys,
      now,
      isAccount: async (wanted) => {
        return accountOf(await desk.residents.residents(), wanted) !== undefined
      },
      report,
    })
    const sessions = new Sessions(now)
    this.#sessions = sessions
    const { secondFactors } = desk
    this.#access = {
      ...notByTokenAlone(keys, () => secondFactors.isWanted(operatorName)),
      bySession: (token) => sessions.visitor(token),
    }
    const asked = { keys, directory, guard, secondFactors, log, acts: store.acts, now, report }
    this.#logins = new PageLogins(asked)
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
    if (http.port === 0) {
      this.#parts.signs.ended(lasting.page)
      return
    }
    const { folder, report } = this.#parts
    const search = openSearch({ folder, told: report })
    try {
      const server = await this.#listen(hostname, http, search)
      this.#open = { by, address: http.address, server, search }
      this.#parts.signs.ended(lasting.page)
    } catch (problem) {
      await search.close()
      this.#parts.report(problem, lasting.page)
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
    const { store, desk, letters, autoPorts, version, page, ports, newId, report } = this.#parts
    const now = (): number => systemClock.now()
    return await HttpServer.open({
      address,
      port: autoPorts ? 0 : port,
      page,
      mode: 'live',
      management: this.#parts.management,
      version,
      ports,
      archives: new Archives([
        {
          name: '',
          reads: store,
          retry: this.#parts.retry,
          search: (query, page) => search.search(query, page),
          changes: (query) => store.changes(query),
          desk: { desk, acts: store.acts, now },
        },
      ]),
      meter: this.#parts.meter,
      rules: this.#parts.rules,
      webhooks: { desk, acts: store.acts, now },
      keys: { desk, acts: store.acts, now },
      secondFactors: { desk, acts: store.acts, now, hostname },
      access: this.#access,
      sending: submitting(letters, store.receipts),
      sessions: this.#sessions,
      logins: this.#logins,
      proxies,
      hosts: [hostname, ...hosts],
      now,
      newId,
      report,
    })
  }
}
