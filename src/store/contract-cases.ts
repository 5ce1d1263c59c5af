import assert from 'node:assert/strict'
import { test } from 'node:test'
import { concat } from '../base/octets.ts'
import { type OpenMessage, contentOf } from './ports/contents.ts'
import type {
  Acceptance,
  NewJourney,
  NewMailboxItem,
  NewMessage,
  NewQueueItem,
} from './ports/post.ts'
import type { LeaseRequest, Settlement } from './ports/queue.ts'
import type { Store } from './ports/store.ts'
import type { ReadPorts } from './reads.ts'

/** An adapter as the contract sees it, with a way to let it fail. */
export interface StoreUnderTest {
  readonly store: Store
  /** From the `step`-th change on (counted from now), every change fails as on a full disk. */
  readonly failFrom: (step: number) => void
  /** Only the `step`-th change fails. */
  readonly failOnce: (step: number) => void
  /** Ends the faults, and tells whether there was one since they began. */
  readonly heal: () => boolean
  readonly dispose: () => Promise<void>
}

/** What an adapter is opened with. */
export interface UnderTestOptions {
  /** How many changes are remembered; as always when absent. */
  readonly changesKept?: number
}

export type OpenUnderTest = (options?: UnderTestOptions) => Promise<StoreUnderTest>

/** Registers a test of a store that is opened for it alone. */
export type StoreTest = (
  title: string,
  run: (store: Store) => Promise<void>,
  options?: UnderTestOptions,
) => void

/** Registers tests of one adapter. */
export function storeTests(adapter: string, open: OpenUnderTest): StoreTest {
  return (title, run, options) => {
    test(`${adapter}: ${title}`, async () => {
      const { store, dispose } = await open(options)
      try {
        await run(store)
      } finally {
        await dispose()
      }
    })
  }
}

/** A moment in November 2026, in the middle of an hour. */
export const now: number = 1_795_455_000_000
export const minuteMs: number = 60_000

