import type { ChosenSource, SourceFacts } from '../../source/choose-source.ts'
import type { DeliveryStep } from '../delivery-steps.ts'
import { listed, quoted, type Sentence } from '../sentence.ts'

/** Tells from which of our addresses it goes, why not from another, and what cannot be reached so. */
export function tellSource(step: DeliveryStep & { readonly type: 'source' }): Sentence {
  const { destination, facts, choice } = step
  const common = {
    id: 'source',
    label: 'from where?',
    question: `From which of our addresses does it go to ${quoted(destination)}?`,
    rules: [],
    details: { destination, facts, choice },
  }
  if (choice.type === 'wait') {
    return { ...common, answer: quoted(choice.because, 800), verdict: 'unknown', result: 'wait' }
  }
  const answer = [
    `From ${sourceWords(choice)}, ${poolWords(facts)}.`,
    ...choice.passedOver.map(
      ({ source, because }) => `Not from ${source}. ${quoted(because, 400)}`,
    ),
    ...familyWords(choice, facts),
    ...todayWords(choice, facts),
  ].join(' ')
  return { ...common, answer, verdict: 'ok', result: choice.source }
}

function sourceWords({ source, hostname, ipv4, ipv6 }: ChosenSource): string {
  const addresses = [ipv4, ipv6].filter((one) => one !== undefined)
  return `${source} (${addresses.join(', ')}), which calls itself ${quoted(hostname)}`
}

function poolWords({ pool, by }: SourceFacts): string {
  const why = {
    address: 'as the settings say for the address of its sender',
    account: 'as the settings say for the account that sent it',
    domain: 'as the settings say for the domain of its sender',
    destination: 'as the settings say for its destination',
    default: 'where nothing else is said',
  }[by]
  return `of the pool "${pool}", ${why}`
}

/** RFC 5321 §5.1 has every address of an exchange tried: where that cannot be, it is told. */
function familyWords({ ipv4, ipv6 }: ChosenSource, { families }: SourceFacts): readonly string[] {
  const lacking = families.filter((family) => (family === 4 ? ipv4 : ipv6) === undefined)
  if (lacking.length === 0) return []
  const names = listed(lacking.map((family) => `IPv${family}`))
  return [`It has no ${names} address, so those of the servers there are not tried.`]
}

function todayWords(
  { source }: ChosenSource,
  { candidates, letters }: SourceFacts,
): readonly string[] {
  const taken = candidates.find(({ name }) => name === source)
  if (taken?.limit === undefined) return []
  const most = taken.limit.letters
  const now = Math.min(most, taken.sent + letters)
  return [`With these it has ${now} of its ${most} letters of today (warm-up).`]
}
