import { useEffect } from 'preact/hooks'
import { span } from '../parts/plain.ts'
import { Sign, toneOfStep, wordOf } from '../parts/verdict.tsx'
import { query, withQuery } from '../shell/route.ts'
import type { Journey, Step } from '../types.ts'
import type { TabProps } from './tab.ts'
import { Recipients } from './recipients.tsx'
import { StepCard } from './step.tsx'

/** The way of a message: drawn, then told step by step. */
export function JourneyTab({ message, journey }: TabProps) {
  const chosen = Number(query.value.get('step') ?? 0)
  useEffect(() => {
    if (chosen === 0) return
    const card = document.getElementById(`step-${chosen}`)
    card?.scrollIntoView({ block: 'nearest' })
    card?.querySelector<HTMLElement>('summary')?.focus({ preventScroll: true })
  }, [chosen])
  return (
    <>
      <Flow journey={journey} chosen={chosen} />
      <h2 class="heard">Step by step</h2>
      <ol class="steps">
        {journey.steps.map((step, index) => (
          <StepCard
            key={index}
            step={step}
            number={index + 1}
            open={chosen === index + 1 || (chosen === 0 && isTelling(step))}
          />
        ))}
      </ol>
      <Recipients journey={journey} attempts={message.id} />
    </>
  )
}

/** Whether a step says why it ended as it did: its evidence stands open. */
function isTelling({ verdict, id }: Step): boolean {
  return (verdict === 'fail' || verdict === 'warn') && /^(spf|dkim|dmarc|arc)/.test(id)
}

/** The steps of one side, one after the other. */
interface Bank {
  readonly side: Step['side']
  readonly steps: readonly { readonly step: Step; readonly number: number }[]
}

function banksOf(steps: readonly Step[]): readonly Bank[] {
  const banks: { side: Step['side']; steps: { step: Step; number: number }[] }[] = []
  steps.forEach((step, index) => {
    const last = banks.at(-1)
    const one = { step, number: index + 1 }
    if (last?.side === step.side) last.steps.push(one)
    else banks.push({ side: step.side, steps: [one] })
  })
  return banks
}

function knownOf(steps: Bank['steps']): string {
  const known = new Set<string>(steps.map(({ step }) => step.known))
  return known.size === 1 && known.has('first_hand') ? 'seen here' : Array.from(known).join(', ')
}

/** The journey from left to right. On narrow screens the list below is drawn upright instead. */
function Flow({ journey, chosen }: { readonly journey: Journey; readonly chosen: number }) {
  const unseen = (
    <div class="bank unseen">
      <p class="small muted">Not seen here</p>
      <p class="node claimed">
        <span class="sign unknown" aria-hidden="true">
          ?
        </span>
        <span class="node-label">{journey.direction === 'in' ? 'the sender' : 'the receiver'}</span>
        <span class="node-word">unknown</span>
      </p>
    </div>
  )
  return (
    <nav class="flow" aria-label="The journey">
      {journey.direction === 'in' ? unseen : null}
      {banksOf(journey.steps).map((bank, index) => (
        <div class="bank" key={index}>
          <p class="small muted">
            {bank.side === 'sending' ? 'Sending side' : 'Receiving side'} · {knownOf(bank.steps)}
          </p>
          <ol>
            {bank.steps.map(({ step, number }) => (
              <li key={number} class={step.known === 'first_hand' ? 'node' : 'node claimed'}>
                <a
                  href={withQuery({ step: String(number) })}
                  data-stay
                  aria-current={chosen === number ? 'step' : undefined}
                >
                  <Sign tone={toneOfStep(step)} />
                  <span class="node-label">{step.label}</span>
                  <span class="node-word">{wordOf(step)}</span>
                  <span class="node-word">
                    {step.duration_ms > 0 ? span(step.duration_ms) : ''}
                  </span>
                </a>
              </li>
            ))}
          </ol>
        </div>
      ))}
      {journey.direction === 'out' ? unseen : null}
    </nav>
  )
}
