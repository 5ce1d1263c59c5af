import { plainly } from '../parts/plain.ts'
import { Pill, toneOfStep, wordOf } from '../parts/verdict.tsx'
import type { Step } from '../types.ts'

/** A step as it was recorded, or as it is decided now. */
interface Told {
  readonly result: string | null
  readonly verdict: Step['verdict']
  readonly answer: string
  readonly asked_for: string | null
}

/** What `POST /v1/replays` answers: as `waybill replay --json` prints it. */
export interface Replay {
  readonly same: boolean
  readonly replayed?: boolean
  readonly changed?: readonly string[]
  readonly missing?: readonly string[]
  readonly unused?: readonly string[]
  readonly because?: string | null
  readonly steps?: readonly {
    readonly id: string
    readonly label: string
    readonly same: boolean
    readonly recorded: Told
    readonly now: Told
  }[]
}

/** Step by step: recorded, now; those that changed are told in full. */
export function Outcome({ replay }: { readonly replay: Replay }) {
  const { steps = [], missing = [], unused = [], because } = replay
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
        <p class="small">The record has no answer for {missing.join(', ')}. Say one above.</p>
      )}
      {unused.length === 0 ? null : (
        <p class="small">Nobody asked for {unused.join(', ')}, so that changes nothing.</p>
      )}
      <ol class="compare">
        {steps.map(({ id, label, same, recorded, now }, index) => (
          <li key={index} class={same ? 'same' : 'changed'} data-step={id}>
            <strong>{label}</strong> <Word told={recorded} /> → <Word told={now} />{' '}
            {same ? null : <span class="changed-word">changed</span>}
            {same ? null : <p>{plainly(now.answer)}</p>}
          </li>
        ))}
      </ol>
    </section>
  )
}

function Word({ told }: { readonly told: Told }) {
  const asks = told.asked_for === null ? '' : `, asks ${told.asked_for}`
  return (
    <Pill tone={toneOfStep(told)}>
      {wordOf(told)}
      {asks}
    </Pill>
  )
}
