import { Api } from './api.ts'
import { Inbox } from './inbox.ts'
import { Message } from './message.ts'
import { environment, type Fetch, randomName } from './platform.ts'
import type { FoundRoute, Journey, Letter, MessagePage, MessageRow, SentLetter } from './types.ts'
import { type WaitFor, waitForRow } from './wait.ts'

/** How a Waybill is reached. */
export interface WaybillOptions {
  /** `WAYBILL_URL` of the environment when absent, else `http://localhost:8025`. */
  readonly url?: string
  /** `WAYBILL_KEY` of the environment when absent. The lab and a catcher want none on loopback. */
  readonly key?: string
  /** Stands for the platform's `fetch`. */
  readonly fetch?: Fetch
}

/** A Waybill, over its HTTP API. */
export class Waybill {
  readonly url: string
  readonly #api: Api

  constructor({ url, key, fetch }: WaybillOptions = {}) {
    this.#api = new Api({
      url: url ?? environment('WAYBILL_URL') ?? 'http://localhost:8025',
      key: key ?? environment('WAYBILL_KEY'),
      ...(fetch === undefined ? {} : { fetch }),
    })
    this.url = this.#api.url
  }

  /**
   * An inbox with an address of its own, for one test.
   *
   * @param options.address this one instead; mail that came to it before counts too
   * @param options.domain of the address; `inbox.example` when absent
   */
  inbox(options: { readonly address?: string; readonly domain?: string } = {}): Inbox {
    const { domain = 'inbox.example', address = `${randomName()}@${domain}` } = options
    return new Inbox(this.#api, address)
  }

  /**
   * The newest message that fits, or the first one that comes.
   *
   * @throws WaitTimeoutError it lists what came and did not fit
   */
  async waitFor(wanted: WaitFor): Promise<Message> {
    const row = await waitForRow(this.#api, wanted, { first: 'newest' })
    return await Message.read(this.#api, row.id)
  }

  /** One message, by its id, four characters of it, its Message-ID or `last`. */
  async message(id: string): Promise<Message> {
    return await Message.read(this.#api, id)
  }

  /** One page of messages, those written last first, that fit a query such as `to:ben status:refused`. */
  async list(
    q = '',
    options: { readonly limit?: number; readonly after?: string } = {},
  ): Promise<MessagePage> {
    return await this.#api.json<MessagePage>('/v1/messages', { query: { q, ...options } })
  }

  /** All messages that fit, page by page as they are wanted. */
  async *messages(q = ''): AsyncGenerator<MessageRow> {
    let after: string | undefined
    for (;;) {
      const page = await this.list(q, after === undefined ? {} : { after })
      yield* page.data
      if (!page.has_more || page.next === null) return
      after = page.next
    }
  }

  /**
   * Sends a letter. A recipient that was refused stands in the answer; the call fails when all were.
   *
   * @param options.idempotencyKey the same letter is not sent again under the same key, for 24 hours
   * @throws WaybillApiError its `errors` say which members are wrong
   */
  async send(
    letter: Letter,
    options: { readonly idempotencyKey?: string } = {},
  ): Promise<SentLetter> {
    const { idempotencyKey: key } = options
    const { json, field } = await this.#api.jsonWith<SentLetter>(
      '/v1/messages',
      {
        method: 'POST',
        body: letter,
        ...(key === undefined ? {} : { headers: { 'idempotency-key': key } }),
      },
      'idempotent-replayed',
    )
    return field === 'true' ? { ...json, replayed: true } : json
  }

  /**
   * Where a letter for this address would go, how safely, and what holds on the way. Nothing is sent.
   *
   * @param options.from whose rates are told: the reverse-path
   * @throws WaybillApiError of a lab or a catcher, from which nothing goes out to others; and of what
   *   is no address
   */
  async route(address: string, options: { readonly from?: string } = {}): Promise<FoundRoute> {
    const { from } = options
    return await this.#api.json<FoundRoute>('/v1/route', { query: { address, from } })
  }

  /** What would become of a letter: its journey, with signing and routes. Nothing is sent. */
  async foresee(letter: Letter): Promise<Journey> {
    return await this.#api.json<Journey>('/v1/messages', {
      method: 'POST',
      query: { dry_run: true },
      body: letter,
    })
  }
}
