import { JourneyBuilder, type Shared } from '../journey/builder.ts'
import type { DeliveryStep, SmtpAnswer, Step } from '../journey/record.ts'
import type { RecipientOutcome } from '../smtp/client-types.ts'
import type { Acceptance, QueueItem, Settlement } from '../store/store.ts'
import type { Attempt } from './deliverer.ts'
import { notify } from './notify.ts'
import type { DeliverWorld } from './world.ts'

/** What finally becomes of an item in this attempt: the schedule has been asked. */
export interface Settled {
  readonly attempt: Attempt
  readonly outcome: Settlement['outcome']
  readonly because: string
}

/** Turns attempts into settlements, each with its steps; failures of one message make one report. */
export async function settle(
  world: DeliverWorld,
  attempts: readonly Attempt[],
  { log, owner }: { readonly log: JourneyBuilder; readonly owner: string },
): Promise<readonly Settlement[]> {
  const now = world.clock.now()
  const settled = attempts.map((attempt) => decideOutcome(world, attempt, now))
  const told = new Set<string>()
  const settlements: Settlement[] = []
  for (const one of settled) {
    const { item } = one.attempt
    const steps = new JourneyBuilder(item.journeyId, world.clock)
    steps.step(attemptStep(one))
    let notification: Acceptance | undefined
    // One report for all recipients of a message that this attempt settled, as RFC 3464 §2.2 allows.
    if (!told.has(item.messageId)) {
      told.add(item.messageId)
      const same = settled.filter(({ attempt }) => attempt.item.messageId === item.messageId)
      const notified = await notify(world, same)
      notification = notified?.acceptance
      if (notified !== undefined) steps.step(notified.step)
    }
    const all = [...log.steps, ...steps.steps]
    settlements.push({ ...settlementOf(one, all, log.shared, notification), owner })
  }
  return settlements
}

function decideOutcome(world: DeliverWorld, attempt: Attempt, now: number): Settled {
  const { result, item } = attempt
  if (result.result === 'delivered') {
    return { attempt, outcome: { type: 'delivered' }, because: '' }
  }
  if (result.result === 'failed') {
    return { attempt, outcome: { type: 'failed' }, because: result.because }
  }
  const nextAttemptAt = world.retryAt(item, now)
  if (nextAttemptAt === undefined) {
    const because = `It was tried for too long. The last time: ${result.because}`
    return { attempt, outcome: { type: 'failed' }, because }
  }
  const problem = result.because
  return { attempt, outcome: { type: 'deferred', nextAttemptAt, problem }, because: problem }
}

function attemptStep({ attempt, outcome, because }: Settled): DeliveryStep {
  const { item, host, ip, result, lines } = attempt
  return {
    type: 'attempt',
    recipient: item.recipient,
    attempt: item.attempts + 1,
    host,
    ip,
    result: outcome.type,
    answer: result.outcome === undefined ? undefined : answerOf(result.outcome),
    problem: because,
    nextAttemptAt: outcome.type === 'deferred' ? outcome.nextAttemptAt : undefined,
    conversation: lines,
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
    summary: summary(item, outcome.type, because),
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
