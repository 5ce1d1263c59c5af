import type { Server } from 'node:http'
import { once } from 'node:events'
import { createAdaptorServer } from '@hono/node-server'
import { listenProblem } from '../io/listener.ts'
import { type ApiParts, makeApi } from './api.ts'
import { pageFiles } from './page-files.ts'

export interface HttpServerOptions extends ApiParts {
  readonly address: string
  /** 0 lets the system choose. */
  readonly port: number
  /** The folder with the files of the page. */
  readonly page: string
}

/** The page and the API, on a port. */
export class HttpServer {
  readonly port: number
  readonly #server: Server

  private constructor(server: Server, port: number) {
    this.#server = server
    this.port = port
  }

  /** @throws WaybillError `port-taken` */
  static async open(options: HttpServerOptions): Promise<HttpServer> {
    const api = makeApi(options)
    pageFiles(api, options.page)
    const server = createAdaptorServer({ fetch: api.fetch })
    if (!('headersTimeout' in server)) throw new Error('http: it is no server of HTTP/1.1')
    server.headersTimeout = 10_000
    server.requestTimeout = 120_000
    server.maxConnections = mostConnections
    server.listen(options.port, options.address)
    try {
      await once(server, 'listening')
    } catch (problem) {
      throw problem instanceof Error ? listenProblem(problem, options) : problem
    }
    const bound = server.address()
    const port = typeof bound === 'object' && bound !== null ? bound.port : options.port
    return new HttpServer(server, port)
  }

  /** No new requests; those under way are answered, and who does not read is cut off. */
  async close(): Promise<void> {
    const closed = once(this.#server, 'close')
    this.#server.close()
    this.#server.closeIdleConnections()
    const late = setTimeout(() => this.#server.closeAllConnections(), graceMs)
    await closed
    clearTimeout(late)
  }
}

const mostConnections = 500
const graceMs = 1000
