import { WaybillError } from '../base/error.ts'
import { ControlSocket } from '../control/control-socket.ts'
import { type DeskPlace, type Named, performByName } from '../desk/named.ts'
import { systemClock } from '../io/clock.ts'
import { dataFolder } from '../store/data-folder.ts'

/** Opens the socket at which commands ask; `undefined` where there can be none. */
export async function openControl<Desk>(
  operations: ReadonlyMap<string, Named<Desk>>,
  place: DeskPlace<Desk>,
  options: {
    readonly folder: string
    readonly version: string
    readonly report: (problem: unknown, where: string) => void
  },
): Promise<ControlSocket | undefined> {
  const { version, report } = options
  try {
    return await ControlSocket.open({
      folder: dataFolder(options.folder).root,
      clock: systemClock,
      version,
      answer: ({ operation, input, by, why = '' }) => {
        const actor = { by, door: 'control socket', why } as const
        return performByName(operations, place, { operation, input, actor })
      },
      report,
    })
  } catch (problem) {
    if (problem instanceof WaybillError && problem.code === 'data-in-use') throw problem
    report(problem, 'the control socket, so commands cannot ask this server')
    return undefined
  }
}
