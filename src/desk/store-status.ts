import { diskState } from '../store/disk-share.ts'
import type { ActPort } from '../store/ports/acts.ts'
import type { StoreCounts } from '../store/ports/store.ts'
import type { StoreStatus } from './status.ts'

/** What is asked of a store, or of one that reads it. */
export interface CountedStore {
  counts(): Promise<StoreCounts>
  readonly acts: Pick<ActPort, 'list'>
}

/** What the store and its disk say. The store keeps its counts, so this is quick however much it has. */
export async function storeStatus(store: CountedStore, folder: string): Promise<StoreStatus> {
  const { queued, held, messages, journeys } = await store.counts()
  const [last] = await store.acts.list({ what: 'backup', limit: 1 })
  const to = last?.detail['to']
  return {
    waiting: queued,
    held,
    messages,
    journeys,
    disk: diskState(folder),
    ...(last === undefined ? {} : { backup: { at: last.at, to: String(to) } }),
  }
}
