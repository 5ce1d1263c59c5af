import { parseDomain } from '../address/domain.ts'
import { keyOf, type Residents } from './address-table.ts'
import type { MemoryDirectory } from './memory-directory.ts'

/** What the store keeps of those who live here; its port for accounts has this shape. */
export interface StoredResidents {
  accounts(): Promise<
    readonly {
      readonly id: number
      readonly address: string
      readonly passwordHash: string | undefined
      /** Only those that were made in the store live here by its word. */
      readonly origin: 'settings' | 'store' | 'mail'
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

/**
 * Keeps a directory as the settings and the store say together, while both change: the settings are
 * read again, accounts are added to the store. What the settings say wins, and a clash is told once.
 */
export class JoinedResidents {
  readonly #directory: Pick<MemoryDirectory, 'replace'>
  readonly #store: StoredResidents
  readonly #tell: (clash: Clash) => void
  readonly #told = new Set<string>()
  #settings: Residents
  /** Changes are worked off one after the other: the last one read is the last one that holds. */
  #last: Promise<void> = Promise.resolve()

  constructor(options: {
    readonly directory: Pick<MemoryDirectory, 'replace'>
    readonly settings: Residents
    readonly store: StoredResidents
    readonly tell: (clash: Clash) => void
  }) {
    this.#directory = options.directory
    this.#settings = options.settings
    this.#store = options.store
    this.#tell = options.tell
  }

  /** The settings say this from now on. Resolves when the directory does; rejects when nothing has changed. */
  async useSettings(settings: Residents): Promise<void> {
    await this.#inTurn(settings)
  }

  /** Something has changed in the store. */
  async refresh(): Promise<void> {
    await this.#inTurn(undefined)
  }

  #inTurn(settings: Residents | undefined): Promise<void> {
    const turn = this.#last.then(() => this.#join(settings ?? this.#settings))
    this.#last = turn.catch(() => undefined)
    return turn
  }

  async #join(settings: Residents): Promise<void> {
    const { residents, clashes } = joinResidents(settings, await readStored(this.#store))
    this.#settings = settings
    this.#directory.replace(residents)
    for (const clash of clashes) {
      const key = `${clash.stored} ${keyOf(clash.address)}`
      if (!this.#told.has(key)) this.#tell(clash)
      this.#told.add(key)
    }
  }
}

async function readStored(store: StoredResidents): Promise<Residents> {
  const [accounts, aliases, domains] = await Promise.all([
    store.accounts(),
    store.aliases(),
    store.domains(),
  ])
  return {
    domains: domains.map(({ name }) => name),
    accounts: accounts
      .filter(({ origin }) => origin === 'store')
      .map(({ id, address, passwordHash }) => {
        return { id: String(id), address, aliases: [], passwordHash }
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
