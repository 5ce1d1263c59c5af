import { Archives } from '../desk/archives.ts'
import { labAccess } from '../http/access.ts'
import { HttpServer } from '../http/http-server.ts'
import type { Lab, LabOptions } from './lab.ts'
import { near } from './ports.ts'

/** Where the page of the lab is opened. */
export interface LabConsoleOptions extends Pick<LabOptions, 'taken' | 'named' | 'report'> {
  /** 0 lets the system choose. */
  readonly port: number
  readonly version: string
  /** The folder with the files of the page. */
  readonly page: string
}

/**
 * Opens the page and the API over both servers of the lab, for this computer alone.
 *
 * @throws WaybillError `port-taken`
 */
export function openLabConsole(lab: Lab, options: LabConsoleOptions): Promise<HttpServer> {
  const { version, page, report } = options
  const archives = new Archives([
    { name: 'north', reads: lab.north.store },
    { name: 'south', reads: lab.south.store },
  ])
  return near(options, 'http', options.port, (port) => {
    return HttpServer.open({
      address: '127.0.0.1',
      port,
      page,
      mode: 'lab',
      version,
      archives,
      access: labAccess,
      now: () => lab.clock.now(),
      newId: () => lab.north.site.newId(),
      report,
    })
  })
}
