import type { Log } from '../base/log.ts'
import { scopes } from '../desk/api-keys.ts'
import { type CodeVerdict, operatorName, type SecondFactorDesk } from '../desk/second-factors.ts'
import type { Directory } from '../directory/directory.ts'
import type { Access } from '../http/access.ts'
import type { LoginAsked, LoginOutcome, LoginPort } from '../http/login.ts'
import type { Whose } from '../http/sessions.ts'
import type { Guard, GuardedLogin } from '../receive/guard.ts'
import type { ActPort, NewAct } from '../store/ports/acts.ts'

/** Whom the page's logins ask. */
export interface PageLoginsParts {
  readonly keys: Pick<Access, 'byKey'>
  readonly directory: Pick<Directory, 'login' | 'identities'>
  /** Counts wrong ones, together with those of the mail ports. */
  readonly guard: Pick<Guard, 'login'>
  readonly secondFactors: Pick<SecondFactorDesk, 'check' | 'wantedSince'>
  readonly acts: Pick<ActPort, 'put'>
  readonly log: Log
  readonly now: () => number
  readonly report: (problem: unknown, where: string) => void
}

interface LoggedIn {
  readonly who: string
  readonly whose: Whose
  /** Whose second factor is asked for; keys of programs have none. */
  readonly factorOf: string | undefined
}

/** What can be told of a login, and what it gives. */
interface Candidate {
  readonly name: string
  readonly mechanism: 'token' | 'password'
  check(): Promise<LoggedIn | undefined>
}

/** Logging in on the page: with a key, or as an account with its password. */
export class PageLogins implements LoginPort {
  readonly #parts: PageLoginsParts

  constructor(parts: PageLoginsParts) {
    this.#parts = parts
  }

  async login(asked: LoginAsked): Promise<LoginOutcome> {
    const { guard, acts, secondFactors, now, report } = this.#parts
    const { ip } = asked
    const candidate = 'token' in asked ? this.#byKey(asked) : this.#byPassword(asked)
    const met: { code: CodeVerdict } = { code: 'none' }
    const outcome = await guard.login({ ip, name: candidate.name }, async () => {
      const found = await candidate.check()
      if (found?.factorOf === undefined) return found
      met.code = await secondFactors.check(found.factorOf, asked.code)
      // A wrong code counts like a wrong password.
      if (met.code === 'wrong' || met.code === 'closed') return undefined
      return { ...found, whose: await this.#withFactor(found.whose, found.factorOf) }
    })
    // They are asked for it now, and nothing has happened yet.
    if (met.code === 'missing') return { type: 'second-factor', given: false }
    this.#tell(ip, candidate, outcome)
    if (met.code === 'wrong') return { type: 'second-factor', given: true }
    if (met.code === 'closed') return { type: 'closed' }
    if (outcome.type !== 'right') return { type: outcome.type }
    const { who, whose } = outcome.user
    const act: NewAct = {
      at: now(),
      who,
      door: 'http',
      what: 'session begin',
      why: '',
      detail: { client: ip, by: candidate.mechanism },
    }
    // On a full disk too, who is to make room must get in; the log has the login.
    await acts.put(act).catch((problem: unknown) => report(problem, 'the act of logging in'))
    return { type: 'right', whose }
  }

  /** A session ends with a second factor that is new since it began: whoever is in has not shown it. */
  async #withFactor(whose: Whose, who: string): Promise<Whose> {
    const { secondFactors } = this.#parts
    const shown = await secondFactors.wantedSince(who)
    return async () => {
      const wanted = await secondFactors.wantedSince(who)
      return wanted === undefined || wanted === shown ? await whose() : undefined
    }
  }

  #byKey({ token }: { readonly token: string }): Candidate {
    const whose = (): ReturnType<Whose> => this.#parts.keys.byKey(token)
    return {
      name: operatorName,
      mechanism: 'token',
      async check() {
        const visitor = await whose()
        if (visitor === undefined) return undefined
        const { who } = visitor
        return { who, whose, factorOf: who === operatorName ? who : undefined }
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
          scopes,
        }
        const whose: Whose = async () => {
          return (await directory.identities(login)) === undefined ? undefined : visitor
        }
        return { who: address, whose, factorOf: address }
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
