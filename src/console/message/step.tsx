import { plainly, span } from '../parts/plain.ts'
import { Time } from '../parts/text.tsx'
import { Pill, toneOfStep, wordOf } from '../parts/verdict.tsx'
import type { Step } from '../types.ts'
import { Details, hasDetails } from './details.tsx'
import { Evidence } from './evidence.tsx'

const known: Readonly<Record<string, string>> = {
  first_hand: 'first-hand',
  claimed: 'claimed',
  reported: 'reported',
}

/** One step: its question, its answer, and, one key away, what it stands on. */
export function StepCard(props: {
  readonly step: Step
  readonly number: number
  readonly open: boolean
}) {
  const { step, number, open } = props
  const behind = step.evidence.length > 0 || hasDetails(step)
  const head = (
    <>
      <Pill tone={toneOfStep(step)}>
        <span data-word>{wordOf(step)}</span>
      </Pill>
      <span class="step-label" data-label>
        {step.label}
      </span>
      <span class="question" data-question>
        {plainly(step.question)}
      </span>
      <span class="said">
        {known[step.known] ?? step.known}
        {step.duration_ms > 0 ? ` · ${span(step.duration_ms)}` : ''}
        {step.rules.length > 0 ? ` · ${step.rules.join(', ')}` : ''}
      </span>
      <span class="answer" data-answer>
        {plainly(step.answer)}
      </span>
      <Wishes step={step} />
    </>
  )
  return (
    <li
      id={`step-${number}`}
      class={`step ${toneOfStep(step)} ${step.known === 'first_hand' ? '' : 'claimed'}`}
      data-step={step.id}
    >
      <div class="step-card">
        {behind ? null : <div class="step-head">{head}</div>}
        {behind ? (
          <details open={open}>
            <summary class="step-head">{head}</summary>
            <div class="behind">
              <Evidence step={step} />
              <Details step={step} />
              <p class="small muted">
                <Time at={step.started_at} />
              </p>
            </div>
          </details>
        ) : null}
      </div>
    </li>
  )
}

/** What they ask for and what we did are two things, and the second is not always the first. */
function Wishes({ step }: { readonly step: Step }) {
  const { asked_for: asked, fix } = step
  // Where nobody asked for anything, nothing was done about it.
  const did = asked === null && step.did === 'none' ? null : step.did
  if (asked === null && did === null && fix === null) return null
  return (
    <span class="wishes">
      {asked === null ? null : <Wish label="They ask" what={asked} />}
      {did === null ? null : <Wish label="We did" what={did} />}
      {fix === null ? null : <Wish label="To do" what={fix} />}
    </span>
  )
}

function Wish({ label, what }: { readonly label: string; readonly what: string }) {
  return (
    <span>
      <span class="muted">{label}</span> <strong>{plainly(what)}</strong>
    </span>
  )
}
