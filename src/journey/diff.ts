import { isSameTold, toldOf, type ToldStep, wordOf } from './told-step.ts'
import type { JourneyView, StepView } from './view.ts'

/** A fact of two journeys that is not the same. */
export interface DifferentFact {
  readonly name: string
  readonly left: string
  readonly right: string
}

/** A step of two journeys that is not the same; `null`: one of them has no such step. */
export interface DifferentStep {
  readonly id: string
  readonly label: string
  /** Whether it came to something else, and not only for other reasons. */
  readonly verdict: boolean
  readonly left: ToldStep | null
  readonly right: ToldStep | null
}

/** What differs between two journeys: why one letter passed and the other did not. */
export interface JourneyDiff {
  readonly left: string
  readonly right: string
  readonly same: boolean
  /** The first step whose verdict differs, by its id: what follows rests on it. */
  readonly first_difference: string | null
  readonly facts: readonly DifferentFact[]
  readonly steps: readonly DifferentStep[]
}

/** Lays two journeys side by side and keeps what differs, but for times, sizes and their ids. */
export function diffJourneys(left: JourneyView, right: JourneyView): JourneyDiff {
  const facts = differentFacts(left, right)
  const steps = differentSteps(left, right)
  return {
    left: left.id,
    right: right.id,
    same: facts.length === 0 && steps.length === 0,
    first_difference: steps.find(({ verdict }) => verdict)?.id ?? null,
    facts,
    steps,
  }
}

function differentFacts(left: JourneyView, right: JourneyView): readonly DifferentFact[] {
  const [before, after] = [left, right].map(factsOf)
  return Object.entries(before ?? {}).flatMap(([name, value]) => {
    const other = after?.[name] ?? ''
    return value === other ? [] : [{ name, left: value, right: other }]
  })
}

function factsOf({
  direction,
  host,
  envelope,
  author,
  outcome,
}: JourneyView): Readonly<Record<string, string>> {
  return {
    direction,
    host,
    ip: envelope.ip,
    helo: envelope.helo,
    mail_from: envelope.mail_from,
    rcpt_to: envelope.rcpt_to.join(', '),
    login: envelope.login ?? '',
    author: author ?? '',
    outcome: outcome.status,
  }
}

function differentSteps(left: JourneyView, right: JourneyView): readonly DifferentStep[] {
  const before = stepsByPlace(left)
  const after = stepsByPlace(right)
  return placesOf(before, after).flatMap((place): readonly DifferentStep[] => {
    const [one, other] = [before.get(place), after.get(place)]
    const step = one ?? other
    if (step === undefined) return []
    const { id, label } = step
    if (one === undefined || other === undefined) {
      const told = { left: one && toldOf(one), right: other && toldOf(other) }
      return [{ id, label, verdict: true, left: told.left ?? null, right: told.right ?? null }]
    }
    const told = { left: toldOf(one), right: toldOf(other) }
    const verdict = wordOf(told.left) !== wordOf(told.right) || told.left.did !== told.right.did
    if (
      !verdict &&
      (id === 'message' || isSameTold(plain(told.left, left), plain(told.right, right)))
    ) {
      return []
    }
    return [{ id, label, verdict, ...told }]
  })
}

/** The steps by their kind and how often it was there before: the second recipient, the third. */
function stepsByPlace({ steps }: JourneyView): ReadonlyMap<string, StepView> {
  const seen = new Map<string, number>()
  return new Map(
    steps.map((step) => {
      const kind = step.id.startsWith('spf.') ? 'spf' : step.id
      const count = (seen.get(kind) ?? 0) + 1
      seen.set(kind, count)
      return [`${kind} ${count}`, step]
    }),
  )
}

/** All places in the order of the first journey, those of the second behind the one before them. */
function placesOf(
  left: ReadonlyMap<string, StepView>,
  right: ReadonlyMap<string, StepView>,
): readonly string[] {
  const places = Array.from(left.keys())
  let at = 0
  for (const place of right.keys()) {
    const found = places.indexOf(place)
    if (found >= 0) at = found + 1
    else places.splice(at++, 0, place)
  }
  return places
}

/** Our replies name the journey, which says nothing of a difference. */
function plain(told: ToldStep, { id }: JourneyView): ToldStep {
  return { ...told, answer: told.answer.replaceAll(id, '') }
}
