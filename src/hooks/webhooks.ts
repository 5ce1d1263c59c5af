import { WaybillError } from '../base/error.ts'
import type { HookAttemptRow, HookEndpoint, HookPort } from '../store/ports/hooks.ts'
import { type EndpointParts, HookEndpoints } from './hook-endpoints.ts'
import { hookBody, HookFeed, type HookSource } from './hook-feed.ts'
import { hookHeaders, HookSending, type HookSendingParts } from './hook-sending.ts'
import { PatientWriting } from './patient-writing.ts'
import { newSecret } from './signature.ts'
import { wantedTypes } from './wanted-types.ts'

export interface WebhookParts
  extends Omit<HookSendingParts, 'endpoints' | 'port' | 'writing'>,
    Pick<EndpointParts, 'acts' | 'log'> {
  readonly port: HookPort
  readonly sources: readonly HookSource[]
  /** Refuses an address that may not be called: throws WaybillError `usage`. */
  readonly checkUrl: (url: string) => void
  readonly newId: () => string
}

/** What somebody may say of an endpoint. */
export interface EndpointWish {
  readonly url?: string | undefined
  readonly description?: string | undefined
  readonly events?: readonly string[] | undefined
  /** `false` switches it off, `true` on again. */
  readonly enabled?: boolean | undefined
}

/** What has arrived or was given up is kept so long, with its attempts. */
const keptMs = 14 * 86_400_000
const pruneEveryMs = 3_600_000
/** So long an old secret signs beside the new one. */
const overlapMs = 86_400_000
const mostEndpoints = 50
/** Why an endpoint is off that somebody switched off. */
export const offByHand = 'It was switched off.'

/** Tells others by HTTP what happens, in the form of Standard Webhooks. */
export class Webhooks {
  readonly #parts: WebhookParts
  readonly #endpoints: HookEndpoints
  readonly #feeds: readonly HookFeed[]
  readonly #sending: HookSending
  readonly #writing: PatientWriting
  #started = false
  #stopped = false
  #cancelPrune: () => void = () => undefined

