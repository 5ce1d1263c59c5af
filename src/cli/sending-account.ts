import { WaybillError } from '../base/error.ts'
import { nearest } from '../base/nearest.ts'
import { residentsOf } from '../desk/accounts.ts'
import { accountWords } from '../desk/hold-rules.ts'
import { keyOf } from '../directory/address-table.ts'
import { type DataOptions, Stores } from './data.ts'
import { say } from './output.ts'
import { residentsIn } from './residents.ts'
import { chosenLetters } from './waiting-letters.ts'

/** Who sends without an account has such a name in its place; nobody keeps a list of them. */
const withoutAccount = /^(?:user|network)\s+\S/i

/**
 * Whoever holds what an account sends, and mistypes its name, would believe that nothing goes out.
 * Where the settings are not named only the store can be asked: then it is a warning. What waits under
 * a name is proof enough, such as that of an account that was removed.
 *
 * @param folder the data folder that the options mean
 * @throws WaybillError `not-found`, with what was probably meant
 */
export async function mustSend(
  name: string,
  { config }: DataOptions,
  folder: string,
): Promise<void> {
  if (withoutAccount.test(name)) return
  const known = config === undefined ? await storedAccounts(folder) : await allAccounts(config)
  if (known.some(({ address }) => keyOf(address) === keyOf(name))) return
  const { count } = await chosenLetters(folder, [accountWords(name)], {})
  if (count > 0) return
  const hint = hintFor(name, known)
  if (config !== undefined)
    throw new WaybillError('not-found', `There is no account ${name}.`, { hint })
  say(
    `The data folder has no account ${name}. ${hint} Accounts of the settings are looked at with --config.`,
  )
}

interface Known {
  readonly address: string
  readonly aliases: readonly string[]
}

async function allAccounts(config: string): Promise<readonly Known[]> {
  return (await residentsIn(config)).accounts
}

async function storedAccounts(folder: string): Promise<readonly Known[]> {
  const settled = { domains: [], accounts: [], aliases: [] }
  const stores = new Stores(folder)
  try {
    const all = stores.readers.map(({ accounts }) => residentsOf(accounts, settled))
    return (await Promise.all(all)).flatMap(({ accounts }) => accounts)
  } finally {
    stores.close()
  }
}

function hintFor(name: string, known: readonly Known[]): string {
  const owner = known.find(({ aliases }) => aliases.some((one) => keyOf(one) === keyOf(name)))
  if (owner !== undefined) return `It is an address of ${owner.address}.`
  const near = nearest(
    name,
    known.map(({ address }) => address),
  )
  return near === undefined ? 'waybill account list shows them.' : `Did you mean "${near}"?`
}
