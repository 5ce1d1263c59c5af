import type { AccountDesk } from './accounts.ts'
import { member, notMeant, type Operation, textMember } from './act.ts'
import type { RecordToPublish } from './dns-records.ts'

/** What the desk needs for accounts, aliases and domains. */
export interface AccountPart {
  readonly residents: AccountDesk
}

/** An account with a password that was hashed by who asks: it crosses no door. */
export interface AccountInput {
  readonly address: string
  /** Absent: it only receives. */
  readonly passwordHash?: string | undefined
}

export interface AliasInput {
  readonly address: string
  readonly to: readonly string[]
  readonly send: boolean
}

/** `waybill account add`. */
export const accountAdd: Operation<AccountPart, AccountInput, string> = {
  name: 'account add',
  read: (input) => accountIn('account add', input),
  run: ({ residents }, { address, passwordHash }) => {
    return residents.addAccount({ address, passwordHash })
  },
  tell: ({ passwordHash }, address) => ({ address, password: passwordHash !== undefined }),
}

/** `waybill account password`. */
export const accountPassword: Operation<AccountPart, AccountInput, string> = {
  name: 'account password',
  read: (input) => accountIn('account password', input),
  run: ({ residents }, { address, passwordHash }) => {
    return residents.setPassword({ address, passwordHash })
  },
  tell: ({ passwordHash }, address) => ({ address, password: passwordHash !== undefined }),
}

/** Where an account is handed on to as well. */
export interface ForwardInput {
  readonly address: string
  /** Empty: nowhere. */
  readonly to: readonly string[]
}

const mostForwards = 100

/** `waybill account forward`. */
export const accountForward: Operation<AccountPart, ForwardInput, ForwardInput> = {
  name: 'account forward',
  read(input) {
    const to = member(input, 'to')
    if (!Array.isArray(to) || to.length > mostForwards) {
      throw notMeant('account forward', `"to", a list of ${mostForwards} addresses at most`)
    }
    return { address: textMember('account forward', input, 'address'), to: to.map(String) }
  },
  run: ({ residents }, input) => residents.setForward(input),
  tell: (_, { address, to }) => ({ address, to }),
}

/** `waybill account remove`. */
export const accountRemove: Operation<AccountPart, { readonly address: string }, string> = {
  name: 'account remove',
  read: (input) => ({ address: textMember('account remove', input, 'address') }),
  run: ({ residents }, { address }) => residents.removeAccount(address),
  tell: (_, address) => ({ address }),
}

/** `waybill alias add`. */
export const aliasAdd: Operation<AccountPart, AliasInput, string> = {
  name: 'alias add',
  read(input) {
    const to = member(input, 'to')
    if (!Array.isArray(to) || to.length === 0)
      throw notMeant('alias add', '"to", a list of addresses')
    return {
      address: textMember('alias add', input, 'address'),
      to: to.map(String),
      send: member(input, 'send') === true,
    }
  },
  run: ({ residents }, input) => residents.addAlias(input),
  tell: ({ to, send }, address) => ({ address, to, send }),
}

/** `waybill alias remove`. */
export const aliasRemove: Operation<AccountPart, { readonly address: string }, string> = {
  name: 'alias remove',
  read: (input) => ({ address: textMember('alias remove', input, 'address') }),
  run: ({ residents }, { address }) => residents.removeAlias(address),
  tell: (_, address) => ({ address }),
}

/** `waybill domain add`. */
export const domainAdd: Operation<
  AccountPart,
  { readonly domain: string },
  { readonly domain: string; readonly records: readonly RecordToPublish[] }
> = {
  name: 'domain add',
  read: (input) => ({ domain: textMember('domain add', input, 'domain') }),
  run: ({ residents }, { domain }) => residents.addDomain(domain),
  tell: (_, { domain }) => ({ domain }),
}

/** `waybill domain remove`. */
export const domainRemove: Operation<AccountPart, { readonly domain: string }, string> = {
  name: 'domain remove',
  read: (input) => ({ domain: textMember('domain remove', input, 'domain') }),
  run: ({ residents }, { domain }) => residents.removeDomain(domain),
  tell: (_, domain) => ({ domain }),
}

function accountIn(operation: string, input: unknown): AccountInput {
  const passwordHash = member(input, 'passwordHash')
  return {
    address: textMember(operation, input, 'address'),
    ...(typeof passwordHash === 'string' ? { passwordHash } : {}),
  }
}
