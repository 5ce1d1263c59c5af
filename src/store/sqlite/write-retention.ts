import { type Database, integer, type Row, text } from './database.ts'
import type { PruneStep } from '../operations.ts'
import { hashOctets, hashText } from './rows.ts'
import type { PruneRequest, PruneResult } from '../ports/retention.ts'
import type { StrangerLimits } from '../strangers.ts'
import { strangerTotal } from './stranger-total.ts'
import { removeExpired } from './write-register.ts'
import type { Transaction } from './transaction.ts'

/** How many rows one transaction of a pruning removes: some milliseconds of the writer's time. */
const pruneStepSize = 100

/** Removes the message when nothing refers to it any longer, and then its content likewise. */
function dropUnreferredMessage(
  transaction: Transaction,
  message: number,
): { readonly messages: number; readonly contents: number } {
  const row = transaction.get(
    `DELETE FROM message WHERE key = ?1
      AND NOT EXISTS (SELECT 1 FROM queue WHERE message = ?1)
      AND NOT EXISTS (SELECT 1 FROM mailbox_item WHERE message = ?1)
      AND NOT EXISTS (SELECT 1 FROM journey WHERE message = ?1)
      RETURNING content`,
    message,
  )
  if (row === undefined) return { messages: 0, contents: 0 }
  transaction.count('messages', -1)
  const content = transaction.get(
    `DELETE FROM content WHERE key = ?1
      AND NOT EXISTS (SELECT 1 FROM message WHERE content = ?1)
      RETURNING sha256, octets IS NULL AS in_file`,
    integer(row, 'content'),
  )
  if (content === undefined) return { messages: 1, contents: 0 }
  if (integer(content, 'in_file') === 1) leave(transaction, hashText(content, 'sha256'))
  return { messages: 1, contents: 1 }
}

/**
 * The file goes after the commit. Until it has gone the database says that it may: a start removes
 * no file that nothing explains.
 */
function leave(transaction: Transaction, sha256: string): void {
  transaction.run('INSERT OR IGNORE INTO leaving_content (sha256) VALUES (?)', hashOctets(sha256))
  transaction.removedContents.push(sha256)
}

/** Its file has gone, or has a row again. */
export function forgetLeaving(transaction: Transaction, sha256: string): void {
  transaction.run('DELETE FROM leaving_content WHERE sha256 = ?', hashOctets(sha256))
}

/** Contents whose files may go: their rows were removed, and perhaps nothing more. */
export function leavingContents(database: Database): readonly string[] {
  return database.all('SELECT sha256 FROM leaving_content').map((row) => hashText(row, 'sha256'))
}

/** Takes a journey away, with the message when nothing else refers to it. */
function removeJourney(transaction: Transaction, journey: number): PruneResult {
  transaction.run('DELETE FROM journey_steps WHERE journey = ?', journey)
  transaction.run('DELETE FROM journey_record WHERE journey = ?', journey)
  transaction.run('DELETE FROM stranger WHERE journey = ?', journey)
  const row = transaction.get('DELETE FROM journey WHERE key = ? RETURNING id, message', journey)
  const message = row?.['message']
  const dropped = typeof message === 'number' ? dropUnreferredMessage(transaction, message) : none
  const journeys = row === undefined ? 0 : 1
  if (row !== undefined) transaction.tell({ type: 'journey', id: text(row, 'id') })
  transaction.count('journeys', -journeys)
  return { ...none, ...dropped, journeys }
}

/** Takes the content away that was kept to decide a refused letter again; its record stays. */
function removeKept(transaction: Transaction, journey: number): PruneResult {
  transaction.run('UPDATE stranger SET content_octets = 0 WHERE journey = ?', journey)
  const row = transaction.get('SELECT id, message FROM journey WHERE key = ?', journey)
  const message = row?.['message']
  if (row === undefined || typeof message !== 'number') return none
  transaction.run('UPDATE journey SET message = NULL WHERE key = ?', journey)
  transaction.tell({ type: 'journey', id: text(row, 'id') })
  return { ...none, ...dropUnreferredMessage(transaction, message) }
}

