import { domainOf, foldLocalPart } from '../address/mailbox.ts'

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
  return [...problems, ...leadProblems(...readable, domains)]
}

function isRead<T>(one: T | undefined): one is T {
  return one !== undefined
}

/** How they compare: each is as `formatMailbox` gives it, its domain in lower case. */
function keyOf(address: string): string {
  return foldLocalPart(address)
}

/** Aliases that lead to somebody who is not here, or round in a circle and nowhere else. */
function leadProblems(
  accounts: readonly AccountAddresses[],
  aliases: readonly AliasAddresses[],
  domains: readonly string[] | undefined,
): readonly AddressProblem[] {
  const own = new Set(
    accounts.flatMap(({ address, aliases: more }) => [address, ...more].map(keyOf)),
  )
  const leads = new Map(aliases.map(({ address, to }) => [keyOf(address), to.map(keyOf)]))
  const ended = ending(own, leads)
  return aliases.flatMap(({ address, to }, index) => {
    const key = `alias[${index}]`
    const strangers = to.filter((one) => {
      // In another domain it is an address of another server, which mail is handed on to.
      const here = domains?.includes(domainOf(one)) !== false
      return here && !own.has(keyOf(one)) && !leads.has(keyOf(one))
    })
    if (strangers.length > 0) {
      return strangers.map((one) => ({
        key,
        problem: `"${address}" leads to "${one}", which is no account and no alias`,
      }))
    }
    if (ended.has(keyOf(address))) return []
    return [{ key, problem: `"${address}" leads back to itself and to no account` }]
  })
}

/**
 * The addresses from which somebody is found by following aliases: told backwards from the ends, so
 * that each alias is looked at once, however long a chain of them is. Who is not here is an end too,
 * and told by its own name.
 */
function ending(
  own: ReadonlySet<string>,
  leads: ReadonlyMap<string, readonly string[]>,
): ReadonlySet<string> {
  const behind = new Map<string, string[]>()
  for (const [address, to] of leads) {
    for (const one of to) {
      const before = behind.get(one)
      if (before === undefined) behind.set(one, [address])
      else before.push(address)
    }
  }
  const open = [...own, ...Array.from(behind.keys()).filter((one) => !leads.has(one))]
  const ended = new Set<string>()
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (ended.has(next)) continue
    ended.add(next)
    open.push(...(behind.get(next) ?? []))
  }
  return ended
}
