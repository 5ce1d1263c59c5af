import { type Api, WaybillApiError } from './api.ts'
import type { Journey, MessageLink, MessagePart, MessageRow } from './types.ts'

/** A message with what it says and what became of it. */
export class Message {
  readonly id: string
  readonly subject: string
  /** The reverse-path; empty for a notification. */
  readonly from: string
  readonly to: readonly string[]
  /** `delivered`, `refused`, `queued`, … */
  readonly status: string
  /** What happened, in one sentence. */
  readonly summary: string
  readonly startedAt: Date
  /** What it says as plain text: its text, or the words of its HTML. */
  readonly text: string
  /** Its HTML; `undefined` when it has none. */
  readonly html: string | undefined
  /** In the order in which they stand, each once. */
  readonly links: readonly MessageLink[]
  /** One-time codes. */
  readonly codes: readonly string[]
  readonly journey: Journey
  /** As the API has it. */
  readonly row: MessageRow
  readonly #api: Api

  private constructor(api: Api, row: MessageRow, contents: Contents) {
    this.#api = api
    this.row = row
    this.id = row.id
    this.subject = row.subject
    this.from = row.mail_from
    this.to = row.rcpt_to
    this.status = row.status
    this.summary = row.summary
    this.startedAt = new Date(row.started_at)
    this.text = contents.text
    this.html = contents.html
    this.links = contents.links
    this.codes = contents.codes
    this.journey = contents.journey
  }

  /** @throws WaybillApiError */
  static async read(api: Api, id: string): Promise<Message> {
    const at = pathOf(id)
    const [row, journey, text, html, links, codes] = await Promise.all([
      api.json<MessageRow>(at),
      api.json<Journey>(`${at}/journey`),
      ifThere(api.text(`${at}/text`)),
      ifThere(api.text(`${at}/html`)),
      ifThere(api.json<{ data: readonly MessageLink[] }>(`${at}/links`)),
      ifThere(api.json<{ data: readonly { code: string }[] }>(`${at}/codes`)),
    ])
    return new Message(api, row, {
      journey,
      text: text ?? '',
      html,
      links: links?.data ?? [],
      codes: codes?.data.map(({ code }) => code) ?? [],
    })
  }

  /** The message as it stands, header and all. */
  async raw(): Promise<Uint8Array> {
    return await this.#api.octets(`${pathOf(this.id)}/raw`)
  }

  /** The tree of its parts, each behind the one that holds it. */
  async parts(): Promise<readonly MessagePart[]> {
    const { data } = await this.#api.json<{ data: readonly MessagePart[] }>(
      `${pathOf(this.id)}/parts`,
    )
    return data
  }

  /** The octets of one of them, decoded. */
  async part(n: number): Promise<Uint8Array> {
    return await this.#api.octets(`${pathOf(this.id)}/parts/${n}`)
  }
}

interface Contents {
  readonly text: string
  readonly html: string | undefined
  readonly links: readonly MessageLink[]
  readonly codes: readonly string[]
  readonly journey: Journey
}

function pathOf(id: string): string {
  return `/v1/messages/${encodeURIComponent(id)}`
}

/** A refused message has a journey, but its octets may not be kept; and not every one has HTML. */
async function ifThere<Result>(asked: Promise<Result>): Promise<Result | undefined> {
  try {
    return await asked
  } catch (problem) {
    if (problem instanceof WaybillApiError && problem.status === 404) return undefined
    throw problem
  }
}
