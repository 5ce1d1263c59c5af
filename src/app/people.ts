import { parseDomain } from '../address/domain.ts'
import type { Log } from '../base/log.ts'
import type { Settings } from '../config/settings.ts'
import type { SettledResidents } from '../desk/accounts.ts'
import { addressProblems } from '../directory/address-problems.ts'
import { AddressTable, type Residents } from '../directory/address-table.ts'
import { waysBack } from './srs-secret.ts'
import { ensureKeys } from '../directory/signing-keys.ts'
import { joinResidents, readStored } from '../directory/stored.ts'
import { systemClock } from '../io/clock.ts'
import type { DkimKeyRow } from '../store/ports/keys.ts'
import type { Store } from '../store/ports/store.ts'

/** Who lives here, and what their letters are signed with. */
export interface People {
  /** Those of the settings first, then those that the store keeps. */
  readonly residents: Residents
  /** Of the algorithms that the settings sign with. */
  readonly keys: readonly DkimKeyRow[]
}

/**
 * Who lives here now, by the settings and by the store. Keys of domains that have none are made. What
 * is in both counts as the settings have it, and is told each time, because the rest does not hold.
 */
export async function lookUpPeople(
  store: Store,
  settings: Settings,
  log: Log,
  folder: string,
): Promise<People> {
  const stored = await readStored(store.accounts)
  const { residents: joined, clashes } = joinResidents(residentsOf(settings), stored)
  const handedOn = handedOnOf(joined.domains, settings)
  const residents = { ...joined, handedOn, ...waysBack(folder, joined, settings.bounces) }
  for (const { address, stored: what } of clashes) {
    const why = `the ${what} of this address in the store does not count beside the settings`
    log({ level: 'warning', event: 'store', fields: { address, why } })
  }
  // Settings that fit by themselves may have left people of the store behind.
  const { domains, accounts, aliases = [] } = residents
  for (const { problem } of addressProblems({ domains, accounts, aliases })) {
    log({ level: 'warning', event: 'store', fields: { why: problem } })
  }
  const { selector, algorithms } = settings.dkim
  const keys = await ensureKeys(store, residents.domains, { selector, now: systemClock.now() })
  return { residents, keys: keys.filter(({ algorithm }) => algorithms.includes(algorithm)) }
}

/** The domains whose mail the settings hand on: only by their names, for "*" is about what leaves. */
function handedOnOf(domains: readonly string[], { route }: Settings): readonly string[] {
  const named = new Set(route.flatMap((one) => one.domains))
  return domains.map((name) => parseDomain(name) ?? name).filter((name) => named.has(name))
}

/** Whom the addresses of the settings lead to. */
export function addressesOf(settings: Settings): AddressTable {
  return new AddressTable(residentsOf(settings))
}

/** Who stands in the settings file, as the desk knows them. */
export function settledResidents({ domains, account, alias }: Settings): SettledResidents {
  const accounts = account.map(({ address, aliases, password_hash, forward }) => {
    return { address, aliases, mayLogIn: password_hash !== undefined, forward }
  })
  return { domains, accounts, aliases: alias }
}

/** Who lives in the domains of the settings. */
function residentsOf({ domains, account, alias }: Settings): Residents {
  const accounts = account.map(({ address, aliases, password_hash: passwordHash, forward }) => {
    return { address, aliases, passwordHash, ...(forward === undefined ? {} : { forward }) }
  })
  return { domains, accounts, aliases: alias }
}
