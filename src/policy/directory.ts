import { type Mailbox, parseMailbox } from '../address/mailbox.ts'

/** A mailbox of ours and every address that leads to it. */
export interface Account {
  /** The main address, which is also the login and the mailbox's name. */
  readonly address: string
  readonly aliases: readonly string[]
  /** Absent for an account that only receives. */
  readonly passwordHash: string | undefined
}

/**
 * Who lives here. Local parts compare without case, as every house does that people like to write
 * to (RFC 5321 §2.4 leaves it to the receiving host). `*@domain` as an alias catches the rest.
 */
export class Directory {
  readonly #domains: ReadonlySet<string>
  readonly #byAddress = new Map<string, Account>()
  readonly #postmaster: Account | undefined

  constructor(domains: readonly string[], accounts: readonly Account[]) {
    this.#domains = new Set(domains.map((domain) => domain.toLowerCase()))
    for (const account of accounts) {
      for (const address of [account.address, ...account.aliases]) {
        this.#byAddress.set(address.toLowerCase(), account)
      }
    }
    this.#postmaster = accounts[0]
  }

  isLocal(domain: string): boolean {
    return this.#domains.has(domain)
  }

  /** The account behind a login. */
  login(name: string): Account | undefined {
    const account = this.#byAddress.get(name.toLowerCase())
    return account?.address.toLowerCase() === name.toLowerCase() ? account : undefined
  }

  /**
   * The account that an address of ours leads to: itself, then without its `+tag`, then the
   * domain's catch-all. `postmaster` always leads somewhere (RFC 5321 §4.5.1).
   */
  find(mailbox: Mailbox): Account | undefined {
    const local = mailbox.localPart.toLowerCase()
    const plus = local.indexOf('+')
    const base = plus > 0 ? local.slice(0, plus) : local
    return (
      this.#byAddress.get(`${local}@${mailbox.domain}`) ??
      this.#byAddress.get(`${base}@${mailbox.domain}`) ??
      (base === 'postmaster' ? this.#postmaster : undefined) ??
      this.#byAddress.get(`*@${mailbox.domain}`)
    )
  }

  /** The account that an address as text leads to, when it is one of ours. */
  findAddress(address: string): Account | undefined {
    const mailbox = parseMailbox(address)
    if (!mailbox.ok || !this.isLocal(mailbox.value.domain)) return undefined
    return this.find(mailbox.value)
  }

  /** Where mail for `<Postmaster>` without a domain goes. */
  postmaster(): Account | undefined {
    return this.#postmaster
  }

  /** Whether `account` may send as `mailbox`: one of its own addresses, a `+tag` included. */
  maySendAs(account: Account, mailbox: Mailbox): boolean {
    const addresses = [account.address, ...account.aliases]
    const wholeDomain = addresses.some((one) => one.toLowerCase() === `*@${mailbox.domain}`)
    return wholeDomain || this.find(mailbox) === account
  }
}
