import type { Server } from 'node:http'
import { once } from 'node:events'
import { createAdaptorServer } from '@hono/node-server'
import { listenProblem } from '../io/listener.ts'
import { type ApiParts, makeApi } from './api.ts'
import { within } from './client-place.ts'
import { OpenConnections } from './open-connections.ts'
import { pageFiles } from './page-files.ts'

export interface HttpServerOptions extends ApiParts {
  readonly address: string
  /** 0 lets the system choose. */
  readonly port: number
  /** The folder with the files of the page. */
  readonly page: string
  /** So long an answer under way is waited for when the server ends. */
  readonly graceMs?: number
  /** In so long the header of a request comes whole. */
  readonly headerMs?: number
  /** Who neither sends nor takes anything for so long is cut off. */
  readonly silenceMs?: number
}

interface Running {
  readonly server: Server
  readonly connections: OpenConnections
  readonly stopping: AbortController
  readonly graceMs: number
}

/** This computer, which may be a proxy that nobody has told of. */
const ownNetworks = ['127.0.0.0/8', '::1/128']

/** So many connections at once. */
export const mostConnections = 500

/** The page and the API, on a port. */
export class HttpServer {
  readonly port: number
  readonly #running: Running

  private constructor(running: Running, port: number) {
    this.#running = running
    this.port = port
  }

  /** @throws WaybillError `port-taken` */
  static async open(options: HttpServerOptions): Promise<HttpServer> {
    const { graceMs = 1000, headerMs = 10_000, proxies = [] } = options
    const api = makeApi(options)
    pageFiles(api, options.page)
    const stopping = new AbortController()
    const server = createAdaptorServer({
      fetch: (request, env) => api.fetch(request, { ...env, stopping: stopping.signal }),
      // Left alone, Node looks every half a minute who is late.
      serverOptions: { connectionsCheckingInterval: headerMs / 5 },
    })
    if (!('headersTimeout' in server)) throw new Error('http: it is no server of HTTP/1.1')
    server.headersTimeout = headerMs
    server.requestTimeout = 120_000
    // Streams of events tell their silence, and nobody waits longer for an answer.
    server.timeout = options.silenceMs ?? 180_000
    server.maxConnections = mostConnections
    const connections = new OpenConnections(server, within([...ownNetworks, ...proxies]))
    server.listen(options.port, options.address)
    try {
      await once(server, 'listening')
    } catch (problem) {
      throw problem instanceof Error ? listenProblem(problem, options) : problem
    }
    const bound = server.address()
    const port = typeof bound === 'object' && bound !== null ? bound.port : options.port
    return new HttpServer({ server, connections, stopping, graceMs }, port)
  }

  /** How many are open. */
  get connections(): number {
    return this.#running.connections.count
  }

  /**
   * No new requests; those under way are answered, and who does not read is cut off. Streams and what
   * waits for mail end at once, and so do connections on which nothing is asked.
   */
  async close(): Promise<void> {
    const { server, connections, stopping, graceMs } = this.#running
    const closed = once(server, 'close')
    server.close()
    stopping.abort()
    connections.end()
    const late = setTimeout(() => server.closeAllConnections(), graceMs)
    await closed
    clearTimeout(late)
  }
}
