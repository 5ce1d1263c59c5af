import type { Directory, Identities, Lead, Login } from '../directory/directory.ts'
import type { ForwardPath } from '../address/path.ts'
import type { DkimSigningKey } from '../dkim/dkim.ts'
import { markOf, MemoryDirectory } from '../directory/memory-directory.ts'
import { SigningKeys } from '../directory/signing-keys.ts'
import type { Calls } from './calls.ts'
import type { OfMain, People } from './questions.ts'

/** A directory on a session thread: all of it is here but passwords, which the main thread checks. */
export class AskedDirectory implements Directory {
  readonly #main: Calls<OfMain>
  readonly #keys: SigningKeys
  readonly #memory: MemoryDirectory

  constructor(main: Calls<OfMain>, { residents, keys }: People) {
    this.#main = main
    this.#keys = new SigningKeys(keys)
    this.#memory = new MemoryDirectory(residents, this.#keys)
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
