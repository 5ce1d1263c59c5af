import type { JourneyRecord } from './record.ts'
import { dropReason } from './sentences/ending.ts'

/** One sentence on how a journey ended: what `waybill list` shows. */
export function summaryOf(record: JourneyRecord): string {
  const { outcome } = record
  const login = refusedLogin(record)
  const to = recipients(acceptedRecipients(record))
  switch (outcome.status) {
    case 'delivered':
      return `Filed in Inbox for ${to}.`
    case 'quarantined':
      return `Marked as spam: filed in Junk for ${to}.`
    case 'queued':
      return `Taken for delivery to ${to}.`
    case 'refused':
    case 'deferred': {
      const { code, enhanced, text } = outcome.smtp
      if (login !== undefined) return `${login} was refused: ${code} ${enhanced} ${text}`
      if (outcome.status === 'refused') return `Refused: ${code} ${enhanced} ${text}`
      return `Asked to come back later: ${code} ${text}`
    }
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

/** Whose login it was that ended a connection, and where it came from: guessers are found by it. */
function refusedLogin({ outcome, steps, envelope }: JourneyRecord): string | undefined {
  if (!outcome.because.includes('login')) return undefined
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
