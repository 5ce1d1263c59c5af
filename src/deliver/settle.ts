import { JourneyBuilder, type Shared } from '../journey/builder.ts'
import type { DeliveryStep, Line, SmtpAnswer, Step } from '../journey/record.ts'
import type { RecipientOutcome } from '../smtp/client-types.ts'
import { describeReply } from '../smtp/reply-format.ts'
import type { Acceptance } from '../store/ports/post.ts'
import type { QueueItem, Settlement } from '../store/ports/queue.ts'
import type { Attempt, Settling } from './deliverer.ts'
import { expired, tooOld } from './expiry.ts'
import { deliveryLine } from './log-lines.ts'
import { notify } from './notify.ts'
import type { DeliverWorld } from './world.ts'

/** What finally becomes of an item now: the schedule has been asked. */
export interface Settled {
  readonly attempt: Attempt
  readonly outcome: Settlement['outcome']
  /** Enhanced status code, RFC 3463. */
  readonly status: string
  readonly because: string
  /** The sender is to be told that it takes longer. */
  readonly warn: boolean
}

/** What all settlements of a batch share. */
export interface SettleInput {
  /** The steps that were made for all items together. */
  readonly log: JourneyBuilder
  readonly owner: string
}

/** Turns attempts into settlements, each with its steps and reports. */
export function settle(
  world: DeliverWorld,
  attempts: readonly Attempt[],
  input: SettleInput,
): Promise<Settling> {
  const now = world.clock.now()
  return settleDecided(
    world,
    attempts.map((attempt) => decideOutcome(world, attempt, now)),
    input,
  )
}

/**
 * Writes down what was decided. What is told of one message makes one report, and is told in one with
 * its settlements or not at all: a report that names a recipient whose lease was lost would tell what
 * another one may be about to tell otherwise.
 */
export async function settleDecided(
  world: DeliverWorld,
  settled: readonly Settled[],
  input: SettleInput,
): Promise<Settling> {
  for (const one of settled) tellLog(world, one)
  const { steps, shared } = input.log
  // As they are now: the log goes on to the next connection.
  const way = { owner: input.owner, steps: Array.from(steps), shared: Array.from(shared) }
  return await writtenDown(world, settled, way)
}

/** What was done for all items together, and by whom. */
interface Way {
  readonly owner: string
  readonly steps: readonly Step[]
  readonly shared: readonly Shared[]
}

async function writtenDown(
  world: DeliverWorld,
  settled: readonly Settled[],
  way: Way,
): Promise<Settling> {
  const groups = byMessage(settled)
  const settlements: Settlement[] = []
  for (const same of groups) settlements.push(...(await settlementsOf(world, same, way)))
  return {
    settlements,
    again: (lost) => {
      const isLost = ({ attempt }: Settled): boolean => lost.includes(attempt.item.id)
      const open = groups.filter((same) => same.some(isLost)).flat()
      return writtenDown(
        world,
        open.filter((one) => !isLost(one)),
        way,
      )
    },
  }
}

/** The settlements of the recipients of one message. */
async function settlementsOf(
  world: DeliverWorld,
  same: readonly Settled[],
  way: Way,
): Promise<readonly Settlement[]> {
  const settlements: Settlement[] = []
  // What all share is written down once, with the first; 500 recipients are one way and one talk.
  const spoken = new Map<readonly Line[], string>()
  for (const [index, one] of same.entries()) {
    const { item, lines } = one.attempt
    const steps = new JourneyBuilder(item.journeyId, world.clock)
    const step = stepOf(one, spoken.get(lines))
    if (step !== undefined) steps.step(step)
    if (step?.type === 'attempt' && lines.length > 0 && !spoken.has(lines)) {
      spoken.set(lines, item.recipient)
    }
    const together = { owner: way.owner, together: item.messageId }
    if (index > 0) {
      settlements.push({ ...settlementOf(one, steps.steps, [], undefined), ...together })
      continue
    }
    // One report for all recipients of a message that were settled together (RFC 3464 §2.2).
    const notified = await notify(world, same, way.steps)
    if (notified !== undefined) steps.step(notified.step)
    const all = [...way.steps, ...steps.steps]
    settlements.push({ ...settlementOf(one, all, way.shared, notified?.acceptance), ...together })
  }
  return settlements
}

