import { octetContent, openStored, type Range, type ReadContent } from './message-ranges.ts'
import type { AccountPort, StoredAccount, StoredAlias, StoredDomain } from './ports/accounts.ts'
import type { Act, ActPort, ActQuery } from './ports/acts.ts'
import type { ApiKey, ApiKeyPort, SecondFactor, SecondFactorPort } from './ports/credentials.ts'
import type {
  FoundJourney,
  FoundJourneys,
  JourneyPort,
  JourneyQuery,
  JourneyRow,
  JourneySearch,
  ListedJourney,
} from './ports/journeys.ts'
import type { ChangePage, ChangePageQuery, ChangePort } from './ports/changes.ts'
import type { DkimKeyRow, KeyPort } from './ports/keys.ts'
import type {
  MailboxChanges,
  MailboxPort,
  MailboxQuery,
  MailboxRow,
  StoredMailbox,
} from './ports/mailboxes.ts'
import type { MessagePort, OpenMessage } from './ports/contents.ts'
import type { NewReceipt, ReceiptPort } from './ports/receipts.ts'
import type { QueueItem, QueuePort, QueueQuery } from './ports/queue.ts'
import type { RegisterEntry, RegisterPort, RegisterQuery } from './ports/register.ts'
import type { QueueShape, ShapeQuery } from './ports/queue-shape.ts'
import type { StoreCounts } from './ports/store.ts'

/** Where a message is: what is needed to open it. Plain data. */
export interface MessagePlace {
  readonly prefix: Uint8Array
  readonly omit: readonly Range[]
  readonly contentSize: number
  readonly sha256: string
  /** Its octets are asked for by this key; `undefined`: they are in a file. */
  readonly content: number | undefined
  /** They are few, and were read with it, checked against their hash. */
  readonly octets?: Uint8Array
}

/** A content that is no longer than this is read with its place: whoever opens a letter reads it. */
export const readAtOnceBytes: number = 64 * 1024

/** What can be read of what is stored: plain data in, plain data out, so that it crosses threads. */
export interface Reads {
  findJourney(ref: string): FoundJourney
  listedJourneys(ids: readonly string[]): readonly ListedJourney[]
  listJourneys(query: JourneyQuery): readonly JourneyRow[]
  searchJourneys(query: JourneySearch): FoundJourneys
  sharedFacts(hashes: readonly string[]): ReadonlyMap<string, string>
  message(id: string): MessagePlace | undefined
  /** The octets of a short content, checked against their hash. */
  contentOctets(content: number, sha256: string): Uint8Array
  mailboxes(account?: string): readonly StoredMailbox[]
  listMailbox(query: MailboxQuery): readonly MailboxRow[]
  mailboxChanges(query: { readonly mailbox: number; readonly after: number }): MailboxChanges
  listQueue(query: QueueQuery): readonly QueueItem[]
  queueShape(query: ShapeQuery): QueueShape
  dkimKeys(domain: string): readonly DkimKeyRow[]
  accounts(): readonly StoredAccount[]
  account(address: string): StoredAccount | undefined
  aliases(): readonly StoredAlias[]
  domains(): readonly StoredDomain[]
  acts(query: ActQuery): readonly Act[]
  apiKeys(): readonly ApiKey[]
  apiKey(sha256: string): ApiKey | undefined
  secondFactors(): readonly SecondFactor[]
  secondFactor(who: string): SecondFactor | undefined
  receipt(who: string, key: string): NewReceipt | undefined
  registered(kind: string, key: string, now: number): RegisterEntry | undefined
  listRegister(query: RegisterQuery): readonly RegisterEntry[]
  counts(): StoreCounts
  changes(query: ChangePageQuery): ChangePage
}

/** Asks for one of them, somewhere. */
export type Ask = <M extends keyof Reads>(
  method: M,
  ...args: Parameters<Reads[M]>
) => Promise<ReturnType<Reads[M]>>

