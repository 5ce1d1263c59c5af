import { domainOf } from '../address/mailbox.ts'
import { keyOf } from './memory-directory.ts'

/** One thing that is wrong with an address, and where it stands. */
export interface AddressProblem {
  /** `account[0]`, `alias[2]`. */
  readonly key: string
  readonly problem: string
}

/** An account with its own addresses. */
export interface AccountAddresses {
  readonly address: string
  readonly aliases: readonly string[]
}

/** An alias, and where it leads. */
export interface AliasAddresses {
  readonly address: string
  readonly to: readonly string[]
}

/** What must fit together for mail to have one place to go to, as far as it could be read. */
export interface AddressSettings {
  readonly domains: readonly string[] | undefined
  readonly accounts: readonly (AccountAddresses | undefined)[]
  readonly aliases: readonly (AliasAddresses | undefined)[]
}

/**
 * What is wrong with the addresses of accounts and aliases, each of which is in order by itself:
 * not in one of the domains, given twice, or leading nowhere.
 */
export function addressProblems(settings: AddressSettings): readonly AddressProblem[] {
  const { domains, accounts, aliases } = settings
  const problems: AddressProblem[] = []
  const seen = new Set<string>()
  const enter = (key: string, address: string): void => {
    if (domains?.includes(domainOf(address)) === false) {
      problems.push({ key, problem: `"${address}" is not in one of your domains` })
    }
    if (seen.has(keyOf(address))) {
      problems.push({ key, problem: `"${address}" is given twice` })
    }
    seen.add(keyOf(address))
  }
  accounts.forEach((account, index) => {
    if (account === undefined) return
    const key = `account[${index}]`
    if (account.address.startsWith('*@')) {
      problems.push({ key, problem: `"${account.address}" is no address; "*" is for aliases` })
    }
    for (const address of [account.address, ...account.aliases]) enter(key, address)
  })
  aliases.forEach((alias, index) => {
    if (alias !== undefined) enter(`alias[${index}]`, alias.address)
  })
  const readable = [accounts.filter(isRead), aliases.filter(isRead)] as const
  // Those that could not be read may be just those that are meant.
  if (readable[0].length < accounts.length || readable[1].length < aliases.length) return problems
  return [...problems, ...leadProblems(...readable)]
}

function isRead<T>(one: T | undefined): one is T {
  return one !== undefined
}

/** Aliases that lead to somebody who is not here, or round in a circle and nowhere else. */
function leadProblems(
  accounts: readonly AccountAddresses[],
  aliases: readonly AliasAddresses[],
): readonly AddressProblem[] {
  const own = new Set(
    accounts.flatMap(({ address, aliases: more }) => [address, ...more].map((one) => keyOf(one))),
  )
  const leads = new Map(
    aliases.map(({ address, to }) => [keyOf(address), to.map((one) => keyOf(one))]),
  )
  return aliases.flatMap(({ address, to }, index) => {
    const key = `alias[${index}]`
    const strangers = to.filter((one) => !own.has(keyOf(one)) && !leads.has(keyOf(one)))
    if (strangers.length > 0) {
      return strangers.map((one) => ({
        key,
        problem: `"${address}" leads to "${one}", which is no account and no alias`,
      }))
    }
    if (arrives(keyOf(address), { own, leads })) return []
    return [{ key, problem: `"${address}" leads back to itself and to no account` }]
  })
}

/** Whether somebody is found by following an alias. */
function arrives(
  start: string,
  ways: {
    readonly own: ReadonlySet<string>
    readonly leads: ReadonlyMap<string, readonly string[]>
  },
): boolean {
  const followed = new Set<string>()
  const open = [start]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (ways.own.has(next)) return true
    if (followed.has(next)) continue
    followed.add(next)
    open.push(...(ways.leads.get(next) ?? []))
  }
  // Somebody who is not here is told by its own name.
  return [...followed].some((one) => !ways.leads.has(one))
}
