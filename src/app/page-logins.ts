import type { Log } from '../base/log.ts'
import type { Directory } from '../directory/directory.ts'
import type { Access } from '../http/access.ts'
import type { LoginAsked, LoginOutcome, LoginPort } from '../http/login.ts'
import type { Whose } from '../http/sessions.ts'
import type { Guard, GuardedLogin } from '../receive/guard.ts'
import type { ActPort } from '../store/ports/acts.ts'

/** Whom the page's logins ask. */
export interface PageLoginsParts {
  readonly keys: Pick<Access, 'byKey'>
  readonly directory: Pick<Directory, 'login' | 'identities'>
  /** Counts wrong ones, together with those of the mail ports. */
  readonly guard: Pick<Guard, 'login'>
  readonly acts: Pick<ActPort, 'put'>
  readonly log: Log
  readonly now: () => number
}

/** What can be told of a login, and what it gives. */
interface Candidate {
  readonly name: string
  readonly mechanism: 'token' | 'password'
  check(): Promise<{ readonly who: string; readonly whose: Whose } | undefined>
}

/** Logging in on the page: with a key, or as an account with its password. */
export class PageLogins implements LoginPort {
  readonly #parts: PageLoginsParts

  constructor(parts: PageLoginsParts) {
    this.#parts = parts
  }

  async login(asked: LoginAsked): Promise<LoginOutcome> {
    const { guard, acts, now } = this.#parts
    const { ip } = asked
    const candidate = 'token' in asked ? this.#byKey(asked) : this.#byPassword(asked)
    const outcome = await guard.login({ ip, name: candidate.name }, () => candidate.check())
    this.#tell(ip, candidate, outcome)
    if (outcome.type !== 'right') return { type: outcome.type }
    const { who, whose } = outcome.user
    await acts.put({
      at: now(),
      who,
      door: 'http',
      what: 'session begin',
      why: '',
      detail: { client: ip, by: candidate.mechanism },
    })
    return { type: 'right', whose }
  }

  #byKey({ token }: { readonly token: string }): Candidate {
    const whose = (): ReturnType<Whose> => this.#parts.keys.byKey(token)
    return {
      name: 'operator',
      mechanism: 'token',
      async check() {
        const visitor = await whose()
        return visitor === undefined ? undefined : { who: visitor.who, whose }
      },
    }
  }

  #byPassword(asked: { readonly account: string; readonly password: string }): Candidate {
    const { directory } = this.#parts
    return {
      name: asked.account,
      mechanism: 'password',
      async check() {
        const login = await directory.login(asked.account, asked.password)
        if (login === undefined) return undefined
        const { address } = login
        const visitor = {
          who: address,
          account: address,
          scopes: ['read', 'send', 'manage'],
        } as const
        const whose: Whose = async () => {
          return (await directory.identities(login)) === undefined ? undefined : visitor
        }
        return { who: address, whose }
      },
    }
  }

  /** In the words of a login at the mail ports: `docs/fail2ban` goes by them. */
  #tell(ip: string, { name, mechanism }: Candidate, { type }: GuardedLogin<unknown>): void {
    const isRight = type === 'right'
    this.#parts.log({
      level: isRight ? 'info' : 'warning',
      event: isRight ? 'login' : 'login-failed',
      fields: {
        client: ip,
        port: 'http',
        account: name,
        mechanism,
        why: isRight ? undefined : type,
      },
    })
  }
}
