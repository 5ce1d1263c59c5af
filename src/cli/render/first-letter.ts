import type { JourneyView, StepView } from '../../journey/view.ts'
import { renderStep } from './journey.ts'

/** The nine lines of the first letter: the way of one letter through two servers. */
export function renderFirstLetter(
  sent: JourneyView,
  received: JourneyView,
  totalMs: number,
): string {
  const step = (view: JourneyView, id: string): StepView | undefined => {
    return view.steps.find((one) => one.id === id || one.id.startsWith(`${id}.`))
  }
  const login = step(sent, 'login')
  const tls = step(sent, 'tls')
  const submitted: readonly StepView[] =
    login === undefined
      ? []
      : [
          {
            ...login,
            label: 'submitted',
            answer:
              `${login.answer} ${tls === undefined ? '' : tls.answer.replace('Yes: ', '')}`.trim(),
          },
        ]
  const filed = step(received, 'filed')
  const ending: readonly StepView[] =
    filed === undefined
      ? []
      : [{ ...filed, answer: `${filed.answer} It took ${totalMs} ms from first to last.` }]
  const steps = [
    ...submitted,
    step(sent, 'signed'),
    step(sent, 'route.mx'),
    step(sent, 'route.address'),
    step(sent, 'dial.tls') ?? step(sent, 'dial'),
    step(received, 'spf'),
    step(received, 'dkim'),
    step(received, 'dmarc'),
    ...ending,
  ]
  return steps
    .filter((one) => one !== undefined)
    .map((one, index) => ` ${renderStep(one, index + 1)}`)
    .join('\n')
}
