import type { StepData, UnservedPlace } from '../steps.ts'
import { listed, quoted, type Sentence } from '../sentence.ts'

/** Tells whether the owner of the author's domain gets a report of a message that failed. */
export function tellReported(
  step: Extract<StepData, { type: 'reported' | 'not-reported' }>,
): Sentence {
  const common = {
    id: 'reported',
    label: 'owner told',
    question: "Does the domain's owner get a report of it?",
    rules: ['RFC 9991 §2', 'RFC 9989 §4.7'],
  }
  const { refused } = step
  const others = refused.map((place) => ` ${placeSentence(place)}`).join('')
  if (step.type === 'not-reported') {
    const { because } = step
    return {
      ...common,
      answer: `No: ${reasons[because]}.${others}`,
      verdict: 'note',
      result: because,
      details: { because, refused },
    }
  }
  const { to, journey, incidents } = step
  const stands = incidents > 1 ? ` It stands for ${incidents} messages that failed.` : ''
  return {
    ...common,
    answer: `Yes, a failure report was queued to ${listed(to.map((one) => quoted(one)))}.${stands}${others}`,
    verdict: 'ok',
    details: { to, journey, incidents, refused },
  }
}

const reasons = {
  'public-suffix': 'only the record of a public suffix asks for it',
  automatic: 'the message was made by a program, and reports on those can go in circles',
  'domain-limit': 'the domain has had all its failure reports of today',
  'total-limit': 'this server has sent all its failure reports of today',
  'no-destination': 'no place that the record names can have it',
} as const

function placeSentence({ uri, because }: UnservedPlace): string {
  const place = quoted(uri)
  switch (because) {
    case 'unusable':
      return `${place} is no address that can be written to.`
    case 'not-mail':
      return `${place} is not a mail address, and reports go by mail only.`
    case 'not-authorized':
      return `${place} lies outside the domain and has not agreed to it.`
    case 'dns-error':
      return `${place} could not be asked whether it agrees.`
    case 'too-many':
      return `${place} is one of more than ten places.`
    case 'no-mailbox':
      return `${place} is nobody's address here.`
    case 'limit':
      return `${place} has had all its failure reports of today.`
  }
}
