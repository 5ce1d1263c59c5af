import type { Log } from '../base/log.ts'
import type { Settings } from '../config/settings.ts'
import type { Residents } from '../directory/address-table.ts'
import { joinResidents, readStored } from '../directory/stored.ts'
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
 * is in both counts as the settings have it, and is told each time, because the rest does not hold.
 */
export async function lookUp(store: Store, settings: Settings, log: Log): Promise<Inhabited> {
  const stored = await readStored(store.accounts)
  const { residents, clashes } = joinResidents(residentsOf(settings), stored)
  const { domains } = residents
  const context = { selector: settings.dkim.selector, now: systemClock.now() }
  for (const { address, stored: what } of clashes) {
    const why = `the ${what} of this address in the store does not count beside the settings`
    log({ level: 'warning', event: 'store', fields: { address, why } })
  }
  return { domains, residents, keys: await ensureKeys(store, domains, context) }
}
