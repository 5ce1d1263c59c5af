import { integer, octets, type Row, text } from './database.ts'
import { isMailboxRole } from '../../journey/recipients.ts'
import type { StoredAccount, StoredAlias, StoredDomain } from '../ports/accounts.ts'
import type { Act } from '../ports/acts.ts'
import type { JourneyRow } from '../ports/journeys.ts'
import type { DkimKeyRow } from '../ports/keys.ts'
import type { MailboxRow, StoredMailbox } from '../ports/mailboxes.ts'
import type { QueueItem } from '../ports/queue.ts'

/** The columns of a queue item with the id of its message; conditions follow. */
export const selectQueue: string =
  'SELECT queue.*, message.id AS message_id FROM queue JOIN message ON message.key = queue.message'

/** Folders that no server of this version has opened have no account, priority or reason yet. */
export function queueItem(row: Row): QueueItem {
  const { account, priority, not_before_ms: notBefore } = row
  const { hold_reason: holdReason, held_until_ms: heldUntil } = row
  return {
    id: text(row, 'id'),
    messageId: text(row, 'message_id'),
    journeyId: text(row, 'journey_id'),
    reversePath: text(row, 'reverse_path'),
    recipient: text(row, 'recipient'),
    destination: text(row, 'destination'),
    smtpUtf8: integer(row, 'smtp_utf8') === 1,
    eightBit: integer(row, 'eight_bit') === 1,
    dsn: JSON.parse(text(row, 'dsn')),
    createdAt: integer(row, 'created_ms'),
    nextAttemptAt: integer(row, 'next_attempt_ms'),
    expiresAt: integer(row, 'expires_ms'),
    attempts: integer(row, 'attempts'),
    held: integer(row, 'held') === 1,
    holdReason: typeof holdReason === 'string' ? holdReason : '',
    ...(typeof heldUntil === 'number' ? { heldUntil } : {}),
    lastProblem: text(row, 'last_problem'),
    ...lastKindIn(row),
    ...(typeof account === 'string' ? { account } : {}),
    ...(typeof priority === 'number' && priority !== 0 ? { priority } : {}),
    ...(typeof notBefore === 'number' ? { notBefore } : {}),
  }
}

/** A folder of an older version has no such column. */
function lastKindIn(row: Row): { readonly lastKind?: string } {
  const lastKind = row['last_kind']
  return typeof lastKind === 'string' && lastKind !== '' ? { lastKind } : {}
}

export function journeyRow(row: Row): JourneyRow {
  return {
    id: text(row, 'id'),
    direction: text(row, 'direction') === 'in' ? 'in' : 'out',
    startedAt: integer(row, 'started_ms'),
    status: text(row, 'status'),
    mailFrom: text(row, 'mail_from'),
    rcptTo: JSON.parse(text(row, 'rcpt_to')),
    subject: text(row, 'subject'),
    summary: text(row, 'summary'),
    author: text(row, 'author'),
    headerMessageId: text(row, 'header_id'),
    writtenAt: integer(row, 'written_ms'),
  }
}

export function mailboxRow(row: Row): MailboxRow {
  return {
    mailboxId: integer(row, 'mailbox'),
    uid: integer(row, 'uid'),
    account: text(row, 'address'),
    role: isMailboxRole(row['role']) ? row['role'] : undefined,
    mailbox: text(row, 'name'),
    messageId: text(row, 'message_id'),
    journeyId: text(row, 'journey_id'),
    receivedAt: integer(row, 'internal_ms'),
    size: integer(row, 'size'),
    modseq: integer(row, 'modseq'),
    flags: flagsOf(row),
  }
}

/** Flags as they are stored, with spaces around each. */
export function flagsOf(row: Row): readonly string[] {
  return text(row, 'flags').split(' ').filter(Boolean)
}

export function storedMailbox(row: Row): StoredMailbox {
  return {
    id: integer(row, 'id'),
    account: text(row, 'address'),
    role: isMailboxRole(row['role']) ? row['role'] : undefined,
    name: text(row, 'name'),
    uidValidity: integer(row, 'uid_validity'),
    uidNext: integer(row, 'uid_next'),
    highestModseq: integer(row, 'highest_modseq'),
    forgottenModseq: integer(row, 'forgotten_modseq'),
    messages: integer(row, 'messages'),
    unseen: integer(row, 'unseen'),
    octets: integer(row, 'octets'),
  }
}

export function accountRow(row: Row): StoredAccount {
  const hash = row['password_hash']
  const forward = row['forward']
  const origin = text(row, 'origin')
  return {
    id: integer(row, 'id'),
    address: text(row, 'address'),
    passwordHash: typeof hash === 'string' ? hash : undefined,
    createdAt: integer(row, 'created_ms'),
    origin: origin === 'settings' || origin === 'store' ? origin : 'mail',
    // Our own writing, read back.
    ...(typeof forward === 'string' ? { forward: JSON.parse(forward) as readonly string[] } : {}),
  }
}

export function aliasRow(row: Row): StoredAlias {
  return {
    id: integer(row, 'id'),
    address: text(row, 'address'),
    to: JSON.parse(text(row, 'targets')),
    send: integer(row, 'may_send') === 1,
    createdAt: integer(row, 'created_ms'),
  }
}

export function domainRow(row: Row): StoredDomain {
  return {
    id: integer(row, 'id'),
    name: text(row, 'name'),
    createdAt: integer(row, 'created_ms'),
  }
}

export function actRow(row: Row): Act {
  return {
    number: integer(row, 'number'),
    at: integer(row, 'at_ms'),
    who: text(row, 'who'),
    door: text(row, 'door'),
    what: text(row, 'what'),
    why: text(row, 'why'),
    detail: JSON.parse(text(row, 'detail')),
  }
}

export function dkimKeyRow(row: Row): DkimKeyRow {
  return {
    domain: text(row, 'domain'),
    selector: text(row, 'selector'),
    algorithm: text(row, 'algorithm') === 'rsa' ? 'rsa' : 'ed25519',
    privateKey: text(row, 'private_key'),
    createdAt: integer(row, 'created_ms'),
    active: integer(row, 'active') === 1,
  }
}

/** A hash as it is stored (32 octets) from hexadecimal, and back. */
export function hashOctets(sha256: string): Uint8Array {
  if (!/^[0-9a-f]{64}$/.test(sha256)) throw new Error('Store: a content hash is not SHA-256 in hex')
  return Buffer.from(sha256, 'hex')
}

export function hashText(row: Row, column: string): string {
  return Buffer.from(octets(row, column)).toString('hex')
}
