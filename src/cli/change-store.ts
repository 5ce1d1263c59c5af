import { type Asked, askServer } from '../control/ask.ts'
import type { Absence } from '../control/connect.ts'
import type { ControlRequest } from '../control/protocol.ts'
import type { Clock } from '../base/clock.ts'
import { WaybillError } from '../base/error.ts'
import { systemClock } from '../io/clock.ts'
import { openSqliteStore } from '../store/sqlite-store.ts'
import type { FullStore } from '../store/store.ts'
import { operator } from './operator.ts'

type Opening = Parameters<typeof openSqliteStore>[0]

export interface Change {
  readonly here: (store: FullStore) => Promise<unknown>
  /** The same as it is asked of a server: plain data. */
  readonly operation: string
  readonly input: unknown
  readonly timeoutMs: number
}

/**
 * Changes a store: here when no server has it, else by asking that server, which alone writes to it.
 *
 * @throws WaybillError what the store or the server says
 */
export async function changeStore(opening: Opening, change: Change): Promise<unknown> {
  const { operation, input, timeoutMs } = change
  const request: ControlRequest = { operation, input, by: operator() }
  const { folder } = opening
  return await byWhoHasIt({
    clock: systemClock,
    folder,
    open: () => openSqliteStore(opening),
    here: change.here,
    ask: () => askServer(request, { folder, clock: systemClock, timeoutMs }),
  })
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
