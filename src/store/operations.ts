import type { Problem } from '../base/error-data.ts'
import type { AccountChange } from './ports/accounts.ts'
import type { NewAct } from './ports/acts.ts'
import type { CredentialChange } from './ports/credentials.ts'
import type { DkimKeyRow } from './ports/keys.ts'
import type { FlagChange, MailRemoval } from './ports/mailboxes.ts'
import type {
  Acceptance,
  JourneyRecipient,
  NewJourney,
  NewMessage,
  NewQueueItem,
} from './ports/post.ts'
import type {
  Hold,
  LeaseRequest,
  LeasesOf,
  QueueItem,
  Release,
  Settlement,
  TakeRequest,
} from './ports/queue.ts'
import type { RegisterEntry } from './ports/register.ts'
import type { PruneRequest, PruneResult } from './ports/retention.ts'

/** What the writer thread is asked to do. Plain data: it crosses threads. */
export type Operation =
  | { readonly type: 'accept'; readonly acceptance: Acceptance }
  | { readonly type: 'lease'; readonly request: LeaseRequest }
  | { readonly type: 'settle'; readonly settlements: readonly Settlement[] }
  | { readonly type: 'releaseLeases'; readonly of?: LeasesOf }
  | { readonly type: 'hold'; readonly queueIds: readonly string[]; readonly how?: Hold }
  | ({ readonly type: 'release' } & Release)
  | { readonly type: 'nextDueAt' }
  | { readonly type: 'take'; readonly request: TakeRequest }
  | { readonly type: 'removeMail'; readonly removal: MailRemoval }
  | { readonly type: 'setFlags'; readonly change: FlagChange }
  | { readonly type: 'putDkimKey'; readonly key: DkimKeyRow }
  | { readonly type: 'changeAccounts'; readonly change: AccountChange }
  | { readonly type: 'changeCredentials'; readonly change: CredentialChange }
  | { readonly type: 'putAct'; readonly act: NewAct }
  | { readonly type: 'putRegister'; readonly entries: readonly RegisterEntry[] }
  | { readonly type: 'removeRegister'; readonly kind: string; readonly keys: readonly string[] }
  | { readonly type: 'prune'; readonly request: PruneRequest }

/** One step of a pruning; without `more` it is at its end. */
export interface PruneStep {
  readonly removed: PruneResult
  readonly more: boolean
}

/** What each operation gives. */
export interface Results {
  readonly accept: undefined
  readonly lease: readonly QueueItem[]
  readonly settle: readonly string[]
  readonly releaseLeases: undefined
  readonly hold: number
  readonly release: number
  readonly nextDueAt: number | undefined
  readonly take: readonly QueueItem[]
  readonly removeMail: number
  readonly setFlags: readonly number[]
  readonly putDkimKey: undefined
  readonly changeAccounts: number
  readonly changeCredentials: number
  readonly putAct: number
  readonly putRegister: undefined
  readonly removeRegister: number
  readonly prune: PruneStep
}

export type Outcome =
  | { readonly ok: true; readonly value: Results[keyof Results] }
  | { readonly ok: false; readonly problem: Problem }

/** The messages within an operation, those of notifications included. */
export function messagesOf(operation: Operation): readonly NewMessage[] {
  if (operation.type === 'accept') return messagesIn(operation.acceptance)
  if (operation.type !== 'settle') return []
  return operation.settlements.flatMap(({ notification }) =>
    notification === undefined ? [] : messagesIn(notification),
  )
}

/** The messages of an acceptance, in the order in which they are written. */
export function messagesIn({ message, moreMessages }: Acceptance): readonly NewMessage[] {
  const more = moreMessages ?? []
  return message === undefined ? more : [message, ...more]
}

/** When a new item is tried first. */
export function firstAttemptAt({ nextAttemptAt, notBefore }: NewQueueItem): number {
  return Math.max(nextAttemptAt, notBefore ?? nextAttemptAt)
}

/** The recipients of a journey, each once; without a word of their own they stand as it does. */
export function recipientsIn(journey: NewJourney): readonly JourneyRecipient[] {
  const { recipients, rcptTo, status } = journey
  return recipients ?? Array.from(new Set(rcptTo), (address) => ({ address, status, accounts: '' }))
}

/** Of settlements, those that stand, and the ids of the items whose leases were lost. */
export function standingSettlements(
  settlements: readonly Settlement[],
  isLeased: (settlement: Settlement) => boolean,
): { readonly lost: readonly string[]; readonly standing: readonly Settlement[] } {
  const lost = settlements.filter((one) => !isLeased(one))
  const fallen = new Set(lost.flatMap(({ together }) => together ?? []))
  const standing = settlements.filter((one) => {
    return !lost.includes(one) && (one.together === undefined || !fallen.has(one.together))
  })
  return { lost: lost.map(({ queueId }) => queueId), standing }
}

/** The flags of a message after a change: each once, in the order of the alphabet. */
export function changedFlags(
  before: readonly string[],
  { how, flags }: Pick<FlagChange, 'how' | 'flags'>,
): readonly string[] {
  const kept = how === 'replace' ? [] : before.filter((flag) => !flags.includes(flag))
  return (how === 'remove' ? kept : Array.from(new Set([...kept, ...flags]))).toSorted()
}

/** What an account, an alias or a domain is called that is changed. */
export function nameIn(change: AccountChange): string {
  switch (change.type) {
    case 'put-account':
      return change.account.address
    case 'put-alias':
      return change.alias.address
    case 'put-domain':
      return change.domain.name
    case 'remove-account':
    case 'remove-alias':
    case 'remove-domain':
      return change.name
  }
}

/** The same operation with each message replaced. */
export function mapMessages(
  operation: Operation,
  replace: (message: NewMessage) => NewMessage,
): Operation {
  const inside = (acceptance: Acceptance): Acceptance => {
    const { message, moreMessages } = acceptance
    return {
      ...acceptance,
      ...(message === undefined ? {} : { message: replace(message) }),
      ...(moreMessages === undefined ? {} : { moreMessages: moreMessages.map(replace) }),
    }
  }
  if (operation.type === 'accept') {
    return { type: 'accept', acceptance: inside(operation.acceptance) }
  }
  if (operation.type !== 'settle') return operation
  const settlements = operation.settlements.map((settlement) =>
    settlement.notification === undefined
      ? settlement
      : { ...settlement, notification: inside(settlement.notification) },
  )
  return { type: 'settle', settlements }
}

/** The accounts in whose mailboxes a settlement files the letter itself, with spaces between. */
export function accountsFiled(
  { notification }: Pick<Settlement, 'notification'>,
  journeyId: string,
): string {
  const own = (notification?.mailbox ?? []).filter((item) => item.journeyId === journeyId)
  return own.map(({ account }) => account).join(' ')
}
