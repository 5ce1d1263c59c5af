import { parseDomain } from '../address/domain.ts'
import { type Mailbox, domainOf, formatMailbox, parseMailbox } from '../address/mailbox.ts'
import type { ForwardPath } from '../address/path.ts'
import type { DkimSigningKey } from '../dkim/dkim.ts'
import { type ReturnMarks, readVerp, type VerpRead } from '../forwarding/return-marks.ts'
import { srsReverse } from '../forwarding/srs.ts'
import { systemClock } from '../io/clock.ts'
import { passwordMark } from '../io/password.ts'
import { ProvedPasswords } from '../io/proved-passwords.ts'
import type { Account, Directory, Identities, Lead, Login, Writer, Writers } from './directory.ts'
import type { SigningKeys } from './signing-keys.ts'
import { AddressTable, type Resident, type Residents } from './address-table.ts'

/** A directory that is all in memory: every question but that of a login is answered at once. */
export class MemoryDirectory implements Directory, Writers {
  #residents: Residents
  #table: AddressTable
  readonly #keys: Pick<SigningKeys, 'for'>
  readonly #now: () => number
  readonly #passwords: ProvedPasswords

  /** @param now Unix milliseconds: reports come back for a time only */
  constructor(
    residents: Residents,
    keys: Pick<SigningKeys, 'for'>,
    now: () => number = () => systemClock.now(),
  ) {
    this.#now = now
    this.#passwords = new ProvedPasswords(now)
    this.#residents = residents
    this.#table = new AddressTable(residents)
    this.#keys = keys
  }

  /** Who lives here now. */
  get residents(): Residents {
    return this.#residents
  }

  get marks(): ReturnMarks | undefined {
    return this.#residents.marks
  }

  /** From now on these live here. */
  replace(residents: Residents): void {
    this.#residents = residents
    this.#table = new AddressTable(residents)
  }

  isLocal(domain: string): boolean {
    return this.#table.isLocal(domain)
  }

  lead(path: ForwardPath): Lead {
    if (path.type === 'postmaster') return this.#filedFor(this.#table.postmaster())
    const { mailbox } = path
    const remote = {
      type: 'remote',
      recipient: formatMailbox(mailbox),
      destination: mailbox.domain,
    } as const
    if (!this.#table.isLocal(mailbox.domain)) return remote
    const marked = this.#readMark(mailbox)
    if (marked.type === 'refused') return { type: 'nobody' }
    if (marked.type === 'copy') {
      return this.lead({ type: 'mailbox', mailbox: { ...mailbox, localPart: marked.local } })
    }
    const lead = this.#leadHere(mailbox)
    if (lead.type !== 'nobody' || !this.#table.isHandedOn(mailbox.domain)) return lead
    return { ...remote, unknown: true }
  }

  #readMark({ localPart: local, domain }: Mailbox): VerpRead {
    const { marks } = this.#residents
    if (marks === undefined) return { type: 'none' }
    return readVerp({ local, domain }, { secret: marks.secret, now: this.#now() })
  }

  #leadHere(mailbox: Mailbox): Lead {
    const { srs } = this.#residents
    if (srs !== undefined && mailbox.domain === srs.domain) {
      const back = srsReverse(mailbox.localPart, { secret: srs.secret, now: this.#now() })
      if (back.type === 'refused') return { type: 'nobody' }
      if (back.type === 'sender') {
        // What it says is our own writing, but for its sender's first name for themselves.
        const read = parseMailbox(back.address)
        if (!read.ok) return { type: 'nobody' }
        return { type: 'forward', accounts: [], to: [formatMailbox(read.value)], of: 'bounce' }
      }
    }
    const { accounts, outside, owners } = this.#table.leads(mailbox)
    const [first, ...others] = outside
    if (first === undefined) return this.#filedFor(accounts)
    return {
      type: 'forward',
      accounts: accounts.map((account) => this.#accountOf(account)),
      to: [first, ...others],
      of: 'alias',
      ...(owners === undefined ? {} : { owners }),
    }
  }

  async login(name: string, password: string): Promise<Login | undefined> {
    const resident = this.#table.login(name)
    const right = await this.#passwords.check(password, resident?.passwordHash)
    return right && resident !== undefined ? loginOf(resident) : undefined
  }

  identities(login: Login): Identities | undefined {
    const table = this.#table
    const resident = table.login(login.address)
    if (resident === undefined) return undefined
    const now = loginOf(resident)
    if (now?.id !== login.id || now.passwordMark !== login.passwordMark) return undefined
    return this.#writingAs((mailbox) => table.maySendAs(resident, mailbox))
  }

  identitiesFor(writer: Writer): Identities | undefined {
    const table = this.#table
    if (writer.account === undefined) {
      const only = writer.domains?.map((domain) => parseDomain(domain) ?? domain)
      return this.#writingAs(({ domain }) => {
        return table.isLocal(domain) && (only === undefined || only.includes(domain))
      })
    }
    const resident = table.login(writer.account)
    if (resident === undefined) return undefined
    return this.#writingAs((mailbox) => table.maySendAs(resident, mailbox))
  }

  #filedFor(residents: readonly Resident[]): Lead {
    const [first, ...others] = residents.map((resident) => this.#accountOf(resident))
    return first === undefined
      ? { type: 'nobody' }
      : { type: 'mailbox', accounts: [first, ...others] }
  }

  #accountOf(resident: Resident): Account {
    const account = accountOf(resident)
    const handedOn = this.#table.isHandedOn(domainOf(account.address))
    return handedOn ? { ...account, handedOn: true } : account
  }

  #writingAs(covers: Identities['covers']): Identities {
    return { covers, signingKeys: (domain) => this.signingKeys(domain) }
  }

  signingKeys(domain: string): readonly DkimSigningKey[] {
    return this.#keys.for(domain)
  }
}

function accountOf({ id, address }: Resident): Account {
  return { id: id ?? address, address }
}

/** What a login to this account holds for; `undefined` where nobody can log in. */
function loginOf(resident: Resident): Login | undefined {
  const mark = markOf(resident)
  return mark === undefined ? undefined : { ...accountOf(resident), passwordMark: mark }
}

/** Tells one password of an account from the next. */
export function markOf(resident: Resident): string | undefined {
  if (resident.passwordHash === undefined) return resident.passwordMark
  return passwordMark(resident.passwordHash)
}
