import { plainly } from '../parts/plain.ts'
import { Pill, toneOfStep, wordOf } from '../parts/verdict.tsx'
import type { Journey, Step } from '../types.ts'

/** A step as it was recorded, or as it is decided now. */
interface Told {
  readonly result: string | null
  readonly verdict: Step['verdict'] | null
  readonly answer: string | null
  readonly asked_for?: string | null
  readonly did?: string | null
}

/** What `POST /v1/replays` answers: as `waybill replay --json` prints it. */
export interface Replay {
  readonly same: boolean
  readonly replayed?: boolean
  readonly changed?: readonly string[]
  readonly missing?: readonly (string | { readonly name: string; readonly type: string })[]
  readonly unused?: readonly unknown[]
  readonly because?: string | null
  readonly steps?: readonly {
    readonly id: string
    readonly same: boolean
    readonly recorded: Told | null
    readonly now: Told | null
  }[]
}

/** Step by step: recorded, now; those that changed are told in full. */
export function Outcome(props: { readonly replay: Replay; readonly journey: Journey }) {
  const { replay, journey } = props
  const { steps = [], missing = [], because } = replay
  const changed = steps.filter(({ same }) => !same).length
  return (
    <section class="outcome-if" aria-live="polite">
      <h3>
        {replay.replayed === false
          ? 'It cannot be told'
          : replay.same
            ? 'Nothing changes'
            : `${changed} of ${steps.length} steps change`}
      </h3>
      {because === undefined || because === null ? null : <p>{plainly(because)}</p>}
      {missing.length === 0 ? null : (
        <p class="small">
          The record has no answer for {missing.map(asText).join(', ')}. Say one above.
        </p>
      )}
      <ol class="compare">
        {steps.map(({ id, same, recorded, now }, index) => (
          <li key={index} class={same ? 'same' : 'changed'} data-step={id}>
            <strong>{journey.steps.find((step) => step.id === id)?.label ?? id}</strong>{' '}
            <Word told={recorded} /> → <Word told={now} />{' '}
            {same ? null : <span class="changed-word">changed</span>}
            {same || now === null ? null : <p>{plainly(now.answer ?? '')}</p>}
          </li>
        ))}
      </ol>
    </section>
  )
}

function Word({ told }: { readonly told: Told | null }) {
  if (told === null || told.verdict === null) return <Pill tone="unknown">not in the record</Pill>
  const step = { verdict: told.verdict, result: told.result }
  return <Pill tone={toneOfStep(step)}>{wordOf(step)}</Pill>
}

function asText(one: string | { readonly name: string; readonly type: string }): string {
  return typeof one === 'string' ? one : `${one.name} ${one.type}`
}
