import { askServer, requestFolder } from '../app/requests.ts'
import { WaybillError } from '../base/error.ts'
import { systemClock } from '../io/clock.ts'
import { openSqliteStore } from '../store/sqlite-store.ts'
import type { FullStore } from '../store/store.ts'

/**
 * Changes a store: here when no server has it, else by asking that server, which alone writes to it.
 *
 * @throws WaybillError what the store or the server says
 */
export async function changeStore(
  opening: Parameters<typeof openSqliteStore>[0],
  change: {
    readonly here: (store: FullStore) => Promise<unknown>
    /** The same as a request, plain data. */
    readonly asked: unknown
    readonly timeoutMs: number
  },
): Promise<unknown> {
  let store: FullStore
  try {
    store = await openSqliteStore(opening)
  } catch (problem) {
    if (!(problem instanceof WaybillError && problem.code === 'data-in-use')) throw problem
    const folder = requestFolder(opening.folder)
    const patience = { clock: systemClock, timeoutMs: change.timeoutMs, everyMs: 50 }
    return await askServer(change.asked, { folder, ...patience })
  }
  try {
    return await change.here(store)
  } finally {
    await store.close()
  }
}
