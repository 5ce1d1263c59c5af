import type { KnownAccount, KnownAlias, KnownDomain } from './residents.ts'

/** An account, for programs. */
export interface AccountJson {
  address: string
  from: string
  login: boolean
  aliases: string[]
  /** Where its letters are handed on to as well. */
  forward: string[]
}

/** An alias, for programs. */
export interface AliasJson {
  address: string
  from: string
  to: string[]
  send: boolean
}

/** A domain, for programs. */
export interface DomainJson {
  domain: string
  from: string
}

/** Puts it so. */
export function accountJson(account: KnownAccount): AccountJson {
  const { address, origin, mayLogIn, aliases, forward = [] } = account
  const further = { aliases: Array.from(aliases), forward: Array.from(forward) }
  return { address, from: origin, login: mayLogIn, ...further }
}

/** Puts it so. */
export function aliasJson({ address, origin, to, send }: KnownAlias): AliasJson {
  return { address, from: origin, to: Array.from(to), send }
}

/** Puts it so. */
export function domainJson({ name, origin }: KnownDomain): DomainJson {
  return { domain: name, from: origin }
}
