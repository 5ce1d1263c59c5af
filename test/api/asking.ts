import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { ApiDocument, type Came } from '../../src/http/test-support/api-document.ts'

/** What is asked, beside the path. */
export interface Asked {
  readonly json?: unknown
  /** In place of JSON, with its type in the headers. */
  readonly octets?: string | Uint8Array
  readonly headers?: Readonly<Record<string, string>>
}

/** One server, each of whose answers is held against its own document. */
export class HeldApi {
  readonly document: ApiDocument
  /** What of its answers is not as the document says. */
  readonly misfits = new Set<string>()
  readonly #port: number
  /** Of whoever may do all. */
  readonly #headers: Readonly<Record<string, string>>

  private constructor(port: number, headers: Readonly<Record<string, string>>, document: unknown) {
    this.#port = port
    this.#headers = headers
    this.document = new ApiDocument(document)
  }

  static async open(port: number, key?: string): Promise<HeldApi> {
    const headers = key === undefined ? {} : { authorization: `Bearer ${key}` }
    const came = await asked(port, 'GET', '/v1/openapi.json', { headers })
    return new HeldApi(port, headers, JSON.parse(came.text))
  }

  async ask(method: string, target: string, what: Asked = {}): Promise<Came> {
    const headers = { ...this.#headers, ...what.headers }
    const came = await asked(this.#port, method, target, { ...what, headers })
    for (const one of this.document.hold(method, target, came)) this.misfits.add(one)
    return came
  }

  /** The same where JSON is answered, or nothing. */
  async json(method: string, target: string, what: Asked = {}): Promise<Answer> {
    const { text: said, status } = await this.ask(method, target, what)
    return { status, json: said === '' ? {} : (JSON.parse(said) as Answer['json']) }
  }
}

/** JSON as it came, its members unread. */
export interface Answer {
  readonly status: number
  readonly json: Readonly<Record<string, unknown>>
}

function isText(headers: Headers): boolean {
  return /json|text/.test(headers.get('content-type') ?? '')
}

/** Of what has no end, the head alone is waited for. */
async function asked(port: number, method: string, path: string, what: Asked): Promise<Came> {
  const { json, octets = json === undefined ? undefined : JSON.stringify(json), headers } = what
  const type = json === undefined ? {} : { 'content-type': 'application/json' }
  const all = { connection: 'close', ...type, ...headers }
  const asking = request({ host: '127.0.0.1', port, method, path, headers: all })
  const coming = once(asking, 'response')
  if ('content-length' in all) asking.flushHeaders()
  else asking.end(octets)
  const [response] = (await coming) as [IncomingMessage]
  const said = new Headers()
  for (const [name, value] of Object.entries(response.headers)) said.set(name, String(value))
  const endless = said.get('content-type')?.startsWith('text/event-stream') === true
  const got = endless ? '' : (await buffer(response)).toString(isText(said) ? 'utf8' : 'latin1')
  asking.destroy()
  return { status: response.statusCode ?? 0, headers: said, text: got }
}
