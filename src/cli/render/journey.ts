import type { JourneyView, StepView } from '../../journey/view.ts'
import type { VerdictWord } from '../../journey/sentence.ts'
import { columns, paint, wrapped } from '../output.ts'

const colours: Readonly<Record<VerdictWord, Parameters<typeof paint>[0]>> = {
  ok: 'green',
  pass: 'green',
  note: 'cyan',
  warn: 'yellow',
  fail: 'red',
  none: 'gray',
  skipped: 'gray',
  unknown: 'magenta',
}

/** A connection that brought no letter is no report from nobody to nobody. */
function letterOf({ mail_from: from, rcpt_to: to }: JourneyView['envelope']): string {
  if (from === '' && to.length === 0) return 'No letter'
  return `From ${from === '' ? '<>' : from}  to ${to.join(', ') || 'nobody'}`
}

/** A journey for a terminal; with `evidence`, every DNS answer and SMTP line as well. */
export function renderJourney(
  view: JourneyView,
  options: { readonly evidence: boolean; readonly step?: string },
): string {
  const { envelope, outcome } = view
  const journey = `Journey ${view.id}`
  const [width, indent] = [columns(), 4]
  const by = `${view.direction === 'in' ? 'received' : 'sent'} by ${view.host}, ${view.started_at}`
  const letter = letterOf(envelope) + (envelope.ip === '' ? '' : `  from ${envelope.ip}`)
  const subject = view.subject === '' ? [] : [`Subject: ${view.subject}`]
  const lines = [
    `${paint('bold', journey)}  ${wrapped(by, { width, indent, used: journey.length + 2 })}`,
    ...[letter, ...subject].map((text) => `  ${wrapped(text, { width, indent, used: 2 })}`),
    '',
  ]
  const steps = view.steps.filter(({ id }) => {
    return options.step === undefined || id === options.step || id.startsWith(`${options.step}.`)
  })
  const wordWidth = wordWidthOf(steps)
  steps.forEach((step, index) => {
    lines.push(renderStep(step, index + 1, wordWidth))
    if (options.evidence) lines.push(...renderEvidence(step))
  })
  const beside = outcome.status.length + 4
  const summary = wrapped(view.summary, { width, indent: beside, used: beside })
  lines.push('', `  ${paint('bold', outcome.status)}  ${summary}`)
  if (options.evidence && options.step === undefined) lines.push(...renderConversation(view))
  return lines.join('\n')
}

/** One numbered line: label, verdict word, sentence. On a terminal the sentence keeps its column. */
export function renderStep(
  step: StepView,
  number: number,
  wordWidth: number = usualWordWidth,
): string {
  const start = ` ${String(number).padStart(2)}  ${step.label.padEnd(12)}`
  const word = paint(colours[step.verdict], wordOf(step).padEnd(wordWidth))
  const indent = start.length + wordWidth + 1
  return `${start}${word} ${wrapped(step.answer, { width: columns(), indent, used: indent })}`
}

const usualWordWidth = 9

/** As wide as the longest word of these steps, so that the sentences stand below each other. */
function wordWidthOf(steps: readonly StepView[]): number {
  return Math.max(usualWordWidth, ...steps.map((step) => wordOf(step).length))
}

function wordOf({ verdict, result }: StepView): string {
  return verdict === 'ok' ? 'ok' : (result ?? verdict)
}

function renderEvidence(step: StepView): readonly string[] {
  const took = step.duration_ms > 0 ? [`${step.duration_ms} ms`] : []
  const rules = step.rules.length > 0 ? [step.rules.join(', ')] : []
  const asked = step.evidence.map((one) => {
    const shown = one.data.length === 0 ? one.rcode : one.data.map(shownRecord).join(' ')
    const ttl = one.ttl === null ? '' : `, TTL ${one.ttl}`
    // The AD bit of a resolver that is trusted: DNSSEC proves the answer.
    const proven = one.dnssec === 'secure' ? ', AD' : ''
    return `DNS ${one.name} ${one.type}: ${shown}  (${one.ms} ms${ttl}${proven}${one.server === null ? '' : `, ${one.server}`})`
  })
  const wishes = [
    ...(step.asked_for === null ? [] : [`asked for: ${step.asked_for}`]),
    ...(step.did === null ? [] : [`done: ${step.did}`]),
    ...(step.fix === null ? [] : [`to do: ${step.fix}`]),
  ]
  return [...asked, ...detailLines(step), ...wishes, [...took, ...rules].join('; ')]
    .filter((line) => line !== '')
    .map((line) => paint('gray', wrapped(line, { width: columns(), indent: 18, used: 16 })))
    .map((line) => `${' '.repeat(16)}${line}`)
}

/** `10 mx.north.example` for an exchange, quotes around text. */
function shownRecord(value: unknown): string {
  if (!isObject(value)) return JSON.stringify(value)
  const { preference, exchange } = value
  if (exchange !== undefined) return `${plain(preference)} ${plain(exchange)}`
  return JSON.stringify(value)
}

/** What stands behind a step, in its own terms: what was compared, weighed and said. */
function detailLines(step: StepView): readonly string[] {
  const terms = objects(step['terms']).map(
    (one) => `${plain(one['text'])}: ${plain(one['outcome'])}`,
  )
  const considered = objects(step['considered']).map((one) => {
    return `weighed ${plain(one['evidence'])}: ${plain(one['outcome'])}, ${plain(one['because'])}`
  })
  const signatures = objects(step['signatures']).map((one) => {
    const { domain, selector, algorithm, result, body } = one
    const hashes = isObject(body)
      ? `, body hash signed ${plain(body['expected'])}, found ${plain(body['found'])}`
      : ''
    return `d=${plain(domain)} s=${plain(selector)} a=${plain(algorithm)}: ${plain(result)}${hashes}`
  })
  const said = objects(step['conversation']).map(({ from, text }) => {
    return `${from === 'client' ? '->' : '<-'} ${plain(text)}`
  })
  const { smtp } = step
  const told = isObject(smtp)
    ? [`told: ${['code', 'enhanced', 'text'].map((one) => plain(smtp[one])).join(' ')}`]
    : []
  const elsewhere = step['conversation_with']
  const pointer =
    typeof elsewhere === 'string' ? [`said together with the step for ${elsewhere}`] : []
  return [...terms, ...considered, ...signatures, ...told, ...said, ...pointer]
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function objects(value: unknown): readonly Readonly<Record<string, unknown>>[] {
  return Array.isArray(value) ? value.filter(isObject) : []
}

function plain(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '-'
}

function renderConversation(view: JourneyView): readonly string[] {
  if (view.conversation.length === 0) return []
  // swaks' marks, which mail people know: -> is the client, <- the server.
  const marks = { client: '->', server: '<-', note: '==' } as const
  const [width, indent] = [columns(), 5]
  const said = view.conversation.map(({ from, text }) => {
    return `  ${marks[from]} ${wrapped(text, { width, indent, used: indent })}`
  })
  return ['', paint('bold', 'The conversation'), ...said]
}
