import { hash } from 'node:crypto'
import { inlineBytes } from './content-files.ts'
import { integer, text } from './database.ts'
import { noteEnd } from './journey-ends.ts'
import { keptRanges, messageSize } from '../message-ranges.ts'
import { firstAttemptAt, messagesIn, recipientsIn } from '../operations.ts'
import { hashOctets } from './rows.ts'
import { senderOf } from '../sender.ts'
import type {
  Acceptance,
  LaterSteps,
  NewContent,
  NewJourney,
  NewMessage,
  NewQueueItem,
  SharedFact,
} from '../ports/post.ts'
import { writeReceipt } from './write-receipt.ts'
import { putRecipient, tellWhole } from './write-recipients.ts'
import { putRegister } from './write-register.ts'
import { type StrangerKind, strangerKind } from '../strangers.ts'
import type { FactUse, Transaction } from './transaction.ts'
import { insertMailboxItem, type StoredMessage } from './write-mailbox.ts'
import { forgetLeaving, makeRoomFromStrangers } from './write-retention.ts'

const hourMs = 3_600_000

/** Writes an acceptance. Throws when it refers to a message that is neither in it nor stored. */
export function writeAcceptance(transaction: Transaction, acceptance: Acceptance): void {
  const own = new Map<string, StoredMessage>()
  for (const message of messagesIn(acceptance)) {
    own.set(message.id, insertMessage(transaction, message))
  }
  const stored = (messageId: string): StoredMessage =>
    own.get(messageId) ?? storedMessage(transaction, messageId)
  for (const journey of acceptance.journeys) {
    const { messageId } = journey
    insertJourney(transaction, journey, messageId === undefined ? null : stored(messageId).key)
    transaction.tell({ type: 'journey', id: journey.id })
  }
  for (const item of acceptance.queue) {
    const dueAt = firstAttemptAt(item)
    insertQueueItem(transaction, { ...item, nextAttemptAt: dueAt }, stored(item.messageId).key)
    transaction.tell({ type: 'queue', dueAt })
  }
  for (const item of acceptance.mailbox) {
    insertMailboxItem(transaction, item, stored(item.messageId))
    transaction.tell({ type: 'mailbox', account: item.account })
  }
  for (const later of acceptance.laterSteps ?? []) tellLater(transaction, later)
  if (acceptance.receipt !== undefined) writeReceipt(transaction, acceptance.receipt)
  putRegister(transaction, acceptance.register ?? [])
  if (acceptance.journeys.some((journey) => strangerKind(journey) !== undefined)) {
    makeRoomFromStrangers(transaction, transaction.strangers)
  }
}

function tellLater(transaction: Transaction, later: LaterSteps): void {
  const journey = appendSteps(transaction, later)
  const { recipients = [] } = later
  const last = recipients.at(-1)
  if (journey === undefined || last === undefined) return
  for (const { address, status } of recipients) {
    putRecipient(transaction, journey, { address, status, accounts: '' })
  }
  tellWhole(transaction, journey, last)
}

/** Appends steps to a journey. @returns its key; `undefined` when it is gone */
export function appendSteps(
  transaction: Transaction,
  { journeyId, steps, shared }: LaterSteps,
): number | undefined {
  const journey = transaction.get(
    `SELECT key, id, started_ms, EXISTS (SELECT 1 FROM stranger WHERE journey = key) AS stranger
      FROM journey WHERE id = ?`,
    journeyId,
  )
  if (journey === undefined) return undefined
  const key = integer(journey, 'key')
  transaction.run('INSERT INTO journey_steps (journey, json) VALUES (?, ?)', key, steps)
  transaction.tell({ type: 'journey', id: text(journey, 'id') })
  writeFacts(transaction, shared, {
    startedAt: integer(journey, 'started_ms'),
    keptFor: integer(journey, 'stranger') === 1 ? 'stranger' : 'mail',
  })
  return key
}

function storedMessage(transaction: Transaction, messageId: string): StoredMessage {
  const row = transaction.get('SELECT key, size FROM message WHERE id = ?', messageId)
  if (row === undefined) throw new Error(`Store: there is no message ${messageId}`)
  return { key: integer(row, 'key'), size: integer(row, 'size') }
}

function insertMessage(transaction: Transaction, message: NewMessage): StoredMessage {
  const { id, content, prefix, omit } = message
  const size = messageSize(prefix, keptRanges(content.size, omit))
  const contentKey = insertContent(transaction, content)
  const { lastKey: key } = transaction.run(
    'INSERT INTO message (id, content, size, prefix, omit) VALUES (?, ?, ?, ?, ?)',
    id,
    contentKey,
    size,
    prefix,
    omit.length === 0 ? '[]' : JSON.stringify(omit),
  )
  transaction.count('messages', 1)
  return { key, size }
}

/** Stores the content, unless equal content is there: then its file or octets are not needed. */
function insertContent(transaction: Transaction, content: NewContent): number {
  const { sha256, size, source } = content
  const digest = hashOctets(sha256)
  if (source.type === 'octets') {
    checkOctets(content, source.octets)
    return insertOctets(transaction, digest, source.octets)
  }
  const known = transaction.get('SELECT key, size FROM content WHERE sha256 = ?', digest)
  if (known !== undefined) {
    if (integer(known, 'size') !== size) throw new Error('Store: equal hash, different size')
    transaction.usedSpooled.push(source.path)
    return integer(known, 'key')
  }
  if (size <= inlineBytes) {
    const octets = transaction.files.read(source.path)
    checkOctets(content, octets)
    transaction.usedSpooled.push(source.path)
    return insertOctets(transaction, digest, octets)
  }
  transaction.files.place(source.path, sha256, size)
  transaction.usedSpooled.push(source.path)
  forgetLeaving(transaction, sha256)
  return transaction.run(
    'INSERT INTO content (sha256, size, octets) VALUES (?, ?, NULL)',
    digest,
    size,
  ).lastKey
}

