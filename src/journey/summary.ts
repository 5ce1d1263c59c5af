import { dropReason } from './sentences/ending.ts'
import { tellTurnedAway } from './sentences/turned-away.ts'
import type { Decision } from '../inspect/decide.ts'
import type { JourneyRecord } from './record.ts'

/** One sentence on how a journey ended: what every view shows first. */
export function summaryOf(record: JourneyRecord): string {
  const { outcome } = record
  const to = recipients(acceptedRecipients(record))
  switch (outcome.status) {
    case 'delivered': {
      const caught = record.steps.find((step) => step.type === 'caught')
      return caught === undefined ? `Filed in Inbox for ${to}.` : caughtFor(to, caught)
    }
    case 'quarantined':
      return `Marked as spam: filed in Junk for ${to}.`
    case 'queued':
      return `Taken for delivery to ${to}.`
    case 'refused':
    case 'deferred':
      return tellTurnedAway(record, outcome)
    case 'dropped':
      return `The connection ended without a message (${outcome.because.map(dropReason).join(', ')}).`
    case 'created':
      return `${createdWords[outcome.because[0] ?? ''] ?? 'A delivery report'} for ${to}.`
  }
}

const createdWords: Readonly<Record<string, string>> = {
  'aggregate report': 'A DMARC report',
  'TLS report': 'A TLS report',
  'failure report': 'A report of a failed message',
  'account held': 'Word that an account is held',
}

/** What was caught goes nowhere, whatever would have become of it elsewhere. */
function caughtFor(
  to: string,
  { would, unknown = false }: { readonly would: Decision['action']; readonly unknown?: boolean },
): string {
  return `Caught here for ${to}${unknown ? '' : `; it would have been ${fates[would]}`}.`
}

const fates = {
  deliver: 'delivered',
  'mark-as-spam': 'marked as spam',
  refuse: 'refused',
  defer: 'asked to come back later',
} as const

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
