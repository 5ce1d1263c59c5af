import { meaningOf, type AnswerReading } from '../answers/kinds.ts'
import { readAnswer } from '../answers/read-answer.ts'
import { type NextTurn, turnAfter } from '../answers/turn.ts'
import type { DeliveryStep } from '../journey/delivery-steps.ts'
import type { JourneyRecord } from '../journey/record.ts'
import { type RecipientState, recipientsOf } from '../journey/recipients.ts'
import { ended, listed, viewAnswer } from '../journey/sentence.ts'
import type { SmtpAnswer } from '../journey/spoken.ts'
import type { AtCommand } from '../smtp/client-types.ts'
import type { QueueItem } from '../store/ports/queue.ts'
import { type Cause, causeOf, timesUnanswered } from './why-cause.ts'
import { readingView, type Why, type WhyRecipient } from './why.ts'
import type { ItemTurn } from './item-turns.ts'
import { type DestinationStanding, holdsOf } from './why-waiting.ts'

/** All that an explanation of a letter stands on. */
export interface WhyFacts {
  readonly record: JourneyRecord
  /** What waits of it. */
  readonly items: readonly QueueItem[]
  /** Of the destinations of the items, as far as a server was asked. */
  readonly standings: readonly DestinationStanding[]
  /** Where the server has the items; absent, or without some of them: it was not asked. */
  readonly turns?: readonly ItemTurn[] | undefined
  readonly running: boolean
  /** Unix milliseconds. */
  readonly now: number
}

type Attempt = DeliveryStep & { readonly type: 'attempt' }

/** Says of each recipient what happened, what keeps the letter, and whose turn it is. Pure. */
export function whyJourney(facts: WhyFacts): Why {
  const { record } = facts
  const from = record.envelope.mailFrom === '' ? 'the null sender' : record.envelope.mailFrom
  const subject = record.subject === '' ? '' : `, "${record.subject}"`
  const states = recipientsOf(record)
  const told = new Set(states.map(({ address }) => address))
  // What waits has its place in the queue, whatever the record says of it.
  const others = facts.items
    .filter(({ recipient }) => !told.has(recipient))
    .map(({ recipient }): RecipientState => {
      const nothing = { answer: undefined, accounts: [], at: record.startedAt }
      return { address: recipient, status: 'queued', ...nothing }
    })
  const recipients = [...states, ...others].map((state) => recipientOf(state, facts))
  const nobody = recipients.length === 0 ? ` ${record.outcome.because.map(ended).join(' ')}` : ''
  return {
    schema: 'waybill.why/1',
    about: 'journey',
    id: record.id,
    says: `A letter of ${from}${subject}, since ${new Date(record.startedAt).toISOString()}.${nobody}`,
    recipients,
  }
}

function recipientOf(state: RecipientState, facts: WhyFacts): WhyRecipient {
  const { address, status } = state
  const item = facts.items.find(({ recipient }) => recipient === address)
  const attempt = lastAttempt(facts.record, address)
  const reading = attempt === undefined ? undefined : readingOf(attempt)
  const cause = attempt === undefined ? undefined : causeOf(facts.record, attempt, reading)
  const tried: Tried = { attempt, reading, cause, copies: copiesText(facts.record, address) }
  const common = {
    recipient: address,
    status,
    holds: [],
    answer: viewAnswer(lastWord(state, attempt)),
    reading:
      reading === undefined
        ? null
        : { ...readingView(reading), ...(cause === undefined ? {} : { meaning: cause.says }) },
  }
  if (item !== undefined) return { ...common, ...waiting(item, tried, facts) }
  return { ...common, ...over(state, tried, facts.record) }
}

/** How often nobody knows whether the other server has it; empty where that never was. */
function copiesText(record: JourneyRecord, address: string): string {
  const times = timesUnanswered(record, address)
  if (times === 0) return ''
  const often = times === 1 ? 'Once' : `${times} times`
  return ` ${often} the whole letter was sent and no answer came that can be read: each time the server may have taken it.`
}

