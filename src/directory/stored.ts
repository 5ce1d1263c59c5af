import { parseDomain } from '../address/domain.ts'
import { keyOf, type Residents } from './address-table.ts'

/** What the store keeps of those who live here; its port for accounts has this shape. */
export interface StoredResidents {
  accounts(): Promise<
    readonly {
      readonly id: number
      readonly address: string
      readonly passwordHash: string | undefined
      /** Only those that were made in the store live here by its word. */
      readonly origin: 'settings' | 'store' | 'mail'
      readonly forward?: readonly string[] | undefined
    }[]
  >
  aliases(): Promise<
    readonly { readonly address: string; readonly to: readonly string[]; readonly send: boolean }[]
  >
  domains(): Promise<readonly { readonly name: string }[]>
}

/** An address that settings and store both have. That of the settings counts. */
export interface Clash {
  readonly address: string
  /** What the store has it for. */
  readonly stored: 'account' | 'alias'
}

/** Who lives here by the word of the store. */
export async function readStored(store: StoredResidents): Promise<Residents> {
  const [accounts, aliases, domains] = await Promise.all([
    store.accounts(),
    store.aliases(),
    store.domains(),
  ])
  return {
    domains: domains.map(({ name }) => name),
    accounts: accounts
      .filter(({ origin }) => origin === 'store')
      .map(({ id, address, passwordHash, forward }) => {
        const further = forward === undefined ? {} : { forward }
        return { id: String(id), address, aliases: [], passwordHash, ...further }
      }),
    aliases,
  }
}

/** Both as one; of an address that both have, the settings' is taken. */
export function joinResidents(
  settings: Residents,
  stored: Residents,
): { readonly residents: Residents; readonly clashes: readonly Clash[] } {
  const { accounts, aliases = [] } = settings
  const taken = new Set(
    [
      ...accounts.flatMap((account) => [account.address, ...account.aliases]),
      ...aliases.map(({ address }) => address),
    ].map(keyOf),
  )
  const clashes: Clash[] = []
  const isFree = (address: string, kind: Clash['stored']): boolean => {
    if (!taken.has(keyOf(address))) return true
    clashes.push({ address, stored: kind })
    return false
  }
  const moreAccounts = stored.accounts.filter(({ address }) => isFree(address, 'account'))
  const moreAliases = (stored.aliases ?? []).filter(({ address }) => isFree(address, 'alias'))
  const known = new Set(settings.domains.map(nameOf))
  const residents = {
    domains: [...settings.domains, ...stored.domains.filter((name) => !known.has(nameOf(name)))],
    accounts: [...accounts, ...moreAccounts],
    aliases: [...aliases, ...moreAliases],
  }
  return { residents, clashes }
}

function nameOf(domain: string): string {
  return parseDomain(domain) ?? domain.toLowerCase()
}
