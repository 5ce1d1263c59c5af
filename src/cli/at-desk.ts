import type { Command } from 'commander'
import type { Clock } from '../base/clock.ts'
import { WaybillError } from '../base/error.ts'
import { type Asked, askServer } from '../control/ask.ts'
import type { Absence } from '../control/connect.ts'
import { type Actor, type Operation, perform } from '../desk/act.ts'
import { systemClock } from '../io/clock.ts'
import { openSqliteStore } from '../store/sqlite/sqlite-store.ts'
import type { Store } from '../store/ports/store.ts'
import { mustHoldMail } from './data.ts'
import { operator } from './operator.ts'

type Opening = Parameters<typeof openSqliteStore>[0]

/** The option of every command that leaves an act. */
export interface WhyOption {
  readonly why?: string
}

/** Adds `--why` to a command that leaves an act. */
export function withWhy(command: Command): Command {
  return command.option('--why <text>', 'the reason, which `waybill audit` tells')
}

/** Where an operation is done, and how. */
export interface Place<Part> extends WhyOption {
  readonly opening: Opening
  /** The part of the desk that it needs, over the store that was opened here. */
  readonly desk: (store: Store) => Part
  readonly timeoutMs?: number
  /**
   * It may be the first that is done in a folder, which is made then. Absent: where there is no mail
   * data, the wrong folder is meant.
   */
  readonly begins?: boolean
}

/**
 * Does an operation of the desk: here when no server has the data folder, else by asking that server,
 * which alone writes to it.
 *
 * @throws WaybillError what the operation, the store or the server says; `not-found` where there is no
 *   mail data, unless it `begins` one
 */
export async function atDesk<Part, Input, Result>(
  operation: Operation<Part, Input, Result>,
  input: Input,
  place: Place<Part>,
): Promise<Result> {
  const { opening, desk, why = '', timeoutMs = 30_000, begins = false } = place
  const { folder } = opening
  if (!begins) mustHoldMail(folder)
  const by = operator()
  const actor: Actor = { by, door: 'command line', why }
  const request = { operation: operation.name, input, by, why }
  const now = (): number => systemClock.now()
  const result = await byWhoHasIt({
    clock: systemClock,
    folder,
    open: () => openSqliteStore(opening),
    here: (store) => {
      return perform(operation, { desk: desk(store), acts: store.acts, now }, { input, actor })
    },
    ask: () => askServer(request, { folder, clock: systemClock, timeoutMs }),
  })
  // What the same operation gave in the server, as JSON: the greeting said that it is of our version.
  return result as Result
}
/** Another command has the folder for a moment only, and a server that starts cannot answer yet. */
const patienceMs = 10_000
const everyMs = 50

/** Opens the store or asks who has it; where that can be neither, it is tried for a while. */
export async function byWhoHasIt<Store extends { close(): Promise<void> }>(way: {
  readonly clock: Clock
  readonly folder: string
  readonly open: () => Promise<Store>
  readonly here: (store: Store) => Promise<unknown>
  readonly ask: () => Promise<Asked>
}): Promise<unknown> {
  const { clock, folder, open, here, ask } = way
  const end = clock.monotonicMs() + patienceMs
  for (;;) {
    const store = await unlessInUse(open)
    if (store !== undefined) {
      try {
        return await here(store)
      } finally {
        await store.close()
      }
    }
    const asked = await ask()
    if (asked.type === 'answered') return asked.value
    if (clock.monotonicMs() >= end) throw silent(folder, asked.why)
    await new Promise<void>((resolve) => clock.setTimer(everyMs, resolve))
  }
}

async function unlessInUse<Store>(open: () => Promise<Store>): Promise<Store | undefined> {
  try {
    return await open()
  } catch (problem) {
    if (problem instanceof WaybillError && problem.code === 'data-in-use') return undefined
    throw problem
  }
}

function silent(folder: string, why: Absence): WaybillError {
  const what =
    why === 'no-socket' ? 'has no control socket' : 'does not listen at its control socket'
  return new WaybillError('data-in-use', `The process that has ${folder} ${what}.`, {
    hint: 'Is it a server of this version? Otherwise stop it, then run this again.',
  })
}
