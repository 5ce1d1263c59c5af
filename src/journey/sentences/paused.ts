import type { DeliveryStep } from '../delivery-steps.ts'
import { quoted, type Sentence } from '../sentence.ts'

/** Why a letter was put off untried, before the words of the problem itself. */
export function heldBackBy(step: DeliveryStep & { readonly type: 'put-off' }): string {
  const to = quoted(step.destination)
  return step.paused === true ? `mail to ${to} is paused.` : `${to} did not answer a moment ago,`
}

/** Tells that further letters are kept back, and who can mend it. */
export function tellPause(step: DeliveryStep & { readonly type: 'paused' }): Sentence {
  const { of, source, destination, problem, until } = step
  const to = quoted(destination)
  const at = new Date(until).toISOString()
  const what =
    source !== undefined
      ? `Not from ${source} until ${at}: what it said is about that address of ours. Other addresses of its pool are used; where there is none,`
      : of === 'source'
        ? `Not until ${at}: what it said is about our address, so no more is sent from it to ${to}.`
        : `Not until ${at}: what it said is about all mail, so no more is sent to ${to}.`
  return {
    id: 'paused',
    label: 'paused',
    question: `Are other letters sent to ${to} now?`,
    answer: `${what} ${source === undefined ? 'They' : 'they'} wait, and none is lost. ${quoted(problem, 400)}`,
    verdict: 'warn',
    rules: ['RFC 5321 §4.5.4.1'],
    details: { of, ...(source === undefined ? {} : { source }), destination, problem, until: at },
  }
}
