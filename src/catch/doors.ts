import type { Log } from '../base/log.ts'
import { labAccess } from '../http/access.ts'
import { HttpServer, type HttpServerOptions } from '../http/http-server.ts'
import { near, type NearOptions } from './near.ts'

/** Where the page is opened, and the socket for commands. */
export interface ConsoleOptions extends NearOptions {
  /** The data folder. */
  readonly folder: string
  /** 0 lets the system choose. */
  readonly port: number
  readonly version: string
  /** The folder with the files of the page. */
  readonly page: string
  /** Absent: nobody reads it. */
  readonly log?: Log
  readonly report: (problem: unknown, where: string) => void
}

/** What the page and the API are of. */
type Parts = Omit<HttpServerOptions, 'address' | 'port' | 'page' | 'version' | 'access' | 'report'>

/** How people and programs come to a lab or a catcher that runs. */
export interface Doors {
  /** The port of the page and the API. */
  readonly http: number
  close(): Promise<void>
}

/**
 * Opens the page and the API, for this computer alone, behind a socket for commands and whatever else
 * is open for it; all is closed, whatever happens.
 *
 * @throws WaybillError `port-taken`
 */
export async function openDoors(
  behind: readonly ({ close(): Promise<void> } | undefined)[],
  options: ConsoleOptions,
  parts: Parts,
): Promise<Doors> {
  const { page, version, report } = options
  const about = { address: '127.0.0.1', page, version, report, access: labAccess } as const
  try {
    const server = await near(options, 'http', options.port, (port) => {
      return HttpServer.open({ ...parts, ...about, port })
    })
    return {
      http: server.port,
      async close() {
        await server.close()
        for (const one of behind) await one?.close()
      },
    }
  } catch (problem) {
    for (const one of behind) await one?.close()
    throw problem
  }
}