  constructor(parts: WebhookParts) {
    const { port, sources, clock, report } = parts
    const now = (): number => clock.now()
    this.#parts = parts
    this.#endpoints = new HookEndpoints({ ...parts, now })
    const writing = new PatientWriting({ clock, report })
    this.#writing = writing
    this.#sending = new HookSending({ ...parts, writing, endpoints: this.#endpoints })
    this.#feeds = sources.map((source) => {
      const endpoints = (): readonly HookEndpoint[] => this.#endpoints.list
      const wake = (): void => this.#sending.wake()
      return new HookFeed({ source, port, writing, endpoints, now, keptMs, wake, report })
    })
  }

  /** Begins to tell; as long as nobody wants to be told, nothing is followed. */
  async start(): Promise<void> {
    this.#started = true
    await this.#endpoints.open()
    if (this.#endpoints.list.length > 0) await this.#follow()
    this.#prune()
  }

  async stop(): Promise<void> {
    this.#stopped = true
    this.#cancelPrune()
    this.#writing.stop()
    await Promise.all(this.#feeds.map((feed) => feed.stop()))
    await this.#sending.stop()
  }

  get list(): readonly HookEndpoint[] {
    return this.#endpoints.list
  }

  /** How many events are on their way to an endpoint. */
  waiting(id: string): Promise<number> {
    return this.#parts.port.waiting(id)
  }

  /** @throws WaybillError `usage` */
  async add({ url = '', description = '', events = [] }: EndpointWish): Promise<HookEndpoint> {
    this.#check({ url, events })
    if (this.list.length >= mostEndpoints) {
      throw new WaybillError('usage', `There are ${mostEndpoints} webhooks already.`)
    }
    const now = this.#parts.clock.now()
    const id = `wh_${this.#parts.newId()}`
    const secrets = [newSecret()]
    const endpoint = { id, url, description, events, secrets, createdAt: now, since: now, off: '' }
    // Followed before it is there: what happens from now on is not missed.
    await this.#follow()
    await this.#endpoints.add(endpoint)
    return endpoint
  }

  /** @throws WaybillError `usage`, `not-found` */
  async change(id: string, wish: EndpointWish): Promise<HookEndpoint> {
    this.#check(wish)
    const { url, description, events, enabled } = wish
    const now = this.#parts.clock.now()
    const changed = await this.#endpoints.change(id, (endpoint) => {
      const { failingSince: _, ...fresh } = endpoint
      const on =
        enabled === true && endpoint.off !== '' ? { ...fresh, off: '', since: now } : endpoint
      return {
        ...on,
        ...(url === undefined ? {} : { url }),
        ...(description === undefined ? {} : { description }),
        ...(events === undefined ? {} : { events }),
        ...(enabled === false ? { off: offByHand } : {}),
      }
    })
    if (changed === undefined) throw noEndpoint(id, this.list)
    this.#sending.wake()
    return changed
  }

  /** @throws WaybillError `not-found` */
  async remove(id: string): Promise<HookEndpoint> {
    const removed = await this.#endpoints.remove(id)
    if (removed === undefined) throw noEndpoint(id, this.list)
    return removed
  }

  /**
   * A new secret; the one before signs too for a day.
   *
   * @throws WaybillError `not-found`
   */
  async rotate(id: string): Promise<HookEndpoint> {
    const oldSecretUntil = this.#parts.clock.now() + overlapMs
    const changed = await this.#endpoints.change(id, (endpoint) => {
      const secrets = [newSecret(), ...endpoint.secrets.slice(0, 1)]
      return { ...endpoint, secrets, oldSecretUntil }
    })
    if (changed === undefined) throw noEndpoint(id, this.list)
    return changed
  }

  /** @throws WaybillError `not-found` */
  async attempts(
    id: string,
    page: { readonly limit: number; readonly before?: number },
  ): Promise<readonly HookAttemptRow[]> {
    this.#find(id)
    return await this.#parts.port.attempts({ endpointId: id, ...page })
  }

  /** @throws WaybillError `not-found` */
  async replay(id: string, number: number): Promise<void> {
    this.#find(id)
    const query = { endpointId: id, number, now: this.#parts.clock.now() }
    if (!(await this.#parts.port.replay(query))) {
      throw new WaybillError('not-found', `The webhook ${id} has no attempt ${number}.`)
    }
    this.#sending.wake()
  }

  /**
   * Posts an event of no letter at once, and gives the answer.
   *
   * @throws WaybillError `not-found`
   */
  async test(id: string): ReturnType<WebhookParts['send']> {
    const endpoint = this.#find(id)
    const { clock, trueNow, send, newId } = this.#parts
    const eventId = `evt_test_${newId()}`
    const at = new Date(clock.now()).toISOString()
    const body = hookBody({ type: 'webhook.test', event_id: eventId, site: '', at })
    const headers = hookHeaders(endpoint, { eventId, body }, trueNow(), clock.now())
    return await send({ url: endpoint.url, headers, body })
  }

  #check({ url, events = [] }: EndpointWish): void {
    if (url !== undefined) this.#parts.checkUrl(url)
    wantedTypes(events)
  }

  #find(id: string): HookEndpoint {
    const found = this.#endpoints.find(id)
    if (found === undefined) throw noEndpoint(id, this.list)
    return found
  }

  async #follow(): Promise<void> {
    if (!this.#started) return
    await Promise.all(this.#feeds.map((feed) => feed.start()))
    this.#sending.wake()
  }

  #prune(): void {
    const { clock, port, report } = this.#parts
    port
      .prune(clock.now() - keptMs)
      .catch((problem: unknown) => report(problem, 'old webhooks'))
      .finally(() => {
        if (this.#stopped) return
        this.#cancelPrune = clock.setTimer(pruneEveryMs, () => this.#prune())
      })
  }
}

function noEndpoint(id: string, all: readonly HookEndpoint[]): WaybillError {
  const hint =
    all.length === 0 ? 'There is none yet.' : `There are: ${all.map((one) => one.id).join(', ')}`
  return new WaybillError('not-found', `There is no webhook "${id.slice(0, 100)}".`, { hint })
}
