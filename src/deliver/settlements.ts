import type { Clock } from '../base/clock.ts'
import type { Log, LogLine } from '../base/log.ts'
import { JourneyBuilder, type Shared } from '../journey/builder.ts'
import type { ConvertedStep } from '../journey/converted-step.ts'
import { mailboxName } from '../journey/recipients.ts'
import type { Line, SmtpAnswer } from '../journey/spoken.ts'
import type { Step, StepData } from '../journey/steps.ts'
import type { Postponement, Settling } from '../post/batch.ts'
import type { RecipientOutcome } from '../smtp/client-types.ts'
import type { Acceptance } from '../store/ports/post.ts'
import type { QueueItem, Settlement } from '../store/ports/queue.ts'
import type { Attempt } from './attempt.ts'
import { type Decided, type Schedule, decide, inOneLine, putOff } from './decided.ts'
import { withEntry } from './mailbox-entry.ts'
import type { Notices } from './notices.ts'
import { pauseLine, pauseStep } from './pauses.ts'
import { type AddressMemory, rememberedOf } from './remembered.ts'

/** What all settlements of a batch share. */
export interface SettleInput {
  /** The steps that were made for all items together. */
  readonly log: JourneyBuilder
  readonly owner: string
}

export interface SettlementsOptions {
  readonly schedule: Schedule
  readonly notices: Notices
  /** Remembers how servers answered for an address. Absent: nobody does. */
  readonly memory?: AddressMemory | undefined
  readonly clock: Clock
  readonly log: Log
}

/**
 * Turns what attempts came to into settlements, each with its steps. What is told of one message
 * makes one notice, and is told in one with its settlements or not at all: a notice that names a
 * recipient whose lease was lost would tell what another process may be about to tell otherwise.
 */
export class Settlements {
  readonly #options: SettlementsOptions

  constructor(options: SettlementsOptions) {
    this.#options = options
  }

  /** Of attempts that were made. */
  of(attempts: readonly Attempt[], input: SettleInput): Promise<Settling> {
    const { schedule, clock } = this.#options
    const now = clock.now()
    return this.#tellAndWrite(
      attempts.map((attempt) => decide(attempt, schedule, now)),
      input,
    )
  }

  /**
   * Of items for a destination that did not answer a moment ago.
   *
   * @param log what was done for them before; absent: nothing
   */
  ofPostponed(
    postponement: Postponement,
    log: JourneyBuilder = new JourneyBuilder('', this.#options.clock),
  ): Promise<Settling> {
    const { schedule, clock } = this.#options
    const { items, owner } = postponement
    const now = clock.now()
    const decided = items.map((item) => putOff(item, postponement, { schedule, now }))
    return this.#tellAndWrite(decided, { log, owner })
  }

  async #tellAndWrite(decided: readonly Decided[], input: SettleInput): Promise<Settling> {
    for (const one of decided) tellLog(this.#options.log, one)
    const paused = pauseStep(attemptsOf(decided), this.#options.clock.now())
    if (paused !== undefined) this.#options.log(pauseLine(paused))
    const { steps, shared } = input.log
    // As they are now: the log goes on to the next connection.
    const way = { owner: input.owner, steps: Array.from(steps), shared: Array.from(shared) }
    return await this.#write(decided, way)
  }

  async #write(decided: readonly Decided[], way: Way): Promise<Settling> {
    const groups = byMessage(decided)
    const settlements: Settlement[] = []
    for (const same of groups) settlements.push(...(await this.#ofMessage(same, way)))
    return {
      settlements,
      again: (lost) => {
        const isLost = ({ attempt }: Decided): boolean => lost.includes(attempt.item.id)
        const open = groups.filter((same) => same.some(isLost)).flat()
        return this.#write(
          open.filter((one) => !isLost(one)),
          way,
        )
      },
    }
  }

  /** The settlements of the recipients of one message. */
  async #ofMessage(same: readonly Decided[], way: Way): Promise<readonly Settlement[]> {
    const { clock, notices, memory } = this.#options
    const settlements: Settlement[] = []
    // What all share is written down once, with the first; 500 recipients are one way and one talk.
    const spoken = new Map<readonly Line[], string>()
    const converted = new Set<ConvertedStep>()
    for (const [index, one] of same.entries()) {
      const { item, lines } = one.attempt
      const steps = new JourneyBuilder(item.journeyId, clock)
      for (const step of one.attempt.converted ?? []) {
        if (!converted.has(step)) steps.step(step)
        converted.add(step)
      }
      const step = stepOf(one, spoken.get(lines))
      if (step !== undefined) steps.step(step)
      if (step?.type === 'attempt' && lines.length > 0 && !spoken.has(lines)) {
        spoken.set(lines, item.recipient)
      }
      const reading = step?.type === 'attempt' ? step.reading : undefined
      const register = await rememberedOf(one, reading, { memory, now: clock.now(), same })
      const standing = { owner: way.owner, together: item.messageId, ...register }
      if (index > 0) {
        const own = withEntry(one.attempt, clock.now(), undefined)
        settlements.push({ ...settlementOf(one, steps.steps, [], own), ...standing })
        continue
      }
      // One notice for all recipients of a message that are settled together (RFC 3464 §2.2).
      const notice = await notices.about(same, way.steps)
      if (notice !== undefined) steps.step(notice.step)
      const paused = pauseStep(attemptsOf(same), clock.now())
      if (paused !== undefined) steps.step(paused)
      const all = [...way.steps, ...steps.steps]
      const put = withEntry(one.attempt, clock.now(), notice?.acceptance)
      settlements.push({ ...settlementOf(one, all, way.shared, put), ...standing })
    }
    return settlements
  }
}