function tellLog(world: DeliverWorld, { attempt, outcome, status, because }: Settled): void {
  const { item, host, ip, result } = attempt
  const why = inOneLine(because, result)
  const line = deliveryLine({ item, host, ip, outcome, status, because: why })
  if (line !== undefined) world.log(line)
}

/** In the order of their first items, so that what is told of each journey stays together. */
function byMessage(settled: readonly Settled[]): readonly (readonly Settled[])[] {
  const groups = new Map<string, Settled[]>()
  for (const one of settled) {
    const { messageId } = one.attempt.item
    const group = groups.get(messageId)
    if (group === undefined) groups.set(messageId, [one])
    else group.push(one)
  }
  return Array.from(groups.values())
}

function decideOutcome(world: DeliverWorld, attempt: Attempt, now: number): Settled {
  const { result, item } = attempt
  if (result.result === 'delivered') {
    const delivered = { outcome: { type: 'delivered' }, status: '2.0.0', because: '' } as const
    return { attempt, ...delivered, warn: false }
  }
  const { status, because } = result
  if (result.result === 'failed') {
    return { attempt, outcome: { type: 'failed' }, status, because, warn: false }
  }
  // After an outage of our own as soon as after a first attempt: letters must not wait for hours more
  // because we could not ask for hours.
  const counted = attempt.ourOutage === true ? { ...item, attempts: 0 } : item
  const nextAttemptAt = world.retryAt(counted, now)
  if (nextAttemptAt === undefined) {
    const attempts = item.attempts + 1
    const end = { status: expired, because: tooOld(item, { attempts, now, because }) }
    return { attempt, outcome: { type: 'failed' }, ...end, warn: false }
  }
  const problem = inOneLine(because, result)
  const outcome = { type: 'deferred', nextAttemptAt, problem } as const
  return { attempt, outcome, status, because, warn: world.warnOfDelay(item, nextAttemptAt) }
}

/** @param spokenWith the recipient whose step has the dialogue already */
function stepOf(
  { attempt, outcome, because }: Settled,
  spokenWith: string | undefined,
): DeliveryStep | undefined {
  const { item, host, ip, result, lines } = attempt
  const { recipient, destination } = item
  const nextAttemptAt = outcome.type === 'deferred' ? outcome.nextAttemptAt : undefined
  if (outcome.type === 'deferred' && outcome.attempted === false) {
    // Told once: a server that is down for days would fill the journey with the same words.
    if (item.lastProblem === outcome.problem) return undefined
    const { problem } = outcome
    return { type: 'put-off', recipient, destination, problem, until: outcome.nextAttemptAt }
  }
  return {
    type: 'attempt',
    recipient,
    attempt: item.attempts + 1,
    host,
    ip,
    result: outcome.type,
    answer: result.outcome === undefined ? undefined : answerOf(result.outcome),
    problem: because,
    nextAttemptAt,
    ...(spokenWith === undefined
      ? { conversation: lines }
      : { conversation: [], conversationWith: spokenWith }),
  }
}

function answerOf(outcome: RecipientOutcome): SmtpAnswer | undefined {
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
  { attempt, outcome, because }: Settled,
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

/** Our sentence, if there is one, with the other server's words behind it, for lists. */
function inOneLine(because: string, { outcome }: Attempt['result']): string {
  const reply = outcome?.reply ?? null
  if (reply === null) return because
  const words = describeReply(reply).slice(0, 300)
  return because === '' ? words : `${because.replace(/\.$/, '')}: ${words}`
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