/** Asks on this thread, in a later turn. */
export function askHere(reads: Reads): Ask {
  return async (method, ...args) => {
    await Promise.resolve()
    return answer(reads, method, args)
  }
}

/** Calls one of them by its name. */
export function answer<M extends keyof Reads>(
  reads: Reads,
  method: M,
  args: Parameters<Reads[M]>,
): ReturnType<Reads[M]> {
  // One function for all: TypeScript does not see that the arguments belong to the method.
  const one = reads[method] as (...given: readonly unknown[]) => ReturnType<Reads[M]>
  return one.apply(reads, args)
}

/** The reading side of a store, as far as it needs nothing but questions. */
export interface ReadPorts {
  readonly journeys: JourneyPort
  readonly messages: MessagePort
  readonly mailboxes: Pick<MailboxPort, 'list' | 'items' | 'changed'>
  readonly queue: Pick<QueuePort, 'list' | 'shape'>
  readonly keys: Pick<KeyPort, 'list'>
  readonly accounts: Pick<AccountPort, 'accounts' | 'account' | 'aliases' | 'domains'>
  readonly acts: Pick<ActPort, 'list'>
  readonly apiKeys: Pick<ApiKeyPort, 'list' | 'byHash'>
  readonly secondFactors: Pick<SecondFactorPort, 'list' | 'find'>
  readonly receipts: ReceiptPort
  readonly register: Pick<RegisterPort, 'find' | 'list'>
  counts(): Promise<StoreCounts>
  readonly changesBehind: ChangePort['changesBehind']
}

/** How a content is read that is in a file. */
export type ReadFile = (sha256: string, size: number) => ReadContent

/** The ports over a way to ask. */
export function readPorts(ask: Ask, inFile?: ReadFile): ReadPorts {
  return {
    journeys: {
      find: (ref) => ask('findJourney', ref),
      listed: (ids) => ask('listedJourneys', ids),
      list: (query) => ask('listJourneys', query),
      search: (query) => ask('searchJourneys', query),
      sharedFacts: (hashes) => ask('sharedFacts', hashes),
    },
    messages: { open: (id) => openMessage(ask, id, inFile) },
    mailboxes: {
      list: (account) => ask('mailboxes', account),
      items: (query) => ask('listMailbox', query),
      changed: (query) => ask('mailboxChanges', query),
    },
    queue: {
      list: (query) => ask('listQueue', query),
      shape: (query) => ask('queueShape', query),
    },
    keys: { list: (domain) => ask('dkimKeys', domain) },
    accounts: {
      accounts: () => ask('accounts'),
      account: (address) => ask('account', address),
      aliases: () => ask('aliases'),
      domains: () => ask('domains'),
    },
    acts: { list: (query) => ask('acts', query) },
    apiKeys: { list: () => ask('apiKeys'), byHash: (sha256) => ask('apiKey', sha256) },
    secondFactors: { list: () => ask('secondFactors'), find: (who) => ask('secondFactor', who) },
    receipts: { find: (who, key) => ask('receipt', who, key) },
    register: {
      find: (kind, key, now) => ask('registered', kind, key, now),
      list: (query) => ask('listRegister', query),
    },
    counts: () => ask('counts'),
    changesBehind: (query) => ask('changes', query),
  }
}

/** The octets come when they are read: in pieces from a file, or at once when they are few. */
async function openMessage(
  ask: Ask,
  id: string,
  inFile: ReadFile | undefined,
): Promise<OpenMessage | undefined> {
  const place = await ask('message', id)
  if (place === undefined) return undefined
  const { prefix, omit, contentSize, sha256, content, octets } = place
  const read =
    content === undefined && inFile !== undefined
      ? inFile(sha256, contentSize)
      : octetContent(() => octets ?? ask('contentOctets', content ?? -1, sha256))
  return openStored({ id, contentSize, prefix, omit, read, octets })
}
