import { formatMailbox } from '../address/mailbox.ts'
import type { ForwardPath } from '../address/path.ts'
import type { DkimSigningKey } from '../dkim/dkim.ts'
import { checkPassword, passwordMark } from '../io/password.ts'
import { AddressTable, type Resident, type Residents } from './address-table.ts'
import type { Account, Directory, Identities, Lead, Login } from './directory.ts'
import type { SigningKeys } from './signing-keys.ts'

/** A directory that is all in memory: every question but that of a login is answered at once. */
export class MemoryDirectory implements Directory {
  #residents: Residents
  #table: AddressTable
  readonly #keys: Pick<SigningKeys, 'for'>

  constructor(residents: Residents, keys: Pick<SigningKeys, 'for'>) {
    this.#residents = residents
    this.#table = new AddressTable(residents)
    this.#keys = keys
  }

  /** Who lives here now. */
  get residents(): Residents {
    return this.#residents
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
    if (path.type === 'postmaster') return filedFor(this.#table.postmaster())
    const { mailbox } = path
    if (this.#table.isLocal(mailbox.domain)) return filedFor(this.#table.find(mailbox))
    return { type: 'remote', recipient: formatMailbox(mailbox), destination: mailbox.domain }
  }

  async login(name: string, password: string): Promise<Login | undefined> {
    const resident = this.#table.login(name)
    const right = await checkPassword(password, resident?.passwordHash)
    return right && resident !== undefined ? loginOf(resident) : undefined
  }

  identities(login: Login): Identities | undefined {
    const table = this.#table
    const resident = table.login(login.address)
    if (resident === undefined) return undefined
    const now = loginOf(resident)
    if (now?.id !== login.id || now.passwordMark !== login.passwordMark) return undefined
    return {
      covers: (mailbox) => table.maySendAs(resident, mailbox),
      signingKeys: (domain) => this.signingKeys(domain),
    }
  }

  signingKeys(domain: string): readonly DkimSigningKey[] {
    return this.#keys.for(domain)
  }
}

function filedFor(residents: readonly Resident[]): Lead {
  const [first, ...others] = residents.map(accountOf)
  return first === undefined
    ? { type: 'nobody' }
    : { type: 'mailbox', accounts: [first, ...others] }
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
