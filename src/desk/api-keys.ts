import { parseDomain } from '../address/domain.ts'
import { WaybillError } from '../base/error.ts'
import { makeId } from '../base/id.ts'
import { nearest } from '../base/nearest.ts'
import type { ApiKey, ApiKeyPort, NewApiKey, Scope } from '../store/ports/credentials.ts'
import { accountOf, type KnownResidents, type ResidentParts } from './residents.ts'

/** What a key may be for. */
export const scopes: readonly Scope[] = ['read', 'send', 'manage']

/** A key to be made. Its secret was made by who asks: it crosses no door. */
export interface WantedKey {
  readonly name: string
  readonly scopes: readonly Scope[]
  readonly domains?: readonly string[]
  readonly account?: string
  readonly endsAt?: number
  readonly sha256: string
}

const mostKeys = 1000
const longestName = 100

/** What may be done with the keys for the HTTP API. */
export class ApiKeyDesk {
  readonly #parts: ResidentParts<ApiKeyPort>

  constructor(parts: ResidentParts<ApiKeyPort>) {
    this.#parts = parts
  }

  /** The oldest first. */
  list(): Promise<readonly ApiKey[]> {
    return this.#parts.port.list()
  }

  /** @throws WaybillError `usage` when its name is taken, or its account or a domain is none of ours */
  add(wanted: WantedKey): Promise<ApiKey> {
    const { port, residents, now, turn } = this.#parts
    return turn.do(async () => {
      const name = nameIn(wanted.name)
      const all = await port.list()
      if (all.some((key) => same(key.name, name))) {
        throw wrong(`There is a key "${name}" already.`, 'waybill key remove takes it away.')
      }
      if (all.length >= mostKeys) throw wrong(`There are ${mostKeys} keys already.`)
      if (wanted.scopes.length === 0) throw wrong('A key that may do nothing is no use.', oneOf)
      if (wanted.account !== undefined && wanted.domains !== undefined) {
        throw wrong('An account sends in its own names: its key has no domains beside them.')
      }
      if (wanted.endsAt !== undefined && wanted.endsAt <= now()) {
        throw wrong('The end of the key is over already.')
      }
      const key = keyOfWish({ ...wanted, name }, await residents(), now())
      await port.add(key)
      return key
    })
  }

  /** By its id or its name. @throws WaybillError `not-found` */
  remove(which: string): Promise<ApiKey> {
    const { port, turn } = this.#parts
    return turn.do(async () => {
      const all = await port.list()
      const key = all.find(({ id, name }) => id === which || same(name, which))
      if (key === undefined) {
        const names = all.map(({ name }) => name)
        const near = nearest(which, names)
        throw new WaybillError('not-found', `There is no key "${which}".`, {
          hint: near === undefined ? 'waybill key list shows them.' : `Did you mean "${near}"?`,
        })
      }
      await port.remove(key.id)
      return key
    })
  }
}

function keyOfWish(wanted: WantedKey, known: KnownResidents, now: number): NewApiKey {
  const { name, account, domains, endsAt, sha256 } = wanted
  return {
    id: makeId(now, Math.random),
    sha256,
    name,
    scopes: scopes.filter((scope) => wanted.scopes.includes(scope)),
    ...(domains === undefined ? {} : { domains: domains.map((one) => domainIn(one, known)) }),
    ...(account === undefined ? {} : { account: accountIn(account, known) }),
    createdAt: now,
    ...(endsAt === undefined ? {} : { endsAt }),
  }
}

function nameIn(text: string): string {
  const name = text.trim()
  if (name !== '' && name.length <= longestName && !/\p{C}/u.test(name)) return name
  throw wrong(`A key wants a name of 1 to ${longestName} letters that says what it is for.`)
}

function domainIn(text: string, { domains }: KnownResidents): string {
  const domain = parseDomain(text)
  const names = domains.map(({ name }) => name)
  if (domain !== undefined && names.includes(domain)) return domain
  throw wrong(`"${text}" is none of your domains.`, `Your domains: ${names.join(', ')}.`)
}

function accountIn(text: string, known: KnownResidents): string {
  const found = accountOf(known, text)
  if (found !== undefined) return found.address
  const near = nearest(
    text,
    known.accounts.map(({ address }) => address),
  )
  const hint = near === undefined ? 'waybill account list shows them.' : `Did you mean "${near}"?`
  throw wrong(`There is no account ${text}.`, hint)
}

const oneOf = `Say one or more of ${scopes.join(', ')}.`

function same(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase()
}

function wrong(problem: string, hint?: string): WaybillError {
  return new WaybillError('usage', problem, hint === undefined ? {} : { hint })
}
