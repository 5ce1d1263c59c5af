import { Retention } from '../desk/retention.ts'
import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { Store } from '../store/ports/store.ts'
import { caughtAccount } from './catching-port.ts'

/** How long a catcher keeps what it caught, when nothing is said. */
export const usualKeepDays = 30

const dayMs = 86_400_000
/** How many letters go at once: mail comes meanwhile. */
const atOnce = 500

interface AgeOptions {
  readonly store: Pick<Store, 'mailboxes' | 'retention'>
  readonly clock: Clock
  readonly keepDays: number
  readonly log: Log
  readonly report: (problem: unknown, where: string) => void
}

/** Removes caught letters, and then their journeys, once they are older than `keepDays`. */
export function ageOfCaught(options: AgeOptions): Retention {
  const { store, keepDays } = options
  const keepMs = keepDays * dayMs
  return new Retention({
    ...options,
    times: { journeysMs: keepMs, scansMs: keepMs, refusedMs: keepMs },
    first: (now) => removeCaught(store, { before: now - keepMs, now }),
  })
}

async function removeCaught(
  { mailboxes }: Pick<Store, 'mailboxes'>,
  { before, now }: { readonly before: number; readonly now: number },
): Promise<void> {
  for (;;) {
    const oldest = await mailboxes.items({ account: caughtAccount.address, limit: atOnce })
    const items = oldest.filter(({ receivedAt }) => receivedAt < before)
    if (items.length > 0) await mailboxes.remove({ items, at: now })
    if (items.length < atOnce) return
  }
}
