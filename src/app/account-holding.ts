import type { Clock } from '../base/clock.ts'
import { WaybillError } from '../base/error.ts'
import { makeId } from '../base/id.ts'
import type { Log } from '../base/log.ts'
import { accountWords, type HoldRules } from '../desk/hold-rules.ts'
import type { QueueDesk } from '../desk/queue.ts'
import { makeMessageId } from '../message/message-id.ts'
import { unusualText, type HabitRules } from '../policy/account-habit.ts'
import { AccountHabits, type UnusualAccount } from '../policy/account-habits.ts'
import type { Post } from '../post/post.ts'
import { writeAccountHeldMail } from '../report/account-held-mail.ts'
import type { Store } from '../store/ports/store.ts'

/** Which accounts are held that send far above their habit, and who is told. */
export interface AccountHabitPlan {
  readonly rules: HabitRules
  /** The address that is told by mail. */
  readonly postmaster: string
}

export interface AccountHoldingParts {
  readonly hostname: string
  readonly store: Pick<Store, 'register' | 'queue' | 'acts'>
  readonly rules: HoldRules
  readonly desk: QueueDesk
  readonly post: Pick<Post, 'own' | 'accept'>
  readonly clock: Clock
  readonly random: () => number
  /** As it is now; `undefined`: no account is held. */
  readonly plan: () => AccountHabitPlan | undefined
  readonly log: Log
  readonly report: (problem: unknown, where: string) => void
}

/** Letters that are held in one transaction. */
const lettersAtOnce = 200

/**
 * Holds accounts that send far above their habit, as `waybill account hold` would, and tells whoever
 * runs the server: a line in the log, an act, which is an event too, and a mail.
 */
export class AccountHolding {
  readonly #parts: AccountHoldingParts
  readonly habits: AccountHabits
  /** What is done behind a lease, which must not wait for it. */
  readonly #behind = new Set<Promise<void>>()

  constructor(parts: AccountHoldingParts) {
    this.#parts = parts
    const { store, rules, clock, plan, report } = parts
    this.habits = new AccountHabits({
      register: store.register,
      now: () => clock.now(),
      rules: () => plan()?.rules,
      isHolding: async (id) => (await rules.list()).some((rule) => rule.id === id),
      hold: (unusual) => this.#hold(unusual),
      onProblem: (problem) => report(problem, 'what accounts usually send'),
    })
  }

  /** Resolves when all is on disk. */
  async settled(): Promise<void> {
    await Promise.all(this.#behind)
    await this.habits.settled()
  }

  async #hold({ account, verdict }: UnusualAccount): Promise<string | undefined> {
    const { rules, clock, random, report } = this.#parts
    const why = unusualText(verdict)
    const id = makeId(clock.now(), random).slice(-6)
    const actor = { by: 'waybill', door: 'server', why } as const
    try {
      await rules.add({ id, words: accountWords(account) }, actor)
    } catch (problem) {
      // Too many rules: whoever runs the server must see it, and mail goes on.
      if (!(problem instanceof WaybillError) || problem.code !== 'usage') throw problem
      report(problem, `holding ${account}`)
      return undefined
    }
    const { per, sent, usual } = verdict
    const fields = { account, sent, per, usual, rule: id, why }
    this.#parts.log({ level: 'warning', event: 'account-held', fields })
    this.#later(this.#holdWaiting(account, id, why), 'holding what waits')
    this.#later(this.#leaveAct({ account, rule: id, sent, per, usual }, why), 'the act of a hold')
    this.#later(this.#tellPostmaster(account, why), 'the mail to the postmaster')
    return id
  }

  /** What has its turn next is taken back; what is found due later, the rule holds. */
  async #holdWaiting(account: string, rule: string, why: string): Promise<void> {
    const { store, desk } = this.#parts
    const actor = { by: 'waybill', door: 'server', why } as const
    for (let after = ''; ; ) {
      const filter = { account, held: false }
      const items = await store.queue.list({ filter, after, limit: lettersAtOnce })
      after = items.at(-1)?.id ?? ''
      if (after === '') return
      await desk.hold({ items, rule }, actor)
    }
  }

  async #leaveAct(detail: Readonly<Record<string, unknown>>, why: string): Promise<void> {
    const { store, clock } = this.#parts
    const act = { at: clock.now(), who: 'waybill', door: 'server', what: accountHeldAct, why }
    await store.acts.put({ ...act, detail })
  }

  async #tellPostmaster(account: string, why: string): Promise<void> {
    const { hostname, plan, post, clock, random } = this.#parts
    const { postmaster, rules } = plan() ?? {}
    if (postmaster === undefined || rules === undefined) return
    const now = clock.now()
    const message = writeAccountHeldMail({
      hostname,
      postmaster,
      account,
      why,
      releaseHours: rules.passMs / 3_600_000,
      messageId: makeMessageId({ now, random, domain: hostname }),
      now,
    })
    const because = 'account held'
    const mail = { reversePath: '', recipients: [postmaster], message, because } as const
    await post.accept((await post.own(mail)).acceptance)
  }

  #later(doing: Promise<void>, what: string): void {
    const done = doing
      .catch((problem: unknown) => this.#parts.report(problem, what))
      .finally(() => this.#behind.delete(done))
    this.#behind.add(done)
  }
}

/** What the audit calls it. */
const accountHeldAct = 'account held'
