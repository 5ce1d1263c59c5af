import type { RecordedAnswer } from '../dns/recording-resolver.ts'
import { sideOf, tell } from './catalogue.ts'
import { answersOf, type Facts, type JourneyMode, type JourneyRecord } from './record.ts'
import type { Line } from './spoken.ts'
import type { Step } from './steps.ts'
import { recipientsOf } from './recipients.ts'
import { type AnswerView, type Sentence, type VerdictWord, viewAnswer } from './sentence.ts'

/**
 * A journey as every view shows it: the page, the terminal and `--json` are made from this.
 * Fields may be added; a changed meaning is a new schema number.
 */
export interface JourneyView {
  readonly schema: 'waybill.journey/1'
  readonly id: string
  readonly direction: 'in' | 'out'
  readonly mode: JourneyMode
  readonly host: string
  readonly started_at: string
  readonly summary: string
  readonly subject: string
  readonly message_id: string
  /** The addresses in From; `null` where the record is older than the field. */
  readonly author: string | null
  readonly outcome: OutcomeView
  readonly envelope: {
    readonly ip: string
    readonly helo: string
    readonly mail_from: string
    readonly rcpt_to: readonly string[]
    readonly login: string | null
  }
  /** What became of it for each recipient. */
  readonly recipients: readonly RecipientView[]
  readonly steps: readonly StepView[]
  readonly conversation: readonly LineView[]
  readonly replay: {
    /** Everything that a replay needs is here. */
    readonly complete: boolean
    readonly dns_answers: number
    readonly clock: string | null
    readonly config_hash: string | null
  }
}

export interface OutcomeView {
  readonly status: string
  readonly smtp: AnswerView | null
  readonly because: readonly string[]
}

export interface RecipientView {
  readonly address: string
  readonly status: string
  /** The last answer about it, ours or the other server's. */
  readonly answer: AnswerView | null
  /** The accounts here that have the letter. */
  readonly accounts: readonly string[]
  readonly at: string
}

export interface StepView {
  readonly id: string
  readonly label: string
  readonly side: 'sending' | 'receiving'
  /** Who says so: everything in a record of ours, we saw ourselves. */
  readonly known: 'first_hand'
  readonly question: string
  readonly answer: string
  readonly verdict: VerdictWord
  readonly result: string | null
  readonly asked_for: string | null
  readonly did: string | null
  readonly started_at: string
  readonly duration_ms: number
  readonly evidence: readonly EvidenceView[]
  readonly rules: readonly string[]
  readonly explain: string
  readonly fix: string | null
  readonly [detail: string]: unknown
}

export interface EvidenceView {
  readonly kind: 'dns'
  readonly name: string
  readonly type: string
  readonly rcode: string
  readonly ttl: number | null
  readonly dnssec: string | null
  readonly server: string | null
  readonly ms: number
  readonly data: readonly unknown[]
}

export interface LineView {
  readonly from: Line['from']
  readonly text: string
  readonly at: string
}

/** Puts a record into the words and fields that every view shows. */
export function viewJourney(
  record: JourneyRecord,
  facts: Facts,
  current: {
    readonly status: string
    readonly summary: string
    /** The message that is still kept; without this key the record's own is believed. */
    readonly messageId?: string | undefined
  },
): JourneyView {
  const { envelope, replay } = record
  const asked = record.steps.flatMap((step) => step.dns)
  const octetsKept = !('messageId' in current) || current.messageId !== undefined
  const complete =
    asked.every(({ hash }) => facts.has(hash)) &&
    ((replay !== undefined && octetsKept) || !record.steps.some(({ type }) => type === 'spf'))
  return {
    schema: 'waybill.journey/1',
    id: record.id,
    direction: record.direction,
    mode: record.mode,
    host: record.host,
    started_at: time(record.startedAt),
    summary: current.summary,
    subject: record.subject,
    message_id: record.messageId,
    author: record.author ?? null,
    outcome: outcomeOf(record, current.status),
    envelope: {
      ip: envelope.ip,
      helo: envelope.helo,
      mail_from: envelope.mailFrom,
      rcpt_to: envelope.rcptTo,
      login: envelope.login ?? null,
    },
    recipients: recipientsOf(record).map(({ address, status, answer, accounts, at }) => {
      return { address, status, answer: viewAnswer(answer), accounts, at: time(at) }
    }),
    steps: record.steps.flatMap((step) => viewStep(step, record.direction, facts)),
    conversation: record.conversation.map(({ from, text, at }) => ({ from, text, at: time(at) })),
    replay: {
      complete,
      dns_answers: asked.length,
      clock: replay === undefined ? null : time(replay.now * 1000),
      config_hash: replay?.configHash ?? null,
    },
  }
}

/** How it ended, or how far it is, with the last answer there was. */
export function outcomeOf(record: JourneyRecord, status: string): OutcomeView {
  const { outcome, steps } = record
  const last = steps.findLast((step) => step.type === 'attempt')
  const later = last?.type === 'attempt' ? last.answer : undefined
  const first = 'smtp' in outcome ? outcome.smtp : undefined
  return { status, smtp: viewAnswer(later ?? first), because: outcome.because }
}

function viewStep(step: Step, direction: 'in' | 'out', facts: Facts): readonly StepView[] {
  const answers = answersOf(step, facts)
  return tell(step).map((sentence, index) => ({
    ...sentence.details,
    id: sentence.id,
    label: sentence.label,
    side: sideOf(step, direction),
    known: 'first_hand',
    question: sentence.question,
    answer: sentence.answer,
    verdict: sentence.verdict,
    result: sentence.result ?? null,
    asked_for: sentence.askedFor ?? null,
    did: sentence.did ?? null,
    started_at: time(step.startedAt),
    duration_ms: step.durationMs,
    evidence: evidenceFor(sentence, index, answers).map(viewAnswerOfDns),
    rules: sentence.rules,
    explain: `${sentence.id}-${sentence.result ?? sentence.verdict}`,
    fix: sentence.fix ?? null,
  }))
}

/** A route asks for exchanges and for addresses; each of its two sentences shows its own. */
function evidenceFor(
  sentence: Sentence,
  index: number,
  answers: readonly RecordedAnswer[],
): readonly RecordedAnswer[] {
  if (sentence.id === 'route.mx') return answers.filter(({ type }) => type === 'MX')
  if (sentence.id === 'route.address') return answers.filter(({ type }) => type !== 'MX')
  return index === 0 ? answers : []
}

const rcodes = {
  found: 'NOERROR',
  noData: 'NOERROR',
  noName: 'NXDOMAIN',
} as const

function viewAnswerOfDns({ name, type, answer, elapsedMs }: RecordedAnswer): EvidenceView {
  const common = { kind: 'dns', name, type, ms: elapsedMs ?? 0 } as const
  const server = answer.server ?? null
  if (answer.type === 'failed') {
    const rcode = answer.reason.toUpperCase()
    return { ...common, rcode, ttl: null, dnssec: null, server, data: [] }
  }
  const data = answer.type === 'found' ? answer.records : []
  const { ttlSeconds: ttl, dnssec } = answer
  return { ...common, rcode: rcodes[answer.type], ttl, dnssec, server, data }
}

function time(ms: number): string {
  return new Date(ms).toISOString()
}