export function octetsFor(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

export function message(id: string, text: string, changes: Partial<NewMessage> = {}): NewMessage {
  const content = contentOf(octetsFor(text))
  return { id, content, prefix: new Uint8Array(0), omit: [], ...changes }
}

export function queueItem(id: string, changes: Partial<NewQueueItem> = {}): NewQueueItem {
  return {
    id,
    messageId: 'm1',
    journeyId: 'JOURNEY1',
    reversePath: 'anna@north.example',
    recipient: 'bob@south.example',
    destination: 'south.example',
    smtpUtf8: false,
    eightBit: true,
    dsn: { notify: ['failure', 'delay'], originalRecipient: 'rfc822;bob@south.example' },
    createdAt: now,
    nextAttemptAt: now,
    expiresAt: now + 5 * 24 * 60 * minuteMs,
    ...changes,
  }
}

export function mailboxItem(changes: Partial<NewMailboxItem> = {}): NewMailboxItem {
  return {
    account: 'bob@south.example',
    role: 'inbox',
    messageId: 'm1',
    journeyId: 'JOURNEY1',
    receivedAt: now,
    ...changes,
  }
}

export function journey(id: string, changes: Partial<NewJourney> = {}): NewJourney {
  return {
    id,
    direction: 'in',
    startedAt: now,
    status: 'accepted',
    mailFrom: 'anna@north.example',
    rcptTo: ['bob@south.example'],
    subject: 'Hello',
    summary: 'to Inbox of bob@south.example',
    json: `{"id":"${id}"}`,
    shared: [],
    author: 'Anna@north.example',
    headerMessageId: `<${id}@north.example>`,
    ...changes,
  }
}

export function acceptance(changes: Partial<Acceptance>): Acceptance {
  return { queue: [], mailbox: [], journeys: [], ...changes }
}

/** A message with one journey and one recipient elsewhere. */
export function outgoing(): Acceptance {
  return acceptance({
    message: message('m1', 'Subject: out\r\n\r\nHello\r\n'),
    queue: [queueItem('q1')],
    journeys: [journey('JOURNEY1', { direction: 'out', messageId: 'm1' })],
  })
}

export function settlement(changes: Partial<Settlement> = {}): Settlement {
  return {
    queueId: 'q1',
    owner: 'one',
    outcome: { type: 'delivered' },
    steps: '[{"type":"delivery"}]',
    shared: [],
    status: 'delivered',
    summary: 'delivered to south.example',
    ...changes,
  }
}

export function lease(changes: Partial<Omit<LeaseRequest, 'leaseUntil'>> = {}): LeaseRequest {
  const at = changes.now ?? now
  return { owner: 'one', now: at, leaseUntil: at + 10 * minuteMs, limit: 100, ...changes }
}

export async function octetsOf(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const all: Uint8Array[] = []
  for await (const chunk of chunks) {
    assert.ok(chunk.length <= 64 * 1024, 'a chunk has at most 64 KiB')
    all.push(chunk)
  }
  return concat(all)
}

export async function textOf(opened: OpenMessage | undefined): Promise<string> {
  assert.ok(opened !== undefined, 'the message is there')
  const octets = await octetsOf(opened.chunks())
  assert.equal(octets.length, opened.size)
  return new TextDecoder().decode(octets)
}

/** Those of the messages that are there. */
export async function messagesThere(
  { messages }: Pick<Store, 'messages'>,
  ids: readonly string[],
): Promise<string[]> {
  const opened = await Promise.all(ids.map((id) => messages.open(id)))
  return ids.filter((_, i) => opened[i] !== undefined)
}

/** All that can be read, in a form that can be compared (ids and times of writing differ between adapters). */
export async function snapshot({ read, nextDueAt }: ReadableStore): Promise<unknown> {
  const journeys = await read.journeys.list({ limit: 1000 })
  const mailbox = await read.mailboxes.items({})
  const messageIds = new Set(mailbox.map(({ messageId }) => messageId))
  const queue = await read.queue.list({ limit: 1000 })
  for (const item of queue) messageIds.add(item.messageId)
  const found = await Promise.all(journeys.map(({ id }) => read.journeys.find(id)))
  for (const one of found) {
    if (one.type === 'found') messageIds.add(one.journey.messageId ?? '')
  }
  const journeysFound = found.map((one) =>
    one.type === 'found' ? { ...one, journey: { ...one.journey, writtenAt: 0 } } : one,
  )
  const messages: Record<string, string> = {}
  for (const id of Array.from(messageIds)) {
    const opened = await read.messages.open(id)
    if (opened !== undefined) messages[id] = await textOf(opened)
  }
  return {
    counts: await read.counts(),
    found: journeysFound,
    queue,
    mailbox: mailbox.map((row) => ({ ...row, mailboxId: 0 })),
    mailboxes: (await read.mailboxes.list()).map((row) => ({ ...row, id: 0, uidValidity: 0 })),
    messages,
    facts: Array.from(await read.journeys.sharedFacts(['fact-1', 'fact-2', 'fact-3'])),
    keys: await read.keys.list('north.example'),
    accounts: (await read.accounts.accounts()).map((row) => ({ ...row, id: 0 })),
    aliases: (await read.accounts.aliases()).map((row) => ({ ...row, id: 0 })),
    domains: (await read.accounts.domains()).map((row) => ({ ...row, id: 0 })),
    acts: (await read.acts.list({ limit: 100 })).map((row) => ({ ...row, number: 0 })),
    apiKeys: await read.apiKeys.list(),
    secondFactors: await read.secondFactors.list(),
    register: await read.register.list({ kind: 'suppression', now: 0, limit: 1000 }),
    nextDueAt: await nextDueAt(),
  }
}

/** What a snapshot is taken of. */
export interface ReadableStore {
  readonly read: ReadPorts
  readonly nextDueAt: () => Promise<number | undefined>
}

export function readable(store: Store): ReadableStore {
  return { read: store, nextDueAt: () => store.queue.nextDueAt() }
}

/** Octets that differ from place to place, so that nothing can be mixed up unseen. */
export function patterned(size: number): Uint8Array {
  const octets = new Uint8Array(size)
  for (let i = 0; i < size; i++) octets[i] = (i * 31 + (i >> 8) * 7 + (i >> 16)) & 255
  return octets
}

/** The message, which must be there. */
export function there(opened: OpenMessage | undefined): OpenMessage {
  assert.ok(opened !== undefined, 'the message is there')
  return opened
}

/** Compares fast: the octets may be many. */
export function equalOctets(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0
}
