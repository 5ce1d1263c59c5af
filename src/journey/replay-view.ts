import { shareAnswer } from './builder.ts'
import { tell } from './catalogue.ts'
import type { Facts, JourneyRecord } from './record.ts'
import type { Step, StepData } from './steps.ts'
import type { Replay, Replayed } from './replay.ts'
import type { ReplayedStep } from './replayed-step.ts'
import type { Sentence } from './sentence.ts'
import { told, type ToldStep, wordOf } from './told-step.ts'
import { type JourneyView, type StepView, viewJourney } from './view.ts'

/** A step then and now. */
export interface ReplayedStepView {
  readonly id: string
  readonly label: string
  readonly same: boolean
  readonly missing: readonly string[]
  readonly recorded: ToldStep
  readonly now: ToldStep
}

/** What a replay came to: the same in the terminal, as JSON and on the page. */
export type ReplayView =
  | {
      readonly id: string
      readonly replayed: true
      readonly same: boolean
      readonly first_difference: string | null
      readonly changed: readonly string[]
      readonly missing: readonly string[]
      readonly unused?: readonly string[]
      readonly steps: readonly ReplayedStepView[]
      readonly because?: string
    }
  | { readonly id: string; readonly replayed: false; readonly because: string }

/** Puts the outcome of a replay into words. */
export function viewReplay({ id }: Pick<JourneyRecord, 'id'>, replay: Replay): ReplayView {
  switch (replay.type) {
    case 'nothing': {
      const because = `Nothing to derive again: ${replay.because}.`
      const same = { same: true, first_difference: null, changed: [], missing: [], steps: [] }
      return { id, replayed: true, ...same, because }
    }
    case 'impossible':
      return { id, replayed: false, because: replay.because }
    case 'replayed':
      return {
        id,
        replayed: true,
        same: replay.firstDifference === undefined && replay.missing.length === 0,
        first_difference: replay.firstDifference ?? null,
        changed: replay.steps.filter(isChanged).map(({ type }) => type),
        missing: replay.missing,
        unused: replay.unused,
        steps: replay.steps.map(viewStepAgain),
      }
  }
}

/** A step that lacks an answer has not changed: nobody can say offline what it would be. */
export function isChanged({ same, missing }: Pick<ReplayedStep, 'same' | 'missing'>): boolean {
  return !same && missing.length === 0
}

/** Whether it comes to something else; the same word may rest on something else. */
export function isOtherVerdict({ recorded, now }: ReplayedStepView): boolean {
  return wordOf(recorded) !== wordOf(now)
}

function viewStepAgain({ type, recorded, now, same, missing }: ReplayedStep): ReplayedStepView {
  const before = first(recorded)
  return {
    id: type,
    label: before.label,
    same,
    missing,
    recorded: told(before),
    now: missing.length > 0 ? unknown(missing) : told(first(now)),
  }
}

/** What rests on a question that nobody asked then. */
function unknown(missing: readonly string[]): ToldStep {
  const answer = `Not recorded: nobody asked for ${missing.join(', ')} then.`
  return { result: null, verdict: 'unknown', answer, asked_for: null, did: null }
}

/** The first sentence of a step; what was derived now has no time of its own. */
function first(step: StepData): Sentence {
  const [sentence] = tell({ ...step, startedAt: 0, durationMs: 0, dns: [] })
  if (sentence === undefined) throw new Error(`replay: no sentence for ${step.type}`)
  return sentence
}

const wouldBe = {
  deliver: { status: 'delivered', summary: 'It would be filed in Inbox.' },
  'mark-as-spam': { status: 'quarantined', summary: 'It would be marked as spam.' },
  refuse: { status: 'refused', summary: 'It would be refused.' },
  defer: { status: 'deferred', summary: 'It would be asked to come back later.' },
} as const

/**
 * The journey as it would have been. Steps that come out the same stay as they were recorded; where
 * the decision is another one, what was done by the old one is left out and only told in short.
 */
export function viewReplayed(
  journey: {
    readonly record: JourneyRecord
    readonly facts: Facts
    readonly current: Parameters<typeof viewJourney>[2]
  },
  { steps }: Pick<Replayed, 'steps'>,
): JourneyView {
  const { record, current } = journey
  const facts = new Map(journey.facts)
  const again = new Map(steps.map((step) => [step.recorded, step]))
  const renew = (step: Step): Step => {
    const replayed = again.get(step)
    if (replayed === undefined || (replayed.same && replayed.missing.length === 0)) return step
    const dns = replayed.answers.map((answer) => {
      const { ref, fact } = shareAnswer(answer)
      facts.set(fact.hash, fact.json)
      return ref
    })
    return { ...replayed.now, startedAt: step.startedAt, durationMs: 0, dns }
  }
  const decided = steps.find(({ type }) => type === 'decision')
  const action = otherAction(decided)
  const end = decided === undefined ? -1 : record.steps.indexOf(decided.recorded)
  const kept = record.steps.filter((step, index) => {
    return action === undefined || index <= end || again.has(step)
  })
  const view = viewJourney({ ...record, steps: kept.map(renew) }, facts, current)
  const open = kept.flatMap((step) => tell(step).map(() => again.get(step)?.missing ?? []))
  const newSteps = view.steps.map((step, index) => openStep(step, open[index] ?? []))
  if (action === undefined) return { ...view, steps: newSteps }
  const { status, summary } = wouldBe[action]
  return {
    ...view,
    steps: newSteps,
    summary,
    outcome: { status, smtp: null, because: view.outcome.because },
    recipients: view.recipients.map((one) => {
      return refusedBefore(record, one.address)
        ? one
        : { ...one, status, answer: null, accounts: [] }
    }),
  }
}

function otherAction(step: ReplayedStep | undefined): keyof typeof wouldBe | undefined {
  if (step?.now.type !== 'decision' || step.recorded.type !== 'decision') return undefined
  const { action } = step.now.decision
  return step.missing.length > 0 || action === step.recorded.decision.action ? undefined : action
}

function refusedBefore({ steps }: JourneyRecord, address: string): boolean {
  return steps.some((step) => {
    return step.type === 'recipient' && step.to === 'refused' && step.rcptTo === address
  })
}

function openStep(step: StepView, missing: readonly string[]): StepView {
  if (missing.length === 0) return step
  const { id, label, side, known, question, started_at, duration_ms, evidence, rules } = step
  const place = { id, label, side, known, question, started_at, duration_ms, evidence, rules }
  return { ...place, ...unknown(missing), explain: `${id}-unknown`, fix: null }
}
