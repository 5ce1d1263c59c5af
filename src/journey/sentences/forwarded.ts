import { listed, quoted, type Sentence } from '../sentence.ts'
import type { StepData } from '../steps.ts'

type ForwardedStep = Extract<StepData, { readonly type: 'forwarded' | 'not-forwarded' }>

/** Tells that a letter is handed on to other servers, or why it is not. */
export function tellForwarded(step: ForwardedStep): Sentence {
  const whom = quoted(step.recipient)
  const question = `Where does mail for ${whom} go on to?`
  if (step.type === 'not-forwarded') {
    return {
      id: 'forwarded',
      label: 'handed on',
      question,
      answer: `Nowhere: it looks like spam, and what is handed on for ${whom} goes in our name.`,
      verdict: 'fail',
      result: step.why,
      rules: ['RFC 7489 §10.3'],
      details: { recipient: step.recipient, why: step.why },
    }
  }
  const { recipient, to, because, reversePath, seal } = step
  const as = reversePath === '' ? 'the null reverse-path' : quoted(reversePath)
  const sealed =
    seal.type === 'sealed'
      ? `ARC set ${seal.instance} of ${quoted(seal.domain)} says what was found (cv=${seal.status}).`
      : `It has no ARC set of ours: ${quoted(seal.text)}`
  const why = because === 'bounce' ? 'It is a report that comes back to its sender.' : ''
  return {
    id: 'forwarded',
    label: 'handed on',
    question,
    answer: `To ${listed(to.map((one) => quoted(one)))}, as ${as}. ${sealed}${why === '' ? '' : ` ${why}`}`,
    verdict: 'ok',
    result: because,
    rules: ['RFC 5321 §3.9', 'RFC 8617 §5.1'],
    details: { recipient, to, because, reverse_path: reversePath, seal },
  }
}
