import { addressProblems } from '../directory/address-problems.ts'
import { keyOf } from '../directory/address-table.ts'
import { nearest } from '../base/nearest.ts'
import { WaybillError } from '../base/error.ts'
import type { InTurn } from './in-turn.ts'

/** Where something stands that says who lives here; only there it can be changed. */
export type Origin = 'settings' | 'store'

/** An account, an alias or a domain that is known. Addresses are in the form of the settings. */
export interface KnownAccount {
  readonly address: string
  readonly origin: Origin
  readonly mayLogIn: boolean
  /** Further addresses of its own, which only the settings give. */
  readonly aliases: readonly string[]
  /** Where its letters are handed on to as well; absent: nowhere. */
  readonly forward?: readonly string[] | undefined
}

export interface KnownAlias {
  readonly address: string
  readonly origin: Origin
  readonly to: readonly string[]
  readonly send: boolean
}

export interface KnownDomain {
  readonly name: string
  readonly origin: Origin
}

/** All who live here, those of the settings first. */
export interface KnownResidents {
  readonly accounts: readonly KnownAccount[]
  readonly aliases: readonly KnownAlias[]
  readonly domains: readonly KnownDomain[]
}

/** The account of an address, however its letters are written; `undefined`: nobody has it. */
export function accountOf(
  { accounts }: Pick<KnownResidents, 'accounts'>,
  address: string,
): KnownAccount | undefined {
  const key = keyOf(address)
  return accounts.find((one) => keyOf(one.address) === key)
}

/** What is needed to change something that belongs to those who live here. */
export interface ResidentParts<Port> {
  readonly port: Port
  readonly residents: () => Promise<KnownResidents>
  readonly now: () => number
  readonly turn: InTurn
}

/**
 * Says no to a change after which mail would have no one place to go to.
 *
 * @throws WaybillError `usage` with what is wrong after it and was not before
 */
export function checkChange(before: KnownResidents, after: KnownResidents): void {
  const known = new Set(problemsOf(before))
  const [first] = problemsOf(after).filter((problem) => !known.has(problem))
  if (first === undefined) return
  const domains = after.domains.map(({ name }) => name).join(', ')
  // A settings file has it twice; here one of the two is there, and one is asked for.
  const problem = first.replace(/ is given twice$/, ' is there already')
  throw new WaybillError('usage', `That cannot be: ${problem}.`, {
    hint: `Your domains: ${domains}. waybill account list and waybill alias list show who is here.`,
  })
}

function problemsOf({ domains, accounts, aliases }: KnownResidents): readonly string[] {
  return addressProblems({
    domains: domains.map(({ name }) => name),
    accounts,
    aliases,
  }).map(({ problem }) => problem)
}

/**
 * The one that is meant, which must be the store's.
 *
 * @throws WaybillError `not-found`, and `usage` for one of the settings
 */
export function ofStore<T extends { readonly origin: Origin }>(
  all: readonly T[],
  meant: {
    readonly what: string
    readonly name: string
    readonly nameOf: (one: T) => string
    /** How names compare. */
    readonly keyOf: (name: string) => string
  },
): T {
  const { what, name, nameOf, keyOf } = meant
  const same = all.filter((one) => keyOf(nameOf(one)) === keyOf(name))
  const found = same.find(({ origin }) => origin === 'store')
  if (found !== undefined) return found
  if (same.length > 0) {
    throw new WaybillError('usage', `The ${what} ${name} stands in the settings file.`, {
      hint: 'Change it there, then send SIGHUP to the server (or start it).',
    })
  }
  const near = nearest(name, all.map(nameOf))
  throw new WaybillError('not-found', `There is no ${what} ${name}.`, {
    hint: near === undefined ? `waybill ${what} list shows them.` : `Did you mean "${near}"?`,
  })
}
