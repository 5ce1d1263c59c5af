import type { WaybillError } from '../base/error.ts'
import type { Log } from '../base/log.ts'
import { sessionThreads, whyNoHandOver } from '../sessions/hand-over.ts'
import type { People } from '../sessions/questions.ts'
import type { StoreDoor } from '../store/sqlite/store-door.ts'
import type { SharedStore } from '../store/sqlite/sqlite-store.ts'
import type { MailSystemThreads } from './system-options.ts'

/**
 * The threads that sessions get by the settings; `undefined` when they stay on this one, be it that
 * somebody wants it so, that there is one core, or that no socket can be handed over here.
 */
export async function threadsFor(
  wanted: number,
  parts: {
    readonly store: Pick<SharedStore, 'door' | 'lost'>
    readonly people: () => People
    readonly log: Log
    readonly broken: (problem: WaybillError) => void
    /** Tries whether sockets can be handed over here; replaced by tests. */
    readonly tried?: () => Promise<string | undefined>
  },
): Promise<MailSystemThreads | undefined> {
  const count = sessionThreads(wanted)
  if (count === 0) return undefined
  const { store, people, log, broken, tried = whyNoHandOver } = parts
  const why = await tried()
  if (why !== undefined) {
    log({ level: 'warning', event: 'limit', fields: { limit: 'limits.threads', why } })
    return undefined
  }
  const door = (thread: number): StoreDoor => store.door(thread)
  const lost = (thread: number): void => store.lost(thread)
  return { count, door, lost, cacheBytes, people, broken }
}

/** As much as the main thread's own, which all of them ask. */
const cacheBytes = 32 * 1024 * 1024
