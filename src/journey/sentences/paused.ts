import type { DeliveryStep } from '../delivery-steps.ts'
import { quoted, type Sentence } from '../sentence.ts'

/** Why a letter was put off untried, before the words of the problem itself. */
export function heldBackBy(step: DeliveryStep & { readonly type: 'put-off' }): string {
  const to = quoted(step.destination)
  return step.paused === true ? `mail to ${to} is paused.` : `${to} did not answer a moment ago,`
}

/** Tells that further letters are kept back, and who can mend it. */
export function tellPause(step: DeliveryStep & { readonly type: 'paused' }): Sentence {
  const { of, source, destination, problem, until, spared } = step
  const to = quoted(destination)
  const at = new Date(until).toISOString()
  const words = quoted(problem, 400)
  const common = {
    id: 'paused',
    label: 'paused',
    question: `Are other letters sent to ${to} now?`,
    verdict: 'warn',
    rules: ['RFC 5321 §4.5.4.1'],
  } as const
  const details = {
    of,
    ...(source === undefined ? {} : { source }),
    destination,
    problem,
    until: at,
  }
  if (spared !== undefined) {
    const from = source === undefined ? '' : ` from ${source}`
    const answer = `Not${from} until ${at}: what it said is about that address of ours. This letter goes on from another one of its pool at once. ${words}`
    return { ...common, answer, details: { ...details, ...spared } }
  }
  const what =
    source !== undefined
      ? `Not from ${source} until ${at}: what it said is about that address of ours. Other addresses of its pool are used; where there is none,`
      : of === 'source'
        ? `Not until ${at}: what it said is about our address, so no more is sent from it to ${to}.`
        : `Not until ${at}: what it said is about all mail, so no more is sent to ${to}.`
  const others = source === undefined ? 'They' : 'they'
  return { ...common, answer: `${what} ${others} wait, and none is lost. ${words}`, details }
}
