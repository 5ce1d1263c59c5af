import { isWithin } from '../../address/domain.ts'
import type { JourneyRecord, Outcome } from '../record.ts'
import { ended, quoted } from '../sentence.ts'
import type { SmtpAnswer } from '../spoken.ts'
import type { Step } from '../steps.ts'
import { said } from './ending.ts'

type TurnedAway = Extract<Outcome, { readonly status: 'refused' | 'deferred' }>

/**
 * Why a letter, or a client, was turned away: one sentence for each cause, that somebody who has
 * never read a reply of SMTP understands. What has no sentence of its own has the words of the reply.
 */
export function tellTurnedAway(record: JourneyRecord, outcome: TurnedAway): string {
  const fault = lastOf(record, 'fault')
  if (fault?.answer?.code === outcome.smtp.code) {
    return `${heads[outcome.status]} by a fault that was set on purpose: ${ended(said(fault.answer))}`
  }
  switch (outcome.because[0]) {
    case 'dmarc':
      return tellJudged(record, outcome)
    case 'recipient':
      return tellRecipient(record, outcome)
    case 'message':
      return tellMessage(record, outcome)
    case 'login':
      return `${whoseLogin(record)} was refused: ${wordsOf(outcome.smtp)}`
    case 'loop':
      return 'Refused: it ran in a circle between mail servers.'
    default:
      return inItsWords(outcome)
  }
}

const heads = { refused: 'Refused', deferred: 'Asked to come back later' } as const

/** The author's domain wants it so, or DNS was silent about what it wants. */
function tellJudged(record: JourneyRecord, outcome: TurnedAway): string {
  const author = lastOf(record, 'dmarc')?.verdict.authorDomain
  if (author == null) return inItsWords(outcome)
  const domain = quoted(author)
  if (outcome.status === 'deferred') {
    return `Asked to come back later: DNS did not answer, so nobody can say whether ${domain} stands behind it.`
  }
  const signed = lastOf(record, 'dkim')?.verdicts.some((one) => {
    return one.result !== 'pass' && one.domain !== undefined && isWithin(one.domain, author)
  })
  const { ip } = record.envelope
  const what =
    signed === true
      ? `A letter in ${domain}'s name came from ${ip} with a signature that does not hold`
      : `A stranger at ${ip} wrote in ${domain}'s name`
  return `${what}; refused, as its owner asks.`
}

/** No letter without somebody to have it. */
function tellRecipient(record: JourneyRecord, outcome: TurnedAway): string {
  const refused = record.steps.flatMap((step) => {
    return step.type === 'recipient' && step.to === 'refused' ? [step.rcptTo] : []
  })
  const [first, ...more] = refused
  if (first === undefined) return inItsWords(outcome)
  const who = `${quoted(first)}${more.length === 0 ? '' : ` (and ${more.length} more)`}`
  const { code, enhanced } = outcome.smtp
  switch (`${code} ${enhanced}`) {
    case '550 5.1.1':
      return `Refused: nobody here has the address ${who}.`
    case '550 5.7.1':
      // Who has logged in is no stranger: it was refused for another reason.
      if (record.envelope.login !== undefined) return inItsWords(outcome)
      return `Refused: ${who} is not at this server, and strangers may not send through it.`
    case '451 4.7.1':
      return `Asked to come back later: it is the first letter from this sender to ${who} (greylisting).`
    default:
      return inItsWords(outcome)
  }
}

function tellMessage(record: JourneyRecord, outcome: TurnedAway): string {
  const message = lastOf(record, 'message')
  switch (message?.problem) {
    case 'too-big':
      return `Refused: it is larger than this server takes (${message.octets} octets).`
    case 'bare-newline':
      return 'Refused: a line of it does not end as lines of mail must, which can hide commands.'
    default:
      return inItsWords(outcome)
  }
}

/** Whose login it was that ended a connection, and where it came from: guessers are found by it. */
function whoseLogin({ steps, envelope }: JourneyRecord): string {
  const account = accountRefused(steps)
  const whose = account === undefined ? 'A login' : `The login as ${account}`
  return envelope.ip === '' ? whose : `${whose} from ${envelope.ip}`
}

/** The account whose login was refused last; `undefined` when its name was nobody's here. */
export function accountRefused(steps: JourneyRecord['steps']): string | undefined {
  const last = steps.findLast((step) => step.type === 'login')
  if (last?.type !== 'login' || last.accepted || last.account === '') return undefined
  return last.account
}

function inItsWords({ status, smtp }: TurnedAway): string {
  return `${heads[status]}. The client was told: ${wordsOf(smtp)}`
}

/** What a reply says, without its numbers and without the reference behind it. */
function wordsOf({ text }: SmtpAnswer): string {
  return ended(quoted(text.replace(/\s+Ref \w+$/, ''), 300))
}

function lastOf<T extends Step['type']>(
  { steps }: JourneyRecord,
  type: T,
): Extract<Step, { readonly type: T }> | undefined {
  return steps.findLast((step): step is Extract<Step, { readonly type: T }> => step.type === type)
}
