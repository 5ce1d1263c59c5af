import { type Answer, endsAfter, type Fetch, platformFetch } from './platform.ts'

/** A message that did not fit, as the server tells of it. */
export interface NearMiss {
  readonly id?: string
  readonly subject?: string
  readonly mail_from?: string
  readonly rcpt_to?: readonly string[]
  readonly started_at?: string
}

/** What the server says instead of an answer (RFC 9457). */
interface Problem {
  readonly type?: string
  readonly title?: string
  readonly detail?: string
  readonly hint?: string
  readonly near_misses?: readonly NearMiss[]
  readonly errors?: readonly MemberError[]
}

/** A member of what was asked that is wrong. */
export interface MemberError {
  /** As in `/to/0`. */
  readonly pointer: string
  readonly detail: string
}

/** The server did not answer what was asked, and says why. */
export class WaybillApiError extends Error {
  override readonly name: string = 'WaybillApiError'
  /** The status of HTTP; 0: nobody answered. */
  readonly status: number
  /** The last word of the problem's type, as in `not-found`. */
  readonly code: string
  readonly hint: string | undefined
  readonly nearMisses: readonly NearMiss[]
  /** Which members of what was asked are wrong. */
  readonly errors: readonly MemberError[]

  constructor(status: number, problem: Problem, cause?: unknown) {
    const { title = `HTTP ${status}`, detail, hint } = problem
    const said = detail === undefined ? title : `${title}: ${detail}`
    super(hint === undefined ? said : `${said}\n${hint}`, { cause })
    this.status = status
    this.code = problem.type?.split('/').at(-1) ?? ''
    this.hint = hint
    this.nearMisses = problem.near_misses ?? []
    this.errors = problem.errors ?? []
  }
}

/** How a server is reached. */
export interface ApiOptions {
  readonly url: string
  readonly key: string | undefined
  /** Stands for the platform's `fetch`. */
  readonly fetch?: Fetch
}

/** What is asked for. */
interface Asked {
  readonly method?: string
  /** Query parameters; those that are `undefined` are left out. */
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
  /** How long the server may take; 30 seconds when absent. */
  readonly timeoutMs?: number
}

/** Asks the HTTP API of one server. */
export class Api {
  readonly url: string
  readonly #key: string | undefined
  readonly #fetch: Fetch

  constructor({ url, key, fetch = platformFetch }: ApiOptions) {
    // `localhost:8025` would be a scheme of its own to `fetch`.
    const whole = /^https?:\/\//i.test(url) ? url : `http://${url}`
    this.url = whole.replace(/\/+$/, '')
    this.#key = key
    this.#fetch = fetch
  }

  /** @throws WaybillApiError */
  async json<Result>(path: string, asked: Asked = {}): Promise<Result> {
    return JSON.parse(await (await this.#ask(path, asked)).text()) as Result
  }

  /** The same, with one field of the answer's header. @throws WaybillApiError */
  async jsonWith<Result>(
    path: string,
    asked: Asked,
    field: string,
  ): Promise<{ readonly json: Result; readonly field: string | null }> {
    const answer = await this.#ask(path, asked)
    return { json: JSON.parse(await answer.text()) as Result, field: answer.headers.get(field) }
  }

  /** @throws WaybillApiError */
  async text(path: string): Promise<string> {
    return await (await this.#ask(path, {})).text()
  }

  /** @throws WaybillApiError */
  async octets(path: string): Promise<Uint8Array> {
    return new Uint8Array(await (await this.#ask(path, {})).arrayBuffer())
  }

  async #ask(path: string, asked: Asked): Promise<Answer> {
    const { method = 'GET', query = {}, body, timeoutMs = 30_000 } = asked
    const words = Object.entries(query)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`)
    const url = `${this.url}${path}${words.length > 0 ? `?${words.join('&')}` : ''}`
    const headers: Record<string, string> = { accept: 'application/json', ...asked.headers }
    if (this.#key !== undefined) headers['authorization'] = `Bearer ${this.#key}`
    if (body !== undefined) headers['content-type'] = 'application/json'
    const said = body === undefined ? {} : { body: JSON.stringify(body) }
    const signal = endsAfter(timeoutMs)
    const answer = await this.#fetch(url, { method, headers, signal, ...said }).catch(
      (cause: unknown) => {
        throw new WaybillApiError(0, unreachable(this.url), cause)
      },
    )
    if (!answer.ok) throw new WaybillApiError(answer.status, problemIn(await answer.text()))
    return answer
  }
}

function unreachable(url: string): Problem {
  return {
    title: `No Waybill answers at ${url}`,
    hint: 'Start one with `waybill start --lab`, or name its address: new Waybill({ url }), or WAYBILL_URL.',
  }
}

function problemIn(text: string): Problem {
  try {
    const said: unknown = JSON.parse(text)
    return typeof said === 'object' && said !== null ? said : {}
  } catch {
    // Something between us and the server has answered.
    return { detail: text.slice(0, 200) }
  }
}