function insertOctets(transaction: Transaction, digest: Uint8Array, octets: Uint8Array): number {
  const { changes, lastKey } = transaction.run(
    'INSERT INTO content (sha256, size, octets) VALUES (?, ?, ?) ON CONFLICT (sha256) DO NOTHING',
    digest,
    octets.length,
    octets,
  )
  if (changes === 1) return lastKey
  const known = transaction.get('SELECT key FROM content WHERE sha256 = ?', digest)
  return integer(known ?? {}, 'key')
}

/**
 * A wrong hash would show one person's mail as another's from then on, so it is computed again:
 * some microseconds for a letter. (A file is trusted: its writer hashed what it wrote.)
 */
function checkOctets(content: NewContent, octets: Uint8Array): void {
  const right = octets.length === content.size && hash('sha256', octets, 'hex') === content.sha256
  if (!right) throw new Error('Store: content does not have the size or hash it claims')
}

function insertJourney(
  transaction: Transaction,
  journey: NewJourney,
  message: number | null,
): void {
  const { lastKey } = transaction.run(
    `INSERT INTO journey
      (id, direction, started_ms, status, mail_from, rcpt_to, subject, summary, message,
       author, header_id, ip, login, written_ms)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, CAST(unixepoch('subsec') * 1000 AS INTEGER))`,
    journey.id,
    journey.direction,
    Math.round(journey.startedAt),
    journey.status,
    journey.mailFrom,
    JSON.stringify(journey.rcptTo),
    journey.subject,
    journey.summary,
    message,
    journey.author ?? '',
    journey.headerMessageId ?? '',
    journey.ip ?? '',
    journey.login ?? '',
  )
  transaction.count('journeys', 1)
  noteEnd(transaction, lastKey)
  for (const recipient of recipientsIn(journey)) putRecipient(transaction, lastKey, recipient)
  transaction.run('INSERT INTO journey_record (journey, json) VALUES (?, ?)', lastKey, journey.json)
  const kind = strangerKind(journey)
  if (kind !== undefined) insertStranger(transaction, { journey, key: lastKey, kind, message })
  writeFacts(transaction, journey.shared, {
    startedAt: journey.startedAt,
    keptFor: kind === undefined ? 'mail' : 'stranger',
  })
}

function insertStranger(
  transaction: Transaction,
  stranger: {
    readonly journey: NewJourney
    readonly key: number
    readonly kind: StrangerKind
    readonly message: number | null
  },
): void {
  const { journey, key, kind, message } = stranger
  transaction.run(
    `INSERT INTO stranger (journey, kind, started_ms, record_octets, content_octets)
      VALUES (?, ?, ?, ?, coalesce((SELECT content.size FROM message
        JOIN content ON content.key = message.content WHERE message.key = ?), 0))`,
    key,
    kind,
    Math.round(journey.startedAt),
    Buffer.byteLength(journey.json),
    message,
  )
}

/**
 * Stores facts that a journey of this start refers to. The time of use is rounded up to the hour,
 * so that a fact in steady use is written once an hour and not with every message. A fact that mail
 * has used once is kept for mail, whoever uses it later.
 */
function writeFacts(
  transaction: Transaction,
  facts: readonly SharedFact[],
  use: { readonly startedAt: number; readonly keptFor: FactUse },
): void {
  const { keptFor } = use
  const usedMs = Math.ceil(use.startedAt / hourMs) * hourMs
  for (const { hash: factHash, json } of facts) {
    if (transaction.knowsFact(factHash, { usedMs, keptFor })) continue
    transaction.run(
      `INSERT INTO fact (hash, used_ms, json, kept_for) VALUES (?, ?, ?, ?)
        ON CONFLICT (hash) DO UPDATE SET used_ms = max(used_ms, excluded.used_ms),
          kept_for = CASE WHEN kept_for = 'mail' THEN 'mail' ELSE excluded.kept_for END
        WHERE used_ms < excluded.used_ms OR (kept_for = 'stranger' AND excluded.kept_for = 'mail')`,
      factHash,
      usedMs,
      json,
      keptFor,
    )
    transaction.newFacts.push({ hash: factHash, usedMs, keptFor })
  }
}

function insertQueueItem(transaction: Transaction, item: NewQueueItem, message: number): void {
  transaction.run(
    `INSERT INTO queue
      (id, message, journey_id, reverse_path, recipient, destination, smtp_utf8, eight_bit, dsn,
       created_ms, next_attempt_ms, expires_ms, account, priority, not_before_ms, sender, attempts, held,
       last_problem)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0, '')`,
    item.id,
    message,
    item.journeyId,
    item.reversePath,
    item.recipient,
    item.destination,
    item.smtpUtf8 ? 1 : 0,
    item.eightBit ? 1 : 0,
    JSON.stringify(item.dsn),
    Math.round(item.createdAt),
    Math.round(item.nextAttemptAt),
    Math.round(item.expiresAt),
    item.account ?? null,
    Math.round(item.priority ?? 0),
    item.notBefore === undefined ? null : Math.round(item.notBefore),
    senderOf(item),
  )
  transaction.count('queued', 1)
}
