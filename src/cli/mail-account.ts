import { addressesOf } from '../app/people.ts'
import { WaybillError } from '../base/error.ts'
import { nearest } from '../base/nearest.ts'
import { readConfig } from '../config/config.ts'
import { receiver, sender } from '../lab/places.ts'
import type { Stores } from './data.ts'

const shown = 5

/**
 * The account that a person means, as the store writes it: capitals do not matter. A store knows an
 * account from its first message on; the accounts of the lab are known from the beginning.
 *
 * @param config the waybill.toml that was named, which knows its accounts and where aliases lead
 * @throws WaybillError `not-found`, with the account that was probably meant
 */
export async function findAccount(stores: Stores, asked: string, config?: string): Promise<string> {
  const known = await knownAccounts(stores)
  if (known.includes(asked)) return asked
  const same = known.find((one) => one.toLowerCase() === asked.toLowerCase())
  if (same !== undefined) return same
  throw new WaybillError('not-found', `No message was ever filed for an account "${asked}".`, {
    hint: (config === undefined ? undefined : leads(asked, config)) ?? hintFor(asked, known),
  })
}

/** Where mail for an address goes, as the settings have it. */
function leads(asked: string, config: string): string | undefined {
  const accounts = addressesOf(readConfig(config)).findAddress(asked)
  const addresses = accounts.map(({ address }) => address)
  if (addresses.length === 0) return undefined
  const itself = addresses.some((address) => address.toLowerCase() === asked.toLowerCase())
  if (itself) return 'It is an account, and has no mail yet.'
  return `Its mail goes to ${addresses.join(', ')}${addresses.length > 1 ? ': name one of them' : ''}.`
}

async function knownAccounts(stores: Stores): Promise<readonly string[]> {
  const mailboxes = await Promise.all(stores.readers.map((reader) => reader.mailboxes.list()))
  const filed = mailboxes.flat().map(({ account }) => account)
  return Array.from(new Set([...(stores.isLab ? [receiver, sender] : []), ...filed]))
}

function hintFor(asked: string, known: readonly string[]): string {
  if (known.length === 0)
    return 'Nothing was filed here yet: an account is known by its first message.'
  const near = nearest(asked, known)
  if (near !== undefined) return `Did you mean "${near}"?`
  const more = known.length > shown ? `, and ${known.length - shown} more` : ''
  return `There is mail for: ${known.slice(0, shown).join(', ')}${more}. An alias is not an account.`
}
