import type { FailureReport } from './feedback.ts'
import type { PartField } from './mime-parts.ts'
import { quoted } from './report-problem.ts'
import type { ValueReader } from './reported-value.ts'

/** RFC 5965 §3.1, §3.2 and RFC 6591 §3.1: each stands at most once. */
const singles = [
  'Feedback-Type',
  'User-Agent',
  'Version',
  'Original-Envelope-Id',
  'Original-Mail-From',
  'Arrival-Date',
  'Reporting-MTA',
  'Source-IP',
  'Incidents',
  'Auth-Failure',
  'Delivery-Result',
  'Identity-Alignment',
]

/** RFC 5965 §3.2: these may. */
const repeatable = ['Original-Rcpt-To', 'Authentication-Results', 'Reported-Domain', 'Reported-URI']

/** RFC 6591 §3.3; RFC 9991 §4 for `dmarc`. */
const authFailures = ['adsp', 'bodyhash', 'dmarc', 'revoked', 'signature', 'spf']

/** RFC 6591 §3.2.2. */
const deliveryResults = ['delivered', 'spam', 'policy', 'reject', 'other']

/** Tells of fields that stand more often than they may; the first one is what was read. */
export function checkRepeats(fields: readonly PartField[], values: ValueReader): void {
  for (const name of singles) {
    const count = fields.filter((field) => field.name === name.toLowerCase()).length
    if (count < 2) continue
    values.problem('passed-over', name, `${name} stands there ${count} times; one was read.`)
  }
}

/** Tells of fields that may stand there again, and stand more often than is read. */
export function checkNumbers(fields: readonly PartField[], max: number, values: ValueReader): void {
  for (const name of repeatable) {
    const count = fields.filter((field) => field.name === name.toLowerCase()).length
    if (count <= max) continue
    values.problem('too-large', name, `${name} stands there ${count} times; ${max} were read.`)
  }
}

/** Tells of words that nobody registered, and of what a report about DMARC lacks. */
export function checkFailure(
  report: Pick<FailureReport, 'authFailure' | 'deliveryResult' | 'identityAlignment'>,
  values: ValueReader,
): void {
  const { authFailure, deliveryResult, identityAlignment } = report
  checkWord(authFailure, { name: 'Auth-Failure', known: authFailures }, values)
  checkWord(deliveryResult, { name: 'Delivery-Result', known: deliveryResults }, values)
  // RFC 9991 §4 requires it; RFC 6591 does not know it.
  if (authFailure === 'dmarc' && identityAlignment === null) {
    values.problem('missing', 'Identity-Alignment', 'Identity-Alignment is missing.')
  }
}

function checkWord(
  word: string | null,
  { name, known }: { readonly name: string; readonly known: readonly string[] },
  values: ValueReader,
): void {
  if (word === null || known.includes(word)) return
  values.problem('invalid-value', name, `${name} is ${quoted(word)}, which means nothing known.`)
}
