import type { Api } from './api.ts'
import { Message } from './message.ts'
import type { MessageRow } from './types.ts'
import { type WaitFor, waitForRow } from './wait.ts'

/** The mail to one address that nobody else uses. */
export class Inbox {
  readonly address: string
  /** When it was made. */
  readonly since: Date = new Date()
  readonly #api: Api
  readonly #taken = new Set<string>()

  constructor(api: Api, address: string) {
    this.#api = api
    this.address = address
  }

  /**
   * The next message that fits, as soon as it is there; one that came already counts, and none is
   * given twice.
   *
   * @throws WaitTimeoutError it lists what came and did not fit
   */
  async waitFor(wanted: Omit<WaitFor, 'to'> = {}): Promise<Message> {
    const waiting = { except: this.#taken, first: 'oldest' } as const
    const row = await waitForRow(this.#api, { ...wanted, to: this.address }, waiting)
    this.#taken.add(row.id)
    return await Message.read(this.#api, row.id)
  }

  /** What has come so far, the newest first. */
  async list(): Promise<readonly MessageRow[]> {
    const query = { q: `to:${this.address}`, limit: 200 }
    const { data } = await this.#api.json<{ data: readonly MessageRow[] }>('/v1/messages', {
      query,
    })
    return data
  }
}
