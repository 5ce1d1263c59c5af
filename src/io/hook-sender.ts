import { request as requestPlain } from 'node:http'
import { request as requestSecure, type RequestOptions } from 'node:https'
import type { SecureContext } from 'node:tls'
import { parseIp } from '../base/ip.ts'
import type { Resolver } from '../dns/resolver.ts'
import { isOutside } from './outside-address.ts'
import { addressesOf, inTime } from './outside-call.ts'

/** What is posted to somebody who wants to be told. */
export interface HookRequest {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Uint8Array
}

/** What came of it. */
export interface HookAnswer {
  /** The status of HTTP; 0: there was no answer. */
  readonly status: number
  /** What the answer began with, or why there was none. */
  readonly text: string
  /** The field Retry-After (RFC 9110 §10.2.3); empty when there was none. */
  readonly retryAfter: string
}

export interface HookSenderOptions {
  /**
   * `outside`: only https and only addresses of the internet, asked of this resolver. `anywhere`: for
   * a lab and a catcher, whose receivers run on this computer.
   */
  readonly reach:
    | { readonly type: 'outside'; readonly resolver: Resolver }
    | { readonly type: 'anywhere' }
  /** For all of a request. */
  readonly timeoutMs?: number
  /** With whom certificates must begin. Absent: what Node itself trusts. */
  readonly trust?: SecureContext | undefined
}

/** So much of an answer is read. */
const mostOctets = 4096
const mostText = 500

/** Posts events to whoever wants them; never rejects. */
export class HookSender {
  readonly #options: HookSenderOptions
  readonly #stop = new AbortController()

  constructor(options: HookSenderOptions) {
    this.#options = options
  }

  /** Redirects are answers like others: who wants to be told elsewhere changes the address. */
  async send(asked: HookRequest): Promise<HookAnswer> {
    try {
      return await this.#send(asked)
    } catch (problem) {
      const text = problem instanceof Error ? problem.message : String(problem)
      return { status: 0, text: text.slice(0, mostText), retryAfter: '' }
    }
  }

  /** What is under way ends without an answer. */
  close(): void {
    this.#stop.abort(new Error('The server stops.'))
  }

  async #send({ url: text, headers, body }: HookRequest): Promise<HookAnswer> {
    const url = new URL(text)
    const { timeoutMs = 15_000, trust } = this.#options
    const late = AbortSignal.timeout(timeoutMs)
    const signal = AbortSignal.any([this.#stop.signal, late])
    try {
      const place = await inTime(this.#placeOf(url), signal)
      const options: RequestOptions = {
        ...place,
        ...(trust === undefined ? {} : { secureContext: trust }),
        path: `${url.pathname}${url.search}`,
        method: 'POST',
        headers: { ...headers, host: url.host, 'content-length': Buffer.byteLength(body) },
        agent: false,
        signal,
        maxHeaderSize: 16 * 1024,
      }
      return await post(url.protocol === 'https:', options, body)
    } catch (problem) {
      if (late.aborted) throw new Error(`There was no answer within ${timeoutMs / 1000} s.`)
      throw problem
    }
  }

  /** The address that was looked at is the very one that is called. */
  async #placeOf({ protocol, hostname, port }: URL): Promise<RequestOptions> {
    const host = hostname.replace(/^\[|\]$/g, '')
    const secure = protocol === 'https:'
    const number = port === '' ? (secure ? 443 : 80) : Number(port)
    const isName = parseIp(host) === undefined
    const name = secure && isName ? { servername: host } : {}
    const { reach } = this.#options
    if (reach.type === 'anywhere') return { ...name, host, port: number }
    if (!secure) throw new Error('Only https may be called.')
    const addresses = isName ? await addressesOf(reach.resolver, host) : [host]
    const address = addresses.find(isOutside)
    if (address !== undefined) return { ...name, host: address, port: number }
    const what = addresses.length === 0 ? 'has no address' : `leads to ${addresses.join(', ')}`
    throw new Error(`${host} ${what}, and only addresses of the internet are called.`)
  }
}

function post(
  secure: boolean,
  options: RequestOptions,
  body: string | Uint8Array,
): Promise<HookAnswer> {
  return new Promise((resolve, reject) => {
    const request = (secure ? requestSecure : requestPlain)(options, (answer) => {
      const pieces: Buffer[] = []
      let octets = 0
      const done = (): void => {
        const text = Buffer.concat(pieces).toString('utf8').slice(0, mostText)
        const retryAfter = String(answer.headers['retry-after'] ?? '').slice(0, 100)
        resolve({ status: answer.statusCode ?? 0, text, retryAfter })
        request.destroy()
      }
      answer.on('data', (piece: Buffer) => {
        pieces.push(piece.subarray(0, mostOctets - octets))
        octets += piece.length
        if (octets >= mostOctets) done()
      })
      answer.on('end', done)
      answer.on('error', reject)
    })
    request.on('error', reject)
    // Where an answer is none, as "101 Switching Protocols", Node tells of nothing but this.
    request.on('close', () => reject(new Error('The connection ended without an answer.')))
    request.end(body)
  })
}
