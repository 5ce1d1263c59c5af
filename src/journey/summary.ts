import type { JourneyRecord } from './record.ts'
import { dropReason } from './sentences/ending.ts'

/** One sentence on how a journey ended: what `waybill list` shows. */
export function summaryOf(record: JourneyRecord): string {
  const { outcome } = record
  const to = recipients(acceptedRecipients(record))
  switch (outcome.status) {
    case 'delivered':
      return `Filed in Inbox for ${to}.`
    case 'quarantined':
      return `Marked as spam: filed in Junk for ${to}.`
    case 'queued':
      return `Taken for delivery to ${to}.`
    case 'refused':
      return `Refused: ${outcome.smtp.code} ${outcome.smtp.enhanced} ${outcome.smtp.text}`
    case 'deferred':
      return `Asked to come back later: ${outcome.smtp.code} ${outcome.smtp.text}`
    case 'dropped':
      return `The connection ended without a message (${outcome.because.map(dropReason).join(', ')}).`
    case 'created':
      return `${createdWords[outcome.because[0] ?? ''] ?? 'A delivery report'} for ${to}.`
  }
}

const createdWords: Readonly<Record<string, string>> = {
  'aggregate report': 'A DMARC report',
  'failure report': 'A report of a failed message',
}

/** Those for whom it was taken: of several recipients, some may have been refused. */
function acceptedRecipients({ envelope, steps }: JourneyRecord): readonly string[] {
  const refused = new Set(
    steps.flatMap((step) =>
      step.type === 'recipient' && step.to === 'refused' ? [step.rcptTo] : [],
    ),
  )
  return envelope.rcptTo.filter((rcptTo) => !refused.has(rcptTo))
}

function recipients(rcptTo: readonly string[]): string {
  const [first, ...more] = rcptTo
  if (first === undefined) return 'nobody'
  return more.length === 0 ? first : `${first} and ${more.length} more`
}