/**
 * What was answered last about this recipient. Who waits, or failed, has the word of the other
 * server, where it said one: that this server took the letter before is no answer to that.
 */
function lastWord({ status, answer }: RecipientState, attempt: Attempt | undefined) {
  if (attempt !== undefined) return attempt.answer
  return status === 'queued' || status === 'failed' ? undefined : answer
}

function lastAttempt({ steps }: JourneyRecord, recipient: string): Attempt | undefined {
  return steps.findLast((step): step is Attempt & typeof step => {
    return step.type === 'attempt' && step.recipient === recipient
  })
}

/** As the step has it; a record from before 0.5.0 has only the words. */
function readingOf({ result, reading, answer }: Attempt): AnswerReading | undefined {
  if (result === 'delivered') return undefined
  if (reading !== undefined || answer === undefined) return reading
  const { code, enhanced, text } = answer
  const reply = { code, enhanced: enhanced === '' ? null : enhanced, lines: [text] }
  const atCommand = commandOf(answer)
  return readAnswer({ because: 'reply', atCommand, status: enhanced, reply })
}

const commands: readonly AtCommand[] = [
  'CONNECT',
  'EHLO',
  'HELO',
  'LHLO',
  'MAIL',
  'DATA',
  'MESSAGE',
]

function commandOf({ atCommand }: SmtpAnswer): AtCommand {
  return commands.find((command) => command === atCommand) ?? 'RCPT'
}

interface Tried {
  readonly attempt: Attempt | undefined
  readonly reading: AnswerReading | undefined
  readonly cause: Cause | undefined
  /** A sentence behind a space, or empty. */
  readonly copies: string
}

function waiting(
  item: QueueItem,
  tries: Tried,
  { standings, turns, running, now }: WhyFacts,
): Pick<WhyRecipient, 'says' | 'turn' | 'todo' | 'holds'> {
  const standing = standings.find(({ destination }) => destination === item.destination)
  const turn = turns?.find(({ queueId }) => queueId === item.id)?.at
  const holds = Array.from(holdsOf(item, { now, running, standing, turn }))
  const [main] = holds
  const person = main?.by === 'hold' || main?.by === 'no-server'
  const next: NextTurn = person
    ? {
        turn: 'operator',
        todo:
          main?.by === 'hold'
            ? 'It goes on when the hold ends, or somebody releases it (waybill queue release).'
            : 'It goes on when the server is started.',
      }
    : waitingTurn(main?.by === 'under-way', tries.cause)
  const { attempt } = tries
  const tried = attempt === undefined ? 'It was not tried yet.' : triedText(attempt, tries)
  const keeps = holds.map(({ says, until }) => {
    return until === null ? says : `${ended(says)} That frees at ${until}.`
  })
  const end = `It is given up at ${new Date(item.expiresAt).toISOString()}.`
  const what = main?.sending === undefined ? 'waits' : 'is on its way'
  const says = [`It ${what} for ${item.recipient}.`, tried, ...keeps, next.todo, end].join(' ')
  return { says, ...next, holds }
}

/** Who can mend what keeps it has the turn, though this server tries again. */
function waitingTurn(underWay: boolean, cause: Cause | undefined): NextTurn {
  if (underWay || cause === undefined) return { turn: 'this-server', todo: byItself(underWay) }
  const { turn, todo } = cause.next
  return { turn, todo: `${todo} Until then this server tries it again by itself.` }
}

function byItself(underWay: boolean): string {
  return underWay
    ? 'What becomes of it is known in a moment; nobody has to do anything.'
    : 'This server tries it by itself; nobody has to do anything.'
}

function triedText(
  { attempt, host, answer, problem }: Attempt,
  { reading, cause, copies }: Tried,
): string {
  const said = answer === undefined ? ended(problem) : `${host} said: ${wordsOf(answer)}`
  const known = reading === undefined || reading.kind === 'unknown' ? '' : ` ${meaningOf(reading)}`
  const meaning = cause === undefined ? known : ` ${cause.says}`
  return `Attempt ${attempt} was in vain: ${ended(said)}${meaning}${copies}`
}

