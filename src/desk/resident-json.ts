import type { KnownAccount, KnownAlias, KnownDomain } from './residents.ts'

/** An account, for programs. */
export interface AccountJson {
  address: string
  from: string
  login: boolean
  aliases: string[]
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
export function accountJson({ address, origin, mayLogIn, aliases }: KnownAccount): AccountJson {
  return { address, from: origin, login: mayLogIn, aliases: Array.from(aliases) }
}

/** Puts it so. */
export function aliasJson({ address, origin, to, send }: KnownAlias): AliasJson {
  return { address, from: origin, to: Array.from(to), send }
}

/** Puts it so. */
export function domainJson({ name, origin }: KnownDomain): DomainJson {
  return { domain: name, from: origin }
}
