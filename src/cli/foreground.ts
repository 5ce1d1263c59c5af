import type { ConsoleOptions, Doors } from '../catch/doors.ts'
import type { CatcherOptions } from '../catch/catcher.ts'
import { defaultData } from './data.ts'
import { printJson } from './output.ts'
import { onSignals } from './signals.ts'
import {
  leave,
  logStyle,
  openReporting,
  pageFolder,
  portsWanted,
  type PortsWanted,
  type StartOptions,
  tellMovedPorts,
} from './starting.ts'
import { programVersion } from './version.ts'

/** A lab or a catcher that runs. */
interface Running {
  readonly ports: Partial<PortsWanted['wanted']>
  hurry(): void
  close(): Promise<void>
}

/** What one is opened with. */
type Given = Omit<CatcherOptions, 'ports'> & { readonly ports: PortsWanted['wanted'] }

/** Runs a lab or a catcher until somebody ends it. */
export async function runInForeground<Server extends Running>(
  options: StartOptions,
  how: {
    open(given: Given): Promise<Server>
    openPage(server: Server, given: ConsoleOptions): Promise<Doors>
    /** The first screen. */
    greet(
      server: Server,
      ports: Server['ports'] & { readonly http: number },
      folder: string,
    ): Promise<void>
  },
): Promise<void> {
  // The first screen is for people, and they see what happens with `waybill list`.
  const { log, report, close } = openReporting(logStyle(options.log ?? 'faults'))
  const { wanted, taken, named } = portsWanted(options)
  const { data: folder = defaultData, fault: faults, keepDays } = options
  const given = { folder, taken, named, report }
  const server = await how.open({
    ...given,
    ports: wanted,
    faults,
    log,
    ...(keepDays === undefined ? {} : { keepDays }),
  })
  const page = { ...given, log, port: wanted.http, version: programVersion(), page: pageFolder }
  const doors = await how.openPage(server, page).catch(async (problem: unknown) => {
    await server.close()
    throw problem
  })
  const ports = { ...server.ports, http: doors.http }
  const ended = Promise.withResolvers<void>()
  onSignals({ stop: () => ended.resolve(), hurry: () => server.hurry() })
  tellMovedPorts(wanted, ports)
  if (options.json === true) printJson({ event: 'ready', ports })
  else await how.greet(server, ports, folder)
  await ended.promise
  await doors.close()
  await server.close()
  close()
  leave()
}
