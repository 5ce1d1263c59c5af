import { parseDomain } from '../address/domain.ts'
import { domainOf, formatMailbox, parseMailbox } from '../address/mailbox.ts'
import { WaybillError } from '../base/error.ts'
import { keyOf } from '../directory/address-table.ts'
import { readStored } from '../directory/stored.ts'
import { isPasswordHash } from '../io/password.ts'
import type { AccountPort } from '../store/ports/accounts.ts'
import type { InTurn } from './in-turn.ts'
import type { RecordToPublish } from './dns-records.ts'
import { checkChange, ofStore, type KnownResidents } from './residents.ts'

/** Who stands in the settings file. */
export interface SettledResidents {
  readonly domains: readonly string[]
  readonly accounts: readonly {
    readonly address: string
    readonly aliases: readonly string[]
    readonly mayLogIn: boolean
    readonly forward?: readonly string[] | undefined
  }[]
  readonly aliases: readonly {
    readonly address: string
    readonly to: readonly string[]
    readonly send: boolean
  }[]
}

export interface AccountDeskParts {
  readonly port: AccountPort
  readonly settled: () => SettledResidents
  /** Makes the signing keys of a domain where there are none, and gives all that DNS must say. */
  readonly publish: (domain: string) => Promise<readonly RecordToPublish[]>
  readonly now: () => number
  readonly turn: InTurn
  /** Somebody came or went: who looks addresses up looks again. */
  readonly changed?: () => Promise<void>
}

/** What may be done with accounts, aliases and domains that the store keeps. */
export class AccountDesk {
  readonly #parts: AccountDeskParts

  constructor(parts: AccountDeskParts) {
    this.#parts = parts
  }

  /** All who live here, by the settings and by the store. */
  residents(): Promise<KnownResidents> {
    return residentsOf(this.#parts.port, this.#parts.settled())
  }

  /** @throws WaybillError `usage` when the address is none, taken, or in no domain of ours */
  async addAccount(input: {
    readonly address: string
    readonly passwordHash: string | undefined
  }): Promise<string> {
    const address = newAddressIn(input.address)
    const { passwordHash } = input
    checkHash(passwordHash)
    return await this.#change(async (before, { port, now }) => {
      const account = { address, origin: 'store', mayLogIn: true, aliases: [] } as const
      checkChange(before, { ...before, accounts: [...before.accounts, account] })
      await port.putAccount({ address, passwordHash, createdAt: now(), origin: 'store' })
      return address
    })
  }

  /** Its mail stays. @throws WaybillError `not-found`, and `usage` when an alias leads to it */
  async removeAccount(name: string): Promise<string> {
    return await this.#change(async (before, { port }) => {
      const found = ofStore(before.accounts, byAddress('account', name))
      const accounts = before.accounts.filter((one) => one !== found)
      checkChange(before, { ...before, accounts })
      await port.removeAccount(found.address)
      return found.address
    })
  }

  /** A new password, or none: then the account only receives. */
  async setPassword(input: {
    readonly address: string
    readonly passwordHash: string | undefined
  }): Promise<string> {
    const { address: name, passwordHash } = input
    checkHash(passwordHash)
    return await this.#change(async (before, { port, now }) => {
      const { address, forward } = ofStore(before.accounts, byAddress('account', name))
      await port.putAccount({ address, passwordHash, createdAt: now(), origin: 'store', forward })
      return address
    })
  }

  /**
   * Hands its letters on to these addresses of other servers as well; to none: no more.
   *
   * @throws WaybillError `not-found`, and `usage` for an account of the settings, what is no address,
   * and an address of ours, to which an alias leads
   */
  async setForward(input: {
    readonly address: string
    readonly to: readonly string[]
  }): Promise<{ readonly address: string; readonly to: readonly string[] }> {
    const named = input.to.map(addressIn)
    const keys = named.map(keyOf)
    const to = named.filter((_, index) => keys.indexOf(keys[index] ?? '') === index)
    return await this.#change(async (before, { port, now }) => {
      const { address } = ofStore(before.accounts, byAddress('account', input.address))
      for (const one of to) checkElsewhere(one, before)
      const passwordHash = (await port.account(address))?.passwordHash
      const forward = to.length === 0 ? undefined : to
      await port.putAccount({ address, passwordHash, createdAt: now(), origin: 'store', forward })
      return { address, to }
    })
  }

  /** @throws WaybillError `usage` when it is taken or leads to nobody */
  async addAlias(input: {
    readonly address: string
    readonly to: readonly string[]
    readonly send: boolean
  }): Promise<string> {
    const { send } = input
    const [address, to] = [newAddressIn(input.address), input.to.map(addressIn)]
    return await this.#change(async (before, { port, now }) => {
      const alias = { address, to, send, origin: 'store' } as const
      checkChange(before, { ...before, aliases: [...before.aliases, alias] })
      await port.putAlias({ address, to, send, createdAt: now() })
      return address
    })
  }

  /** @throws WaybillError `not-found`, and `usage` when another alias leads to it */
  async removeAlias(name: string): Promise<string> {
    return await this.#change(async (before, { port }) => {
      const found = ofStore(before.aliases, byAddress('alias', name))
      checkChange(before, { ...before, aliases: before.aliases.filter((one) => one !== found) })
      await port.removeAlias(found.address)
      return found.address
    })
  }

  /** Makes its signing keys before any letter of it is taken. Gives what DNS must say. */
  async addDomain(text: string): Promise<{
    readonly domain: string
    readonly records: readonly RecordToPublish[]
  }> {
    const domain = domainIn(text)
    return await this.#change(async (before, { port, now, publish }) => {
      if (before.domains.some(({ name }) => name === domain)) {
        throw new WaybillError('usage', `${domain} is one of your domains already.`)
      }
      const records = await publish(domain)
      await port.putDomain({ name: domain, createdAt: now() })
      return { domain, records }
    })
  }

  /** Its keys stay. @throws WaybillError `not-found`, and `usage` while somebody lives there */
  async removeDomain(text: string): Promise<string> {
    return await this.#change(async (before, { port }) => {
      const meant = { what: 'domain', name: text, nameOf: nameOf, keyOf: domainKeyOf }
      const found = ofStore(before.domains, meant)
      checkChange(before, { ...before, domains: before.domains.filter((one) => one !== found) })
      await port.removeDomain(found.name)
      return found.name
    })
  }

  #change<T>(work: (before: KnownResidents, parts: AccountDeskParts) => Promise<T>): Promise<T> {
    const { turn, changed } = this.#parts
    return turn.do(async () => {
      const result = await work(await this.residents(), this.#parts)
      await changed?.()
      return result
    })
  }
}