function wordsOf({ code, enhanced, text }: SmtpAnswer): string {
  return [String(code), enhanced, text.slice(0, 500)].filter((part) => part !== '').join(' ')
}

/** What became of it, where nothing waits any more. */
function over(
  { address, status, accounts, answer, at }: RecipientState,
  tried: Tried,
  record: JourneyRecord,
): Pick<WhyRecipient, 'says' | 'turn' | 'todo'> {
  const { attempt, copies } = tried
  const when = new Date(at).toISOString()
  const because = record.outcome.because.map(ended).join(' ')
  const words = answer === undefined ? '' : ` The answer was: ${ended(wordsOf(answer))}`
  switch (status) {
    case 'delivered': {
      const says =
        attempt === undefined
          ? `It is in the mailbox of ${listed(accounts)}, since ${when}.`
          : `${attempt.host} took it for ${address} at ${when}. What became of it there is not known here.${copies}`
      return { says, turn: 'nobody', todo: '' }
    }
    case 'quarantined':
      return {
        says: `It is filed as spam for ${address}, since ${when}. ${because}`,
        turn: 'recipient',
        todo: 'The recipient finds it in the mailbox for spam.',
      }
    case 'failed':
      return failed(address, tried, record)
    case 'queued':
    case 'deferred': {
      if (record.outcome.status === 'deferred') {
        const todo = 'The server that sends it comes back by itself.'
        return { says: `${address} was put off. ${because}${words}`, turn: 'other-server', todo }
      }
      return { says: `It waits no more for ${address}.`, turn: 'nobody', todo: '' }
    }
    case 'refused':
      if (record.outcome.status === 'created') return unwanted(address, record)
      return {
        says: `This server refused it for ${address}. ${because}${words}`,
        turn: 'sender',
        todo: 'The sender was told so by the server that sent it.',
      }
    case 'dropped':
      return {
        says: `The connection ended before the letter was taken. ${because}`,
        turn: 'other-server',
        todo: 'The server that sends it comes back by itself.',
      }
    case 'created':
      return { says: `This server wrote it. ${because}`, turn: 'nobody', todo: '' }
  }
}

/** A report of this server that its own directory has nobody for. */
function unwanted(
  address: string,
  { outcome }: JourneyRecord,
): Pick<WhyRecipient, 'says' | 'turn' | 'todo'> {
  const [what = 'report'] = outcome.because
  return {
    says: `This server wrote it (${what}), and nobody has it: ${address} has no mailbox here.`,
    turn: 'operator',
    todo: `What is written to ${address} finds a person when an account or alias has that name (waybill alias add).`,
  }
}

function failed(
  address: string,
  { attempt, reading, cause, copies }: Tried,
  { steps }: JourneyRecord,
): Pick<WhyRecipient, 'says' | 'turn' | 'todo'> {
  const told = steps.some(
    (step) => step.type === 'notified' && (step.recipients ?? [address]).includes(address),
  )
  const report = told ? ' The sender has a report of it.' : ''
  const given = steps.findLast((step) => step.type === 'given-up' && step.recipient === address)
  if (given?.type === 'given-up') {
    const why = given.why === '' ? '' : ` The reason: ${ended(given.why)}`
    return {
      says: `${given.by} gave it up for ${address}.${why}${report}`,
      turn: 'nobody',
      todo: '',
    }
  }
  const { answer, problem = '', host = '' } = attempt ?? {}
  const next: NextTurn =
    cause?.next ?? (reading === undefined ? { turn: 'nobody', todo: '' } : turnAfter(reading))
  const meaning = reading === undefined ? '' : ` ${cause?.says ?? meaningOf(reading)}`
  const said = answer === undefined ? '' : ` ${host} said: ${ended(wordsOf(answer))}`
  const says = `It failed for ${address}. ${ended(problem)}${said}${meaning}${copies} ${next.todo}${report}`
  return { says: says.trim(), ...next }
}