/**
 * The content of sent mail is kept until its last recipient is settled: takes it from the journeys
 * and removes it, unless it also lies in a mailbox or somebody still waits for it.
 */
export function dropSettledMessage(transaction: Transaction, message: number): PruneResult {
  const inUse = transaction.get(
    `SELECT 1 FROM message WHERE key = ?1 AND (
      EXISTS (SELECT 1 FROM queue WHERE message = ?1) OR
      EXISTS (SELECT 1 FROM mailbox_item WHERE message = ?1))`,
    message,
  )
  if (inUse !== undefined) return none
  const left = 'UPDATE journey SET message = NULL WHERE message = ? RETURNING id'
  for (const row of transaction.all(left, message)) {
    transaction.tell({ type: 'journey', id: text(row, 'id') })
  }
  return { ...none, ...dropUnreferredMessage(transaction, message) }
}

const none: PruneResult = { journeys: 0, messages: 0, contents: 0, facts: 0 }

export function addResults(a: PruneResult, b: PruneResult): PruneResult {
  return {
    journeys: a.journeys + b.journeys,
    messages: a.messages + b.messages,
    contents: a.contents + b.contents,
    facts: a.facts + b.facts,
  }
}

/** Removes the chosen ones, which are rows with one number each. */
function each(
  transaction: Transaction,
  rows: readonly Row[],
  remove: (transaction: Transaction, key: number) => PruneResult,
): PruneStep {
  let removed = none
  for (const row of rows) removed = addResults(removed, remove(transaction, integer(row, 'key')))
  return { removed, more: rows.length > 0 }
}

/** One kind of what goes: removes some of it, and tells whether there was any. */
type Stage = (transaction: Transaction, request: PruneRequest) => PruneStep

const oldScans: Stage = (transaction, { scansBefore, journeysBefore }) => {
  const sql =
    "SELECT journey AS key FROM stranger WHERE kind = 'scan' AND started_ms < ? ORDER BY started_ms LIMIT ?"
  const rows = transaction.all(sql, scansBefore ?? journeysBefore, pruneStepSize)
  return each(transaction, rows, removeJourney)
}

const oldJourneys: Stage = (transaction, { journeysBefore }) => {
  const sql = `SELECT key FROM journey WHERE started_ms < ?
    AND NOT EXISTS (SELECT 1 FROM queue WHERE journey_id = journey.id)
    ORDER BY started_ms, key LIMIT ?`
  return each(transaction, transaction.all(sql, journeysBefore, pruneStepSize), removeJourney)
}

const selectKept = 'SELECT journey AS key, content_octets FROM stranger WHERE content_octets > 0'

const oldKept: Stage = (transaction, { refusedBefore }) => {
  if (refusedBefore === undefined) return { removed: none, more: false }
  const sql = `${selectKept} AND started_ms < ? ORDER BY started_ms LIMIT ?`
  return each(transaction, transaction.all(sql, refusedBefore, pruneStepSize), removeKept)
}

const tooMuchKept: Stage = (transaction, { strangers }) => {
  return trimKept(transaction, strangers ?? transaction.strangers, pruneStepSize)
}

const tooManyStrangers: Stage = (transaction, { strangers }) => {
  return trimStrangers(transaction, strangers ?? transaction.strangers, pruneStepSize)
}

/** Removed messages of mailboxes, from before the time of the journeys. */
const oldExpunged: Stage = (transaction, { journeysBefore }) => {
  const rows = transaction.all(
    `DELETE FROM expunged WHERE (mailbox, modseq, uid) IN
        (SELECT mailbox, modseq, uid FROM expunged WHERE at_ms < ? ORDER BY at_ms LIMIT ?)
      RETURNING mailbox, modseq`,
    journeysBefore,
    pruneStepSize,
  )
  for (const row of rows) {
    transaction.run(
      'UPDATE mailbox SET forgotten_modseq = max(forgotten_modseq, ?) WHERE id = ?',
      integer(row, 'modseq'),
      integer(row, 'mailbox'),
    )
  }
  return { removed: none, more: rows.length > 0 }
}

