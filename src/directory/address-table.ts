import { parseDomain } from '../address/domain.ts'
import { type Mailbox, domainOf, foldLocalPart, parseMailbox } from '../address/mailbox.ts'
import type { ReturnMarks } from '../forwarding/return-marks.ts'

/** A mailbox of ours and every address that is its own. */
export interface Resident {
  /** The id of its account; its address, when absent. */
  readonly id?: string
  /** The main address, which is also the login. */
  readonly address: string
  /** Further addresses that are its own; `*@domain` catches the rest of a domain. */
  readonly aliases: readonly string[]
  /** Absent for an account that only receives. */
  readonly passwordHash: string | undefined
  /** Addresses of other servers that get a copy of its mail. Absent: none. */
  readonly forward?: readonly string[] | undefined
  /** What `passwordMark` makes of it, where the hash itself is not to be. */
  readonly passwordMark?: string | undefined
}

/** An address that is nobody's own and leads to people of ours. */
export interface Alias {
  /** `*@domain` catches the rest of a domain. */
  readonly address: string
  /** Addresses of accounts, of their aliases, of other aliases, or of other servers. */
  readonly to: readonly string[]
  /** Whether those whom it leads to may also write in its name. */
  readonly send: boolean
}

/** All that a table is made of. Domains and addresses in any case, U-labels or A-labels. */
export interface Residents {
  readonly domains: readonly string[]
  /** Those of them whose mailboxes are on servers that the settings name. */
  readonly handedOn?: readonly string[]
  readonly accounts: readonly Resident[]
  readonly aliases?: readonly Alias[]
  /** How reverse-paths of what is handed on are written. Absent: nothing ever was. */
  readonly srs?: Srs | undefined
  /** What letters leave with so that reports find them again. Absent: none ever did. */
  readonly marks?: ReturnMarks | undefined
}

/** What rewritten reverse-paths are made with and undone by. */
export interface Srs {
  readonly secret: string
  /** A domain of ours, as `parseDomain` gives it. */
  readonly domain: string
}

/** Whom an address leads to, here and at other servers; each once. */
export interface Leads {
  readonly accounts: readonly Resident[]
  readonly outside: readonly string[]
  /** Those of `outside` that are there by the `forward` of an account alone, and its address. */
  readonly owners?: Readonly<Record<string, string>>
}

/**
 * Addresses that each domain must have (RFC 5321 §4.5.1, RFC 2142 §4 and §5). Where nothing else is
 * said, all of them lead to whoever reads the domain's `postmaster`.
 */
const roles: ReadonlySet<string> = new Set(['postmaster', 'abuse', 'hostmaster'])

/** Where an address leads: to the account whose own it is, or on to other addresses. */
type Entry =
  | { readonly type: 'own'; readonly account: Resident }
  | { readonly type: 'alias'; readonly alias: Alias }

/**
 * Which address leads where. Local parts compare without case and in one form of Unicode, as every house does
 * that people like to write to (RFC 5321 §2.4 leaves it to the receiving host). `*@domain` as an alias catches the rest: it
 * receives, and lets nobody write in other people's names.
 *
 * Never changes. What was written twice or leads nowhere is for the settings to refuse; here the
 * first one counts, and what leads nowhere leads nowhere.
 */
export class AddressTable {
  readonly #domains: ReadonlySet<string>
  readonly #handedOn: ReadonlySet<string>
  readonly #entries = new Map<string, Entry>()
  readonly #first: Resident | undefined
  readonly #firstDomain: string | undefined

  constructor({ domains, handedOn = [], accounts, aliases = [] }: Residents) {
    const names = domains.map((domain) => parseDomain(domain) ?? domain.toLowerCase())
    this.#domains = new Set(names)
    this.#handedOn = new Set(handedOn)
    this.#firstDomain = names[0]
    this.#first = accounts[0]
    for (const account of accounts) {
      for (const address of [account.address, ...account.aliases]) {
        this.#enter(address, { type: 'own', account })
      }
    }
    for (const alias of aliases) this.#enter(alias.address, { type: 'alias', alias })
  }

  /** @param domain as `parseDomain` gives it */
  isLocal(domain: string): boolean {
    return this.#domains.has(domain)
  }

  /** Whether its mailboxes are on another server. @param domain as `parseDomain` gives it */
  isHandedOn(domain: string): boolean {
    return this.#handedOn.has(domain)
  }

  /** The account behind a login: its main address, in any case. */
  login(name: string): Resident | undefined {
    const key = keyOf(name)
    const entry = this.#entries.get(key)
    if (entry?.type !== 'own') return undefined
    return keyOf(entry.account.address) === key ? entry.account : undefined
  }

