import { quoted, type Sentence } from '../sentence.ts'
import type { StepData } from '../steps.ts'

/** Tells who spoke for a client that did not log in. */
export function tellVouched(step: StepData & { readonly type: 'vouched' }): Sentence {
  const { by, network, ip } = step
  return {
    id: 'vouched',
    label: 'vouched for',
    question: 'May it send without a log-in?',
    answer: `Yes: ${ip} is in ${quoted(network)}, which the settings trust.`,
    verdict: 'ok',
    rules: ['RFC 6409 §3.3'],
    details: { by, network, ip },
  }
}