/** All who live here, those of the settings first. */
export async function residentsOf(
  port: Pick<AccountPort, 'accounts' | 'aliases' | 'domains'>,
  settled: SettledResidents,
): Promise<KnownResidents> {
  const { accounts, aliases = [], domains } = await readStored(port)
  return {
    accounts: [
      ...settled.accounts.map((one) => ({ ...one, origin: 'settings' as const })),
      ...accounts.map(({ address, passwordHash, forward }) => {
        const mayLogIn = passwordHash !== undefined
        return { address, origin: 'store' as const, mayLogIn, aliases: [], forward }
      }),
    ],
    aliases: [
      ...settled.aliases.map((one) => ({ ...one, origin: 'settings' as const })),
      ...aliases.map(({ address, to, send }) => {
        return { address, to, send, origin: 'store' as const }
      }),
    ],
    domains: [
      ...settled.domains.map((name) => ({ name, origin: 'settings' as const })),
      ...domains.map((name) => ({ name, origin: 'store' as const })),
    ],
  }
}

/** By its address, which compares as those of mail do. */
function byAddress(what: string, name: string) {
  return { what, name, keyOf, nameOf: (one: { readonly address: string }): string => one.address }
}

function nameOf({ name }: { readonly name: string }): string {
  return name
}

function domainKeyOf(name: string): string {
  return parseDomain(name) ?? name.toLowerCase()
}

function addressIn(text: string): string {
  const read = parseMailbox(text)
  if (read.ok) return formatMailbox(read.value)
  throw new WaybillError('usage', `"${text}" is not a mail address, such as "you@example.com".`)
}

/** @throws WaybillError `usage` for an address of one of our domains, and for one that catches all */
function checkElsewhere(address: string, { domains }: KnownResidents): void {
  if (address.startsWith('*@')) throw new WaybillError('usage', `"${address}" is no one address.`)
  const domain = domainKeyOf(domainOf(address))
  if (!domains.some(({ name }) => domainKeyOf(name) === domain)) return
  throw new WaybillError('usage', `"${address}" is in one of your domains.`, {
    hint: 'Letters are handed on to other servers. Within your domains: waybill alias add',
  })
}

/** An address that is made here: people must be able to tell it from every other one (RFC 8265 §3.2). */
function newAddressIn(text: string): string {
  const address = addressIn(text)
  if (!unseen.test(address)) return address
  throw new WaybillError('usage', `"${address}" has a character that nobody sees.`, {
    hint: 'It would look like another address. Write it by hand, without what was copied along.',
  })
}

/** Controls, what turns the direction or joins, private use, and every space but the plain one. */
const unseen = /[\p{C}\p{Zl}\p{Zp}]|(?! )\p{Zs}/u

function domainIn(text: string): string {
  const read = parseDomain(text)
  if (read !== undefined) return read
  throw new WaybillError('usage', `"${text}" is not a domain name, such as "example.com".`)
}

function checkHash(hash: string | undefined): void {
  if (hash === undefined || isPasswordHash(hash)) return
  throw new WaybillError('usage', 'That is not a hash made by `waybill account hash`.')
}