  /**
   * The accounts that an address of ours leads to, each once: by itself, then without its `+tag`,
   * then as one of the addresses that each domain has, then by the domain's catch-all. Empty when
   * there is none.
   */
  find(mailbox: Mailbox): readonly Resident[] {
    return this.leads(mailbox).accounts
  }

  /** The same, with the addresses of other servers that it leads on to. */
  leads({ localPart, domain }: Mailbox): Leads {
    const local = foldLocalPart(localPart)
    const entry = this.#named(local, domain)
    if (entry !== undefined) return this.#leadsOf(entry)
    const role = untagged(local)
    if (role === 'postmaster') return this.#postmaster(domain)
    const rest = this.#entries.get(`*@${domain}`)
    if (rest !== undefined) return this.#leadsOf(rest)
    return roles.has(role) ? this.#postmaster(domain) : nobody
  }

  /** The accounts that an address as text leads to; empty when it is none of ours. */
  findAddress(address: string): readonly Resident[] {
    const mailbox = parseMailbox(address)
    if (!mailbox.ok || !this.isLocal(mailbox.value.domain)) return []
    return this.find(mailbox.value)
  }

  /** Where mail for `<Postmaster>` without a domain goes: to the postmaster of the first domain. */
  postmaster(): readonly Resident[] {
    return this.#firstDomain === undefined ? [] : this.#postmaster(this.#firstDomain).accounts
  }

  /**
   * Whether `account` may send as `mailbox`: one of its own addresses, a `+tag` included, or an
   * alias that leads to it and says so. What is only caught for it, by a catch-all or because each
   * domain must have the address, is not its own.
   */
  maySendAs(account: Resident, { localPart, domain }: Mailbox): boolean {
    // A catch-all is a rule and no address, so nobody is called "*".
    if (untagged(localPart) === '*') return false
    const entry = this.#named(foldLocalPart(localPart), domain)
    if (entry === undefined) return false
    if (entry.type === 'own') return entry.account === account
    return entry.alias.send && this.#leadsOf(entry).accounts.includes(account)
  }

  #enter(address: string, entry: Entry): void {
    const key = keyOf(address)
    if (!this.#entries.has(key)) this.#entries.set(key, entry)
  }

  /** What stands in the settings for an address: itself, or without its `+tag`. */
  #named(local: string, domain: string): Entry | undefined {
    const exact = this.#entries.get(`${local}@${domain}`)
    return exact ?? this.#entries.get(`${untagged(local)}@${domain}`)
  }

  #postmaster(domain: string): Leads {
    const entry = this.#entries.get(`postmaster@${domain}`)
    if (entry !== undefined) return this.#leadsOf(entry)
    return this.#first === undefined ? nobody : { accounts: [this.#first], outside: [] }
  }

  /** Follows aliases of aliases; one that leads back to itself ends there. */
  #leadsOf(entry: Entry): Leads {
    const accounts = new Set<Resident>()
    const outside = new Map<string, string>()
    const owners = new Map<string, string>()
    const aliased = new Set<string>()
    const followed = new Set<Entry>()
    const open = [entry]
    for (let next = open.shift(); next !== undefined; next = open.shift()) {
      if (followed.has(next)) continue
      followed.add(next)
      const on = next.type === 'own' ? (next.account.forward ?? []) : next.alias.to
      if (next.type === 'own') accounts.add(next.account)
      for (const address of on) {
        const key = keyOf(address)
        const here = this.#entries.get(key)
        if (here !== undefined) open.push(here)
        else if (!this.#domains.has(domainOf(key))) {
          outside.set(key, address)
          // Whom an alias names is not the account's to hear of.
          if (next.type === 'alias') aliased.add(key)
          else owners.set(key, next.account.address)
        }
      }
    }
    const owned = Array.from(owners).flatMap(
      ([key, owner]): readonly (readonly [string, string])[] => {
        const address = outside.get(key)
        return address === undefined || aliased.has(key) ? [] : [[address, owner]]
      },
    )
    const leads = { accounts: [...accounts], outside: [...outside.values()] }
    return owned.length === 0 ? leads : { ...leads, owners: Object.fromEntries(owned) }
  }
}

const nobody: Leads = { accounts: [], outside: [] }

/** The local part without its `+tag`; one that begins with `+` has none. */
function untagged(local: string): string {
  const plus = local.indexOf('+')
  return plus > 0 ? local.slice(0, plus) : local
}

/** How addresses compare: by their meaning, without case, in NFC, the domain in A-labels. */
export function keyOf(address: string): string {
  const read = parseMailbox(address)
  if (read.ok) return `${foldLocalPart(read.value.localPart)}@${read.value.domain}`
  const local = address.slice(0, address.length - domainOf(address).length - 1)
  const domain = domainOf(address)
  return `${foldLocalPart(local)}@${parseDomain(domain) ?? domain.toLowerCase()}`
}
