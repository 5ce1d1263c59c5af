import type { Log } from '../base/log.ts'
import type { ActPort } from '../store/ports/acts.ts'
import type { HookEndpoint, HookPort } from '../store/ports/hooks.ts'

/** What endpoints are kept with, and who is told when one is switched off. */
export interface EndpointParts {
  readonly port: Pick<HookPort, 'endpoints' | 'putEndpoint' | 'removeEndpoint'>
  readonly acts: Pick<ActPort, 'put'>
  readonly log: Log
  readonly now: () => number
}

/** All endpoints: known here, so that nobody waits to look at them, and changed one after the other. */
export class HookEndpoints {
  readonly #parts: EndpointParts
  #list: readonly HookEndpoint[] = []
  #turn: Promise<unknown> = Promise.resolve()

  constructor(parts: EndpointParts) {
    this.#parts = parts
  }

  /** Reads those that are there. */
  async open(): Promise<void> {
    this.#list = await this.#parts.port.endpoints()
  }

  get list(): readonly HookEndpoint[] {
    return this.#list
  }

  find(id: string): HookEndpoint | undefined {
    return this.#list.find((one) => one.id === id)
  }

  /** A new one. */
  add(endpoint: HookEndpoint): Promise<void> {
    return this.#inTurn(async () => {
      await this.#parts.port.putEndpoint(endpoint)
      this.#list = [...this.#list, endpoint]
    })
  }

  /** Gives what it is now; `undefined`: there is none. */
  change(
    id: string,
    changed: (endpoint: HookEndpoint) => HookEndpoint,
  ): Promise<HookEndpoint | undefined> {
    return this.#inTurn(async () => {
      const found = this.find(id)
      if (found === undefined) return undefined
      const next = changed(found)
      await this.#parts.port.putEndpoint(next)
      this.#list = this.#list.map((one) => (one.id === id ? next : one))
      return next
    })
  }

  /** `undefined`: there was none. */
  remove(id: string): Promise<HookEndpoint | undefined> {
    return this.#inTurn(async () => {
      const found = this.find(id)
      await this.#parts.port.removeEndpoint(id)
      this.#list = this.#list.filter((one) => one.id !== id)
      return found
    })
  }

  /** Nothing more is sent there, until somebody switches it on; who runs the server is told. */
  async switchOff(id: string, why: string): Promise<void> {
    const before = this.find(id)
    if (before === undefined || before.off !== '') return
    await this.change(id, (endpoint) => ({ ...endpoint, off: why }))
    const { url } = before
    const { log, acts, now } = this.#parts
    log({ level: 'error', event: 'webhook', fields: { did: 'off', endpoint: id, url, why } })
    const act = { who: 'waybill', door: 'server', what: 'webhook off', why }
    await acts.put({ ...act, at: now(), detail: { id, url } })
  }

  #inTurn<Value>(run: () => Promise<Value>): Promise<Value> {
    const done = this.#turn.then(run)
    this.#turn = done.catch(() => undefined)
    return done
  }
}
