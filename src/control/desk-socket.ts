import { WaybillError } from '../base/error.ts'
import type { Actor } from '../desk/act.ts'
import { systemClock } from '../io/clock.ts'
import { dataFolder } from '../store/data-folder.ts'
import { ControlSocket } from './control-socket.ts'

/** What a command asks of a desk. */
export interface AskedOfDesk {
  readonly operation: string
  readonly input: unknown
  readonly actor: Actor
}

/**
 * Opens the socket at which commands ask the desk of a server; `undefined` where there can be none:
 * mail goes on without it.
 *
 * @throws WaybillError `data-in-use`
 */
export async function openDeskSocket(
  perform: (asked: AskedOfDesk) => Promise<unknown>,
  options: {
    readonly folder: string
    readonly version: string
    readonly report: (problem: unknown, where: string) => void
  },
): Promise<ControlSocket | undefined> {
  const { folder, version, report } = options
  try {
    return await ControlSocket.open({
      folder: dataFolder(folder).root,
      clock: systemClock,
      version,
      answer: ({ operation, input, by, why = '' }) => {
        return perform({ operation, input, actor: { by, door: 'control socket', why } })
      },
      report,
    })
  } catch (problem) {
    if (problem instanceof WaybillError && problem.code === 'data-in-use') throw problem
    report(problem, 'the control socket, so commands cannot ask this server')
    return undefined
  }
}
