import { laterSteps, type Outcome, readRecord } from '../journey/record.ts'
import { roleNamed } from '../journey/recipients.ts'
import type { SmtpAnswer } from '../journey/spoken.ts'
import type { Step } from '../journey/steps.ts'
import { type JourneyRow, rowOf, type StoredJourney } from '../store/ports/journeys.ts'

/** Each kind of event that there is, with what it means: the one list of them. */
export const eventTypes = {
  'message.accepted': 'A letter was taken; what becomes of it is told by later events.',
  'message.refused': 'A letter, a sender, or a login was refused for good.',
  'message.deferred': 'A client was asked to come back later.',
  'message.dropped': 'A connection ended without a letter.',
  'message.created': 'The server wrote a letter of its own: a notice or a report.',
  'message.delivered': 'A letter was filed in a mailbox here.',
  'message.quarantined': 'A letter was filed here as spam.',
  'message.held': 'Somebody held letters that wait.',
  'message.released': 'Somebody let held letters go on.',
  'delivery.accepted': 'The next server took a letter for one recipient; it is not "in the inbox".',
  'delivery.deferred': 'An attempt for one recipient was in vain, and there will be another.',
  'delivery.failed': 'A letter was given up for one recipient.',
  'delivery.paused': 'What a server said keeps further letters to it back for a while.',
  'message.bounced': 'A letter that another server had taken came back, for one recipient.',
  'message.complained': 'Somebody who got a letter of ours complained about it.',
  'account.held': 'An account sends far more than it usually does; what it sends waits.',
  'report.received': 'Somebody brought in DMARC or TLS reports of others.',
  'certificate.ends': 'The TLS certificate in use runs out in a few days, or has; told once a day.',
  'certificate.renewed': 'A new TLS certificate is in use.',
  'webhook.off': 'An endpoint was switched off: nothing is sent there any more.',
} as const

/** A kind of event. */
export type MailEventType = keyof typeof eventTypes

/** Something that happened to mail. */
export interface MailEvent {
  /** The same whenever and to whomever it is told. */
  readonly id: string
  readonly type: MailEventType
  /** Unix milliseconds. */
  readonly at: number
  /** The journey that it is about, as it is now; absent where it is about several. */
  readonly row?: JourneyRow
  /** What more there is to say, in the words of the API. */
  readonly detail: Readonly<Record<string, unknown>>
}

interface Part {
  readonly type: MailEventType
  readonly at: number
  readonly detail: MailEvent['detail']
}

/**
 * All that happened to a letter so far, in order. Later steps add to the end and change nothing
 * before it, so that the place of an event in this list is a part of its name for good.
 */
export function eventsOf(journey: StoredJourney): readonly MailEvent[] {
  const record = readRecord(journey.json, [])
  const last = record.steps.at(-1)
  const at = last === undefined ? record.startedAt : endOf(last)
  const steps = [...record.steps, ...laterSteps(journey.appended)]
  const parts = [
    ...outcomeParts(record.outcome, at, record.envelope.ip),
    ...steps.flatMap(stepParts),
  ]
  const row = rowOf(journey)
  return parts.map((part, index) => ({ id: `evt_${journey.id}_${index + 1}`, row, ...part }))
}

/** What the end of the session came to. Where a letter was filed, a step tells. */
function outcomeParts(outcome: Outcome, at: number, ip: string): readonly Part[] {
  const { because } = outcome
  const from = ip === '' ? {} : { client_ip: ip }
  switch (outcome.status) {
    case 'delivered':
    case 'quarantined':
    case 'queued':
      return [{ type: 'message.accepted', at, detail: { ...said(outcome.smtp), ...from } }]
    case 'refused':
    case 'deferred': {
      const detail = { ...said(outcome.smtp), because, ...from }
      return [{ type: `message.${outcome.status}`, at, detail }]
    }
    case 'dropped':
      return [{ type: 'message.dropped', at, detail: { because, ...from } }]
    case 'created':
      return [{ type: 'message.created', at, detail: { because } }]
  }
}

function stepParts(step: Step): readonly Part[] {
  const at = endOf(step)
  switch (step.type) {
    case 'filed': {
      const { recipient, account, mailbox } = step
      const type = roleNamed(mailbox) === 'junk' ? 'message.quarantined' : 'message.delivered'
      return [{ type, at, detail: { recipient, account, mailbox } }]
    }
    case 'attempt': {
      const { recipient, attempt, host, ip, result, answer, problem, nextAttemptAt } = step
      const detail = { recipient, attempt, ...said(answer), host, ip, ...toldProblem(problem) }
      if (result === 'delivered') return [{ type: 'delivery.accepted', at, detail }]
      if (result === 'deferred') {
        return [{ type: 'delivery.deferred', at, detail: { ...detail, ...next(nextAttemptAt) } }]
      }
      const by = answer === undefined ? 'local' : answer.code < 500 ? 'expired' : 'remote'
      return [{ type: 'delivery.failed', at, detail: { ...detail, permanent: true, by } }]
    }
    case 'put-off': {
      const { recipient, destination, problem, until } = step
      const detail = { recipient, destination, ...toldProblem(problem), ...next(until) }
      return [{ type: 'delivery.deferred', at, detail }]
    }
    case 'paused': {
      const { of, destination, problem, until } = step
      const detail = {
        of,
        destination,
        ...toldProblem(problem),
        until: new Date(until).toISOString(),
      }
      return [{ type: 'delivery.paused', at, detail }]
    }
    case 'given-up': {
      const { recipient, destination, by: who, why } = step
      const detail = { recipient, destination, permanent: true, by: 'operator', who, why }
      return [{ type: 'delivery.failed', at, detail }]
    }
    case 'returned': {
      const { recipient, action, status, reporter, said: words, matched, journey } = step
      if (action !== 'failed') return []
      const told = { status, reporter, text: words.slice(0, mostText), matched, report: journey }
      return [{ type: 'message.bounced', at, detail: { recipient, permanent: true, ...told } }]
    }
    case 'complained': {
      const { recipient, feedback, reporter, journey: report } = step
      const detail = { recipient, feedback, reporter, report }
      // Programs take people off their lists by it: what anybody may have written is none.
      if (feedback === 'not-spam' || step.unproved === true) return []
      return [{ type: 'message.complained', at, detail }]
    }
    case 'suppressed': {
      const { recipient, reason, since, why } = step
      const told = { reason, since: new Date(since).toISOString(), why: why.slice(0, mostText) }
      const detail = { recipient, permanent: true, by: 'suppression', ...told }
      return [{ type: 'delivery.failed', at, detail }]
    }
    default:
      return []
  }
}

function endOf(step: Step): number {
  return Math.round(step.startedAt + step.durationMs)
}

/** What a server said: code, enhanced code, text, and what it answered. */
function said(answer: SmtpAnswer | undefined): MailEvent['detail'] {
  if (answer === undefined) return {}
  const { code, enhanced, text, atCommand } = answer
  return { code, enhanced, text: text.slice(0, mostText), command: atCommand }
}

function toldProblem(problem: string): MailEvent['detail'] {
  return problem === '' ? {} : { problem: problem.slice(0, mostText) }
}

function next(at: number | undefined): MailEvent['detail'] {
  return at === undefined ? {} : { next_try: new Date(at).toISOString() }
}

/** Letters of foreign text in an event: the journey has all of it. */
export const mostText = 1000