const expiredEntries: Stage = (transaction, { expiredBy }) => {
  if (expiredBy === undefined) return { removed: none, more: false }
  const more = removeExpired(transaction, { by: expiredBy, atMost: pruneStepSize })
  return { removed: none, more }
}

const settledOfOlderVersions: Stage = (transaction) => {
  const rows = transaction.all(
    'DELETE FROM settled_message WHERE message IN (SELECT message FROM settled_message LIMIT ?) RETURNING message AS key',
    pruneStepSize,
  )
  return each(transaction, rows, dropSettledMessage)
}

/** Facts that are older than every journey that could refer to them. */
const unusedFacts: Stage = (transaction) => {
  const facts = removeFacts(transaction, unusedByAll) || removeFacts(transaction, unusedByStrangers)
  return { removed: { ...none, facts }, more: facts > 0 }
}

const unusedByAll = 'used_ms < coalesce((SELECT min(started_ms) FROM journey), 9e15)'
const unusedByStrangers = `kept_for = 'stranger'
  AND used_ms < coalesce((SELECT min(started_ms) FROM stranger WHERE kind = 'letter'), 9e15)`

function removeFacts(transaction: Transaction, condition: string): number {
  const { changes } = transaction.run(
    `DELETE FROM fact WHERE key IN (
      SELECT key FROM fact WHERE ${condition} ORDER BY used_ms LIMIT ?)`,
    pruneStepSize,
  )
  if (changes > 0) transaction.factsRemoved = true
  return changes
}

/** The least wanted first. */
const stages: readonly Stage[] = [
  oldScans,
  oldKept,
  tooMuchKept,
  oldJourneys,
  unusedFacts,
  tooManyStrangers,
  settledOfOlderVersions,
  oldExpunged,
  expiredEntries,
]

/** One small step of a pruning. It is at its end when nothing more is to be removed. */
export function pruneStep(transaction: Transaction, request: PruneRequest): PruneStep {
  for (const stage of stages) {
    const step = stage(transaction, request)
    if (step.more) return step
  }
  return { removed: none, more: false }
}

/** The oldest contents of refused letters go until the rest is within the limit. */
function trimKept(transaction: Transaction, limits: StrangerLimits, atMost: number): PruneStep {
  let excess = strangerTotal(transaction).content - limits.contentOctets
  if (excess <= 0) return { removed: none, more: false }
  const rows: Row[] = []
  for (const row of transaction.all(`${selectKept} ORDER BY started_ms LIMIT ?`, atMost)) {
    if (excess <= 0) break
    excess -= integer(row, 'content_octets')
    rows.push(row)
  }
  return each(transaction, rows, removeKept)
}

/** The oldest journeys of strangers go until the rest is within the limit, facts included. */
function trimStrangers(
  transaction: Transaction,
  limits: StrangerLimits,
  atMost: number,
): PruneStep {
  let excess = strangerTotal(transaction).all - limits.octets
  if (excess <= 0) return { removed: none, more: false }
  const rows: Row[] = []
  const sql = `SELECT journey AS key, record_octets + content_octets AS octets FROM stranger
    ORDER BY started_ms LIMIT ?`
  for (const row of transaction.all(sql, atMost)) {
    if (excess <= 0) break
    excess -= integer(row, 'octets')
    rows.push(row)
  }
  return each(transaction, rows, removeJourney)
}

/** How many older ones may have to go for one that comes: more than one, so that it comes to an end. */
const goneForOne = 4

/** Keeps to the limits at once, before a pruning comes by: for each stranger that comes. */
export function makeRoomFromStrangers(transaction: Transaction, limits: StrangerLimits): void {
  // A content may be many times as long as those that have to go for it.
  for (let n = 0; n < pruneStepSize && trimKept(transaction, limits, goneForOne).more; n++);
  if (!trimStrangers(transaction, limits, goneForOne).more) return
  removeFacts(transaction, unusedByStrangers)
}
