import type { JourneyRecord } from './record.ts'
import type { SmtpAnswer } from './spoken.ts'
import type { Step } from './steps.ts'

/** What a mailbox is for. Code knows mailboxes by this and never by a name. */
export type MailboxRole = 'inbox' | 'junk'

/** The names that people see, and that records and JSON have. The one place that gives them. */
const names: Readonly<Record<MailboxRole, string>> = { inbox: 'Inbox', junk: 'Junk' }

/** Every role, in the order in which people expect the mailboxes. */
export const mailboxRoles: readonly MailboxRole[] = ['inbox', 'junk']

/** The name of the mailbox for people: `Inbox`. */
export function mailboxName(role: MailboxRole): string {
  return names[role]
}

/** The role of the mailbox with this name, in any case; `undefined` for another mailbox. */
export function roleNamed(name: string): MailboxRole | undefined {
  return mailboxRoles.find((role) => names[role].toLowerCase() === name.toLowerCase())
}

/** Whether a text is a role, as the store writes it. */
export function isMailboxRole(text: unknown): text is MailboxRole {
  return mailboxRoles.some((role) => role === text)
}

/** What became of a letter for one recipient. */
export type RecipientStatus =
  | 'delivered'
  | 'quarantined'
  | 'queued'
  | 'deferred'
  | 'failed'
  | 'refused'
  | 'dropped'
  | 'created'

/** One recipient of a letter: how far it is there, and the last that was said about it. */
export interface RecipientState {
  readonly address: string
  readonly status: RecipientStatus
  /** The last answer: ours to the client, later the other server's. */
  readonly answer: SmtpAnswer | undefined
  /** The accounts here that have the letter: an alias may lead to several. */
  readonly accounts: readonly string[]
  /** When that became so; Unix milliseconds. */
  readonly at: number
}

/** A recipient that was taken, whose end is still to be told by a later step or by the outcome. */
type Open = Omit<RecipientState, 'status'> & { readonly status: RecipientStatus | 'open' }

/** Every recipient of a journey, each once, in the order in which they were asked for. */
export function recipientsOf(record: JourneyRecord): readonly RecipientState[] {
  const { envelope, outcome, steps, startedAt } = record
  const told = new Map<string, Open>()
  for (const step of steps) {
    for (const state of statesIn(step, 'smtp' in outcome ? outcome.smtp : undefined)) {
      const before = told.get(state.address)
      told.set(state.address, {
        ...state,
        accounts: Array.from(new Set([...(before?.accounts ?? []), ...state.accounts])),
        answer: state.answer ?? before?.answer,
      })
    }
  }
  const queued = Array.from(told.values()).some(({ status }) => status === 'queued')
  for (const address of envelope.rcptTo) {
    const nothing = { answer: undefined, accounts: [], at: startedAt }
    if (!told.has(address)) told.set(address, { address, status: 'open', ...nothing })
  }
  return Array.from(told.values()).flatMap((state) => {
    const { status } = state
    if (status !== 'open') return [{ ...state, status }]
    // An alias that leads elsewhere: the addresses behind it are told instead.
    if (outcome.status === 'queued' && queued) return []
    const answer = 'smtp' in outcome ? outcome.smtp : state.answer
    return [{ ...state, status: outcome.status, answer }]
  })
}

/** What one step says of recipients; `given`: the answer to the whole letter. */
function statesIn(step: Step, given: SmtpAnswer | undefined): readonly Open[] {
  const at = step.startedAt + step.durationMs
  const common = { at, accounts: [] } as const
  if (step.type === 'recipient') {
    const { rcptTo: address, to, answer } = step
    const refused = answer.code < 500 ? 'deferred' : 'refused'
    return [{ ...common, address, status: to === 'refused' ? refused : 'open', answer }]
  }
  if (step.type === 'filed') {
    const status = roleNamed(step.mailbox) === 'junk' ? 'quarantined' : 'delivered'
    const { account, recipient, alsoFor = [] } = step
    return [recipient, ...alsoFor].map((address) => {
      return { at, address, status, accounts: [account], answer: given }
    })
  }
  if (step.type === 'queued') {
    return [{ ...common, address: step.recipient, status: 'queued', answer: given }]
  }
  if (step.type === 'attempt') {
    return [{ ...common, address: step.recipient, status: step.result, answer: step.answer }]
  }
  if (step.type === 'put-off') {
    return [{ ...common, address: step.recipient, status: 'deferred', answer: undefined }]
  }
  if (step.type === 'given-up' || step.type === 'suppressed') {
    return [{ ...common, address: step.recipient, status: 'failed', answer: undefined }]
  }
  // A delay there is none here: the letter is with the other server, and nothing waits.
  if (step.type === 'returned' && step.action === 'failed') {
    return [{ ...common, address: step.recipient, status: 'failed', answer: undefined }]
  }
  return []
}

/** How many recipients are in each status. */
export type StatusCounts = ReadonlyMap<string, number>

/** The recipients of a letter, counted. */
export function countStatuses(
  recipients: readonly { readonly status: string }[],
): Map<string, number> {
  const counts = new Map<string, number>()
  for (const { status } of recipients) counts.set(status, (counts.get(status) ?? 0) + 1)
  return counts
}

/**
 * One word for a letter to several recipients. Of those who were refused while the client was there
 * it says nothing, as long as anybody was taken: the client knows.
 *
 * @returns `undefined` when nobody is on the way or settled, so that another word has to be found
 */
export function wholeStatus(counts: StatusCounts): string | undefined {
  const count = (...words: readonly string[]): number =>
    words.reduce((sum, word) => sum + (counts.get(word) ?? 0), 0)
  const there = count('delivered', 'quarantined')
  const waiting = count('queued', 'deferred')
  const failed = count('failed')
  if (there > 0) {
    if (waiting + failed > 0) return 'partly delivered'
    return count('delivered') > 0 ? 'delivered' : 'quarantined'
  }
  if (failed > 0) return waiting > 0 ? 'partly failed' : 'failed'
  if (waiting > 0) return count('deferred') > 0 ? 'deferred' : 'queued'
  return undefined
}

/**
 * One sentence on a letter to several recipients, with what happened last behind it; `last` alone
 * where there is one recipient.
 */
export function wholeSummary(counts: StatusCounts, last: string): string {
  const count = (word: string): number => counts.get(word) ?? 0
  const there = count('delivered') + count('quarantined')
  const parts = [
    [there, 'has it', 'have it'],
    [count('queued') + count('deferred'), 'waits', 'wait'],
    [count('failed'), 'failed', 'failed'],
    [count('refused'), 'was refused', 'were refused'],
  ] as const
  const total = Array.from(counts.values()).reduce((sum, n) => sum + n, 0)
  if (total < 2) return last
  const told = parts.flatMap(([n, one, many]) => (n === 0 ? [] : [`${n} ${n === 1 ? one : many}`]))
  return `Of ${total} recipients ${told.join(', ')}. ${last}`
}
