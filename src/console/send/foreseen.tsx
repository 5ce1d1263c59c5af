import { useEffect, useRef } from 'preact/hooks'
import { StepCard } from '../message/step.tsx'
import { plainly } from '../parts/plain.ts'
import { Pill, toneOfStatus } from '../parts/verdict.tsx'
import type { Journey } from '../types.ts'

/** The journey that a letter would have. */
export function Foreseen({ journey }: { readonly journey: Journey }) {
  const { outcome, summary, steps } = journey
  const tone = toneOfStatus(outcome.status)
  const head = useRef<HTMLHeadingElement>(null)
  useEffect(() => head.current?.focus(), [journey])
  return (
    <section>
      <h2 ref={head} tabIndex={-1}>
        What would happen <Pill tone={tone}>{outcome.status}</Pill>
      </h2>
      <p class={`sentence ${tone}`}>{plainly(summary)}</p>
      <p class="muted small">
        Nothing was sent. This is the journey that it would have, as DNS has it now.
      </p>
      <ol class="steps">
        {steps.map((step, index) => (
          <StepCard key={index} step={step} number={index + 1} open={false} />
        ))}
      </ol>
    </section>
  )
}