/** What was done for all items together, and by whom. */
interface Way {
  readonly owner: string
  readonly steps: readonly Step[]
  readonly shared: readonly Shared[]
}

function tellLog(log: Log, { attempt, outcome, status, because }: Decided): void {
  const { item, host, ip, result } = attempt
  const why = inOneLine(because, result)
  const line = deliveryLine({ item, host, ip, outcome, status, because: why })
  if (line !== undefined) log(line)
}

function attemptsOf(decided: readonly Decided[]): readonly Attempt[] {
  return decided.map(({ attempt }) => attempt)
}

/** In the order of their first items, so that what is told of each journey stays together. */
function byMessage(decided: readonly Decided[]): readonly (readonly Decided[])[] {
  const groups = new Map<string, Decided[]>()
  for (const one of decided) {
    const { messageId } = one.attempt.item
    const group = groups.get(messageId)
    if (group === undefined) groups.set(messageId, [one])
    else group.push(one)
  }
  return Array.from(groups.values())
}

/** @param spokenWith the recipient whose step has the dialogue already */
function stepOf(
  { attempt, outcome, because, reading }: Decided,
  spokenWith: string | undefined,
): StepData | undefined {
  const { item, host, ip, result, lines, filing } = attempt
  const { recipient, destination } = item
  if (filing !== undefined) {
    const { account, role } = filing
    return { type: 'filed', account, mailbox: mailboxName(role), recipient }
  }
  const nextAttemptAt = outcome.type === 'deferred' ? outcome.nextAttemptAt : undefined
  if (outcome.type === 'deferred' && outcome.attempted === false) {
    // Told once: a server that is down for days would fill the journey with the same words.
    if (item.lastProblem === outcome.problem) return undefined
    const { problem } = outcome
    const until = outcome.nextAttemptAt
    const step = { type: 'put-off', recipient, destination, problem, until } as const
    return attempt.paused === true ? { ...step, paused: true } : step
  }
  return {
    type: 'attempt',
    recipient,
    attempt: item.attempts + 1,
    host,
    ip,
    result: outcome.type,
    answer: result.outcome === undefined ? undefined : answerOf(result.outcome),
    ...(reading === undefined ? {} : { reading }),
    problem: because,
    nextAttemptAt,
    ...(spokenWith === undefined
      ? { conversation: lines }
      : { conversation: [], conversationWith: spokenWith }),
  }
}

/** What the other server said last, as a record has it; nothing where it said nothing. */
export function answerOf(outcome: RecipientOutcome): SmtpAnswer | undefined {
  const { reply } = outcome
  if (reply === null) return undefined
  const atCommand = outcome.result === 'accepted' ? 'DATA' : outcome.atCommand
  return {
    code: reply.code,
    enhanced: reply.enhanced ?? '',
    text: reply.lines.join(' ').slice(0, 2000),
    atCommand,
  }
}

function settlementOf(
  { attempt, outcome, because }: Decided,
  steps: readonly Step[],
  shared: readonly Shared[],
  notification: Acceptance | undefined,
): Omit<Settlement, 'owner'> {
  const { item } = attempt
  return {
    queueId: item.id,
    outcome,
    steps: JSON.stringify(steps),
    shared,
    status: outcome.type,
    summary: summary(item, outcome.type, inOneLine(because, attempt.result)),
    ...(notification === undefined ? {} : { notification }),
  }
}

function summary(item: QueueItem, type: Settlement['outcome']['type'], because: string): string {
  switch (type) {
    case 'delivered':
      return `Delivered to ${item.recipient}.`
    case 'deferred':
      return `Not delivered to ${item.recipient} yet: ${because}`
    case 'failed':
      return `Not delivered to ${item.recipient}: ${because}`
  }
}

/**
 * What the log tells of one recipient, as its attempt was settled. `undefined` when nothing is new:
 * it was not tried, for a reason that was told before.
 */
export function deliveryLine(settled: {
  readonly item: QueueItem
  readonly host: string
  readonly ip: string
  readonly outcome: Settlement['outcome']
  /** Enhanced status code, RFC 3463. */
  readonly status: string
  /** Why, with the other server's words. */
  readonly because: string
}): LogLine | undefined {
  const { item, host, ip, outcome, status, because } = settled
  const deferred = outcome.type === 'deferred' ? outcome : undefined
  const putOff = deferred?.attempted === false
  if (putOff && item.lastProblem === deferred.problem) return undefined
  return {
    level: outcome.type === 'failed' ? 'warning' : 'info',
    event: outcome.type,
    fields: {
      id: item.journeyId,
      from: `<${item.reversePath}>`,
      to: item.recipient,
      destination: item.destination,
      host: host === '' ? undefined : host,
      ip: ip === '' ? undefined : ip,
      attempt: putOff ? undefined : item.attempts + 1,
      status,
      why: because === '' ? undefined : because,
      next: deferred === undefined ? undefined : new Date(deferred.nextAttemptAt).toISOString(),
    },
  }
}
