import type { Settings } from '../config/settings.ts'
import type { Residents } from '../directory/address-table.ts'
import { ensureKeys } from '../directory/signing-keys.ts'
import { systemClock } from '../io/clock.ts'
import type { DkimKeyRow } from '../store/ports/keys.ts'
import type { Store } from '../store/ports/store.ts'
import { residentsOf } from './from-settings.ts'

/** Who lives here, and what their letters are signed with. */
export interface Inhabited {
  /** All of ours: those of the settings, then those that the store keeps. */
  readonly domains: readonly string[]
  readonly residents: Residents
  readonly keys: readonly DkimKeyRow[]
}

/**
 * Who lives here now, by the settings and by the store. Keys of domains that have none are made. What
 * is in both counts as the settings have it.
 */
export async function lookUp(store: Store, settings: Settings): Promise<Inhabited> {
  const { accounts: port } = store
  const [added, more, led] = await Promise.all([port.domains(), port.accounts(), port.aliases()])
  const settled = residentsOf(settings)
  const all = Array.from(new Set([...settled.domains, ...added.map(({ name }) => name)]))
  // Of others only mail is known: nobody made them an account.
  const made = more.filter(({ origin }) => origin === 'store')
  return {
    domains: all,
    residents: {
      domains: all,
      accounts: [
        ...settled.accounts,
        ...made.map(({ address, passwordHash }) => ({ address, aliases: [], passwordHash })),
      ],
      aliases: [...(settled.aliases ?? []), ...led],
    },
    keys: await ensureKeys(store, all, {
      selector: settings.dkim.selector,
      now: systemClock.now(),
    }),
  }
}
