import type {
  AccountChange,
  AccountPort,
  StoredAccount,
  StoredAlias,
  StoredDomain,
} from './ports/accounts.ts'
import type { ActPort, NewAct } from './ports/acts.ts'
import type { StoreReader } from './store.ts'

/** What an adapter reads of accounts. */
export interface AccountReader {
  accounts(): readonly StoredAccount[]
  account(address: string): StoredAccount | undefined
  aliases(): readonly StoredAlias[]
  domains(): readonly StoredDomain[]
}

/**
 * The port over what an adapter has.
 *
 * @param write makes one change; gives an id, or whether there was something to remove (1 or 0)
 */
export function accountPort(
  read: AccountReader,
  write: (change: AccountChange) => Promise<number>,
): AccountPort {
  const remove = async (type: `remove-${'account' | 'alias' | 'domain'}`, name: string) => {
    return (await write({ type, name })) === 1
  }
  return {
    accounts: async () => read.accounts(),
    account: async (address) => read.account(address),
    putAccount: (account) => write({ type: 'put-account', account }),
    removeAccount: (address) => remove('remove-account', address),
    aliases: async () => read.aliases(),
    putAlias: (alias) => write({ type: 'put-alias', alias }),
    removeAlias: (address) => remove('remove-alias', address),
    domains: async () => read.domains(),
    putDomain: (domain) => write({ type: 'put-domain', domain }),
    removeDomain: (name) => remove('remove-domain', name),
  }
}

/** The same of acts. */
export function actPort(
  read: Pick<StoreReader, 'acts'>,
  write: (act: NewAct) => Promise<number>,
): ActPort {
  return { put: write, list: async (query) => read.acts(query) }
}
