import { diskState } from '../store/sqlite/disk-share.ts'
import type { Act, ActPort } from '../store/ports/acts.ts'
import type { RegisterPort } from '../store/ports/register.ts'
import type { StoreCounts } from '../store/ports/store.ts'
import { readHeldAccounts } from './hold-rules.ts'
import { readPauses } from './pauses.ts'
import type { StoreStatus } from './status.ts'

/** What is asked of a store, or of one that reads it. */
export interface CountedStore {
  counts(): Promise<StoreCounts>
  readonly acts: Pick<ActPort, 'list'>
  readonly register: Pick<RegisterPort, 'list'>
}

/** What the store and its disk say. The store keeps its counts, so this is quick however much it has. */
export async function storeStatus(
  store: CountedStore,
  folder: string,
  now: number,
): Promise<StoreStatus> {
  const { queued, held, messages, journeys } = await store.counts()
  const last = await lastBackup(store.acts)
  const [hold] = held === 0 ? [] : await store.acts.list({ what: 'queue hold', limit: 1 })
  const pauses = await readPauses(store.register, now)
  const accounts = await readHeldAccounts(store.register, now)
  return {
    waiting: queued,
    held,
    ...(hold === undefined ? {} : { heldAt: hold.at }),
    ...(pauses.length === 0 ? {} : { pauses }),
    ...(accounts.length === 0 ? {} : { heldAccounts: accounts }),
    messages,
    journeys,
    disk: diskState(folder),
    ...(last === undefined ? {} : { backup: { at: last.at, to: String(last.detail['to']) } }),
  }
}

/** How many acts are looked at one time: most backups are whole. */
const actsAtOnce = 20

/** The last one that was whole: what misses something cannot be restored. */
async function lastBackup(acts: CountedStore['acts']): Promise<Act | undefined> {
  for (let before: number | undefined; ; ) {
    const page = { what: 'backup', limit: actsAtOnce, ...(before === undefined ? {} : { before }) }
    const found = await acts.list(page)
    const whole = found.find(({ detail }) => (detail['missing'] ?? 0) === 0)
    before = found.at(-1)?.number
    if (whole !== undefined || before === undefined) return whole
  }
}
