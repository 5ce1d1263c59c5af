import type { Clock } from '../base/clock.ts'
import type { LogLine, Log } from '../base/log.ts'
import { andThen, type Soon } from '../base/result.ts'
import type { Directory, Login } from '../directory/directory.ts'
import type { DnsAnswer, RecordData, RecordType, Resolver } from '../dns/resolver.ts'
import type { Guard, GuardedLogin, Holding, LimitMet } from '../receive/guard.ts'
import type { JudgedLetter } from '../inspect/decide.ts'
import type { RecipientAdmission } from '../receive/recipient.ts'
import type { Reply } from '../smtp/reply.ts'
import { type FlatProblem, problemFrom } from './calls.ts'
import type { OfMain } from './questions.ts'

type Input<K extends keyof OfMain> = Parameters<OfMain[K]>[0]

/** What all session threads have in common. */
export interface SharedNeeds {
  readonly directory: Pick<Directory, 'login'>
  readonly guard: Guard
  readonly admission: RecipientAdmission | undefined
  readonly resolver: Resolver
  readonly judged: ((letter: JudgedLetter) => void) | undefined
  readonly clock: Clock
  readonly log: Log
  /** A fault of ours, for the log. */
  readonly report: (problem: unknown, where: string) => void
}

/** The main thread's answers to one session thread, and what that one has taken of what all share. */
export class ThreadAnswers implements OfMain {
  readonly #needs: SharedNeeds
  readonly #check: (login: number) => Promise<boolean>
  readonly #over: (id: number) => void
  readonly #leave = new Map<number, () => void>()
  readonly #holdings = new Map<number, Holding>()
  #released = false

  constructor(
    needs: SharedNeeds,
    thread: {
      /** Has the thread check a password, and gives whether it was right. */
      readonly check: (login: number) => Promise<boolean>
      readonly over: (id: number) => void
    },
  ) {
    this.#needs = needs
    this.#check = thread.check
    this.#over = thread.over
  }

  /** The thread is gone: all that it had taken is given back. */
  release(): void {
    this.#released = true
    for (const leave of this.#leave.values()) leave()
    for (const holding of this.#holdings.values()) holding.release()
    this.#leave.clear()
    this.#holdings.clear()
  }

  resolve({ name, type, client }: Input<'resolve'>): Promise<DnsAnswer<RecordData[RecordType]>> {
    return this.#needs.resolver.resolve(name, type, client)
  }

  passwordOf({ name, password }: Input<'passwordOf'>): Promise<Login | undefined> {
    return this.#needs.directory.login(name, password)
  }

  closedForLogins(ip: string): Soon<LimitMet | undefined> {
    return this.#needs.guard.closedForLogins(ip)
  }

  closedForMail(ip: string): Soon<LimitMet | undefined> {
    return this.#needs.guard.closedForMail(ip)
  }

  enterAccount({ place, ip, account }: Input<'enterAccount'>): Soon<LimitMet | undefined> {
    return andThen(this.#needs.guard.enterAccount(ip, account), (entrance) => {
      if (entrance.type === 'turnedAway') return entrance
      if (this.#released) entrance.leave()
      else this.#leave.set(place, () => entrance.leave())
      return undefined
    })
  }

  leaveAccount(place: number): void {
    this.#leave.get(place)?.()
    this.#leave.delete(place)
  }

  turnedAway({ ip, met, more }: Input<'turnedAway'>): void {
    this.#needs.guard.turnedAway(ip, met, more)
  }

  refusedRecipient(ip: string): void {
    this.#needs.guard.refusedRecipient(ip)
  }

  login({ login, ip, name }: Input<'login'>): Promise<GuardedLogin<true>> {
    return this.#needs.guard.login({ ip, name }, async () => {
      return (await this.#check(login)) ? true : undefined
    })
  }

  holdMemory(asked: Input<'holdMemory'>): Soon<number | 'network' | 'server'> {
    const holding = this.#holdings.get(asked.holding) ?? this.#needs.guard.holdMemory(asked.ip)
    this.#holdings.set(asked.holding, holding)
    return andThen(holding.grow(asked.wanted), (missing) => {
      if (missing === undefined) return asked.wanted
      return andThen(holding.grow(asked.least), (none) => none ?? asked.least)
    })
  }

  releaseMemory(holding: number): void {
    this.#holdings.get(holding)?.release()
    this.#holdings.delete(holding)
  }

  refusal({ asked, lead }: Input<'refusal'>): Soon<Reply | undefined> {
    return this.#needs.admission?.refusal(asked, lead)
  }

  judged(letter: JudgedLetter): void {
    this.#needs.judged?.(letter)
  }

  log(lines: readonly LogLine[]): void {
    for (const line of lines) this.#needs.log(line)
  }

  report({ problem, where }: { readonly problem: FlatProblem; readonly where: string }): void {
    this.#needs.report(problemFrom(problem), where)
  }

  over(id: number): void {
    this.#over(id)
  }
}
