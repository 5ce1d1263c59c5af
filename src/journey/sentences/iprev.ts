import type { IprevVerdict } from '../../inspect/iprev.ts'
import { listed, quoted, type Sentence, type VerdictWord } from '../sentence.ts'

/** Does the client have a name? Information: nothing is decided by it. */
export function tellIprev(verdict: IprevVerdict): Sentence {
  const { result, ip } = verdict
  return {
    id: 'iprev',
    label: 'iprev',
    question: `Does ${quoted(ip)} have a name that leads back to it?`,
    answer: iprevAnswer(verdict),
    verdict: isNotAsked(verdict) ? 'skipped' : iprevWords[result],
    result,
    rules: ['RFC 8601 §3'],
    details: { evaluation: verdict },
  }
}

const iprevWords: Readonly<Record<IprevVerdict['result'], VerdictWord>> = {
  pass: 'pass',
  fail: 'note',
  permerror: 'none',
  temperror: 'unknown',
}

function isNotAsked(verdict: IprevVerdict): boolean {
  return verdict.result === 'temperror' && verdict.because === 'not-asked'
}

function iprevAnswer(verdict: IprevVerdict): string {
  const ip = quoted(verdict.ip)
  switch (verdict.result) {
    case 'pass':
      return `${ip} is ${quoted(verdict.name)}, and that name leads back to it.`
    case 'fail': {
      const { names } = verdict
      const shown = names.slice(0, 3).map(({ name }) => quoted(name))
      const all = names.length > shown.length ? [...shown, 'others'] : shown
      const back = all.length === 1 ? 'that name does not lead' : 'none of them leads'
      return `DNS calls ${ip} ${listed(all)}, and ${back} back to it.`
    }
    case 'permerror':
      return verdict.because === 'no-name'
        ? `DNS has no name for ${ip}.`
        : 'The client has no address.'
    case 'temperror':
      return isNotAsked(verdict)
        ? `Not looked up: the name of ${ip} is not asked for here.`
        : 'DNS did not answer, so it is not known.'
  }
}
