import type { ForwardPath } from '../address/path.ts'
import type { Directory, Identities, Lead, Login, Writer, Writers } from '../directory/directory.ts'
import { MemoryDirectory, markOf } from '../directory/memory-directory.ts'
import { SigningKeys } from '../directory/signing-keys.ts'
import type { DkimSigningKey } from '../dkim/dkim.ts'
import type { ReturnMarks } from '../forwarding/return-marks.ts'
import type { DnsAnswer, RecordData, RecordType, Resolver } from '../dns/resolver.ts'
import type { AccountEntrance, Guard, GuardedLogin, Holding, LimitMet } from '../receive/guard.ts'
import type { Calls } from './calls.ts'
import type { OfMain, People } from './questions.ts'

/** A directory on a session thread: all of it is here but passwords, which the main thread checks. */
export class AskedDirectory implements Directory, Writers {
  readonly #main: Calls<OfMain>
  readonly #keys: SigningKeys
  readonly #memory: MemoryDirectory

  constructor(main: Calls<OfMain>, { residents, keys }: People) {
    this.#main = main
    this.#keys = new SigningKeys(keys)
    this.#memory = new MemoryDirectory(residents, this.#keys)
  }

  get marks(): ReturnMarks | undefined {
    return this.#memory.marks
  }

  /** From now on these live here. */
  replace({ residents, keys }: People): void {
    this.#keys.replace(keys)
    this.#memory.replace(residents)
  }

  isLocal(domain: string): boolean {
    return this.#memory.isLocal(domain)
  }

  lead(path: ForwardPath): Lead {
    return this.#memory.lead(path)
  }

  login(name: string, password: string): Promise<Login | undefined> {
    return this.#main.ask('passwordOf', { name, password })
  }

  identities(login: Login): Identities | undefined {
    return this.#memory.identities(login)
  }

  identitiesFor(writer: Writer): Identities | undefined {
    return this.#memory.identitiesFor(writer)
  }

  signingKeys(domain: string): readonly DkimSigningKey[] {
    return this.#memory.signingKeys(domain)
  }
}

/** The same people without what their passwords are checked with; what tells one from the next is left. */
export function withoutPasswords({ residents, keys }: People): People {
  const accounts = residents.accounts.map((one) => {
    return { ...one, passwordHash: undefined, passwordMark: markOf(one) }
  })
  return { residents: { ...residents, accounts }, keys }
}

/** Memory is asked for in pieces of this many octets, so that not each chunk of a letter asks. */
const grantOctets = 128 * 1024

/** A guard on a session thread: the main thread counts, for all threads together. */
export class AskedGuard implements Guard {
  readonly #main: Calls<OfMain>
  readonly #checks = new Map<number, () => Promise<boolean>>()
  #next = 0

  constructor(main: Calls<OfMain>) {
    this.#main = main
  }

  closedForLogins(ip: string): Promise<LimitMet | undefined> {
    return this.#main.ask('closedForLogins', ip)
  }

  closedForMail(ip: string): Promise<LimitMet | undefined> {
    return this.#main.ask('closedForMail', ip)
  }

  async enterAccount(ip: string, account: string): Promise<AccountEntrance> {
    const place = this.#next++
    const met = await this.#main.ask('enterAccount', { place, ip, account })
    if (met !== undefined) return { type: 'turnedAway', ...met }
    return { type: 'admitted', leave: () => this.#main.tell('leaveAccount', place) }
  }

  turnedAway(ip: string, met: LimitMet, more: { readonly listener: string }): void {
    this.#main.tell('turnedAway', { ip, met, more })
  }

  refusedRecipient(ip: string): void {
    this.#main.tell('refusedRecipient', ip)
  }

  holdMemory(ip: string): Holding {
    const holding = this.#next++
    let granted = 0
    let asked = false
    const grow = async (least: number): Promise<'network' | 'server' | undefined> => {
      asked = true
      const wanted = Math.ceil(least / grantOctets) * grantOctets
      const given = await this.#main.ask('holdMemory', { holding, ip, wanted, least })
      if (typeof given === 'string') return given
      granted = given
      return undefined
    }
    return {
      grow: (octets) => (octets <= granted ? undefined : grow(octets)),
      release: () => {
        if (asked) this.#main.tell('releaseMemory', holding)
        asked = false
      },
    }
  }

  async login<T>(
    { ip, name }: { readonly ip: string; readonly name: string },
    check: () => Promise<T | undefined>,
  ): Promise<GuardedLogin<T>> {
    const login = this.#next++
    const found: { user?: T } = {}
    this.#checks.set(login, async () => {
      const user = await check()
      if (user !== undefined) found.user = user
      return user !== undefined
    })
    try {
      const outcome = await this.#main.ask('login', { login, ip, name })
      if (outcome.type !== 'right') return outcome
      if (found.user === undefined) throw new Error('AskedGuard: nobody was checked')
      return { type: 'right', user: found.user }
    } finally {
      this.#checks.delete(login)
    }
  }

  /** It is the turn of this password. */
  check(login: number): Promise<boolean> {
    const check = this.#checks.get(login)
    if (check === undefined) throw new Error('AskedGuard: no such login')
    return check()
  }
}

/** A resolver on a session thread: the main thread asks, and keeps the places for questions. */
export function askedResolver(main: Pick<Calls<OfMain>, 'ask'>): Resolver {
  return {
    resolve<T extends RecordType>(
      name: string,
      type: T,
      client?: string,
    ): Promise<DnsAnswer<RecordData[T]>> {
      const answer: Promise<unknown> = main.ask('resolve', { name, type, client })
      // What is asked for says of what kind the records are.
      return answer as Promise<DnsAnswer<RecordData[T]>>
    },
  }
}
