import {
  type AddressFilter,
  formsOf,
  type JourneyFilter,
  messageIdForms,
} from '../../journey/filter.ts'
import type { QueueFilter } from '../ports/queue-filter.ts'
import type { Value } from './database.ts'

/** Conditions of SQL that must all hold, with their values in order. */
export interface Conditions {
  readonly sql: readonly string[]
  readonly values: readonly Value[]
}

/** Conditions on `journey` that an index leads to: few rows fit them, however many there are. */
export function indexedConditions({ messageId, to }: JourneyFilter): Conditions {
  const sql: string[] = []
  const values: Value[] = []
  if (messageId !== undefined) {
    sql.push("journey.header_id IN (?, ?) AND journey.header_id <> ''")
    values.push(...messageIdForms(messageId))
  }
  if (to?.match === 'whole') {
    const his = formsOf(to).map(() => 'address = ? COLLATE NOCASE')
    sql.push(`journey.key IN (SELECT journey FROM journey_recipient WHERE ${his.join(' OR ')})`)
    values.push(...formsOf(to))
  }
  return { sql, values }
}

/** All other conditions on `journey`. */
export function otherConditions(filter: JourneyFilter): Conditions {
  const { to, from, author, since, until, subject } = filter
  const all = [
    to?.match === 'part' ? anyRecipient('instr(lower(address), lower(?)) > 0', formsOf(to)) : none,
    addressCondition('journey.mail_from', from),
    author === undefined ? none : authorCondition(author),
    statusCondition(filter),
    since === undefined ? none : one('journey.started_ms >= ?', since),
    until === undefined ? none : one('journey.started_ms < ?', until),
    subject === undefined ? none : one('instr(lower(journey.subject), lower(?)) > 0', subject),
    personConditions(filter),
  ]
  return joined(all)
}

/**
 * All conditions of a filter on `journey`, for whoever has tables as the store has them.
 *
 * @param to the recipient whose status is meant too, where the filter itself names none
 */
export function filterConditions(
  filter: JourneyFilter,
  to: AddressFilter | undefined = filter.to,
): Conditions {
  const { status, ...others } = filter
  const whose = status === undefined ? {} : { status, ...(to === undefined ? {} : { to }) }
  return joined([indexedConditions(filter), otherConditions(others), statusCondition(whose)])
}

/** Conditions on `queue`, with the `journey` of each item beside it. */
export function queueConditions(filter: QueueFilter): Conditions {
  const { to, from, author, since, until, subject, messageId, ip, account, not = [] } = filter
  return joined([
    addressCondition('queue.recipient', to),
    addressCondition('queue.reverse_path', from),
    author === undefined ? none : authorCondition(author),
    queueStatusCondition(filter.status),
    since === undefined ? none : one('queue.created_ms >= ?', since),
    until === undefined ? none : one('queue.created_ms < ?', until),
    subject === undefined ? none : one('instr(lower(journey.subject), lower(?)) > 0', subject),
    messageId === undefined
      ? none
      : one('journey.header_id IN (?, ?)', ...messageIdForms(messageId)),
    personConditions(ip === undefined ? {} : { ip }),
    account === undefined
      ? none
      : one('lower(coalesce(queue.account, journey.login)) = lower(?)', account),
    waitingConditions(filter),
    ...not.map(noneOfThese),
  ])
}

/** What only a letter that waits has. */
function waitingConditions(filter: QueueFilter): Conditions {
  const { destination, reason, kind, held, holdReason, journeyPart, journeys } = filter
  const has = (column: string): string => `instr(lower(queue.${column}), lower(?)) > 0`
  const why = has('hold_reason')
  const among = 'queue.journey_id IN (SELECT value FROM json_each(?))'
  return joined([
    journeys === undefined ? none : one(among, JSON.stringify(journeys)),
    destination === undefined ? none : destinationCondition(destination),
    reason === undefined ? none : one(`(${has('last_problem')} OR ${why})`, reason, reason),
    holdReason === undefined ? none : one(why, holdReason),
    kind === undefined ? none : one('queue.last_kind = ?', kind),
    held === undefined ? none : one('queue.held = ?', held ? 1 : 0),
    journeyPart === undefined ? none : journeyPartCondition(journeyPart.toLowerCase()),
  ])
}

function destinationCondition({
  domain,
  match,
}: NonNullable<QueueFilter['destination']>): Conditions {
  const whole = one('lower(queue.destination) = ?', domain)
  const end = `.${domain}`
  const below = one('substr(lower(queue.destination), -length(?)) = ?', end, end)
  if (match === 'whole') return whole
  if (match === 'below') return below
  return one(`(${whole.sql.join('')} OR ${below.sql.join('')})`, ...whole.values, ...below.values)
}

function journeyPartCondition(part: string): Conditions {
  const id = 'lower(queue.journey_id)'
  const sql = `(substr(${id}, 1, length(?)) = ? OR substr(${id}, -length(?)) = ?)`
  return one(sql, part, part, part, part)
}

/** What nothing is known of fits no condition, and so it is none of these. */
function noneOfThese(filter: QueueFilter): Conditions {
  const { sql, values } = queueConditions(filter)
  return sql.length === 0 ? one('0') : one(`NOT coalesce((${sql.join(' AND ')}), 0)`, ...values)
}

const none: Conditions = { sql: [], values: [] }

function one(sql: string, ...values: Value[]): Conditions {
  return { sql: [sql], values }
}

/** All of these. */
export function joined(all: readonly Conditions[]): Conditions {
  return { sql: all.flatMap(({ sql }) => sql), values: all.flatMap(({ values }) => values) }
}

function anyOf(condition: string, values: readonly Value[]): Conditions {
  return one(`(${values.map(() => condition).join(' OR ')})`, ...values)
}

function addressCondition(column: string, wanted: AddressFilter | undefined): Conditions {
  if (wanted === undefined) return none
  const forms = formsOf(wanted)
  if (wanted.match === 'whole') return anyOf(`lower(${column}) = lower(?)`, forms)
  return anyOf(`instr(lower(${column}), lower(?)) > 0`, forms)
}

/** From may name several, with commas between. */
function authorCondition(wanted: AddressFilter): Conditions {
  const forms = formsOf(wanted)
  if (wanted.match === 'part') return anyOf('instr(lower(journey.author), lower(?)) > 0', forms)
  const among = "instr(', ' || lower(journey.author) || ', ', ', ' || lower(?) || ', ') > 0"
  return anyOf(among, forms)
}

/** With a recipient beside it, the status may be that of this recipient. */
function statusCondition({ status, to }: JourneyFilter): Conditions {
  if (status === undefined) return none
  if (status === 'partly') return one("journey.status LIKE 'partly %'")
  if (to?.match !== 'whole') return one('journey.status = ?', status)
  const his = anyRecipient('address = ? COLLATE NOCASE', formsOf(to), status)
  return one(`(journey.status = ? OR ${his.sql.join(' AND ')})`, status, ...his.values)
}

function queueStatusCondition(status: string | undefined): Conditions {
  switch (status) {
    case undefined:
      return none
    case 'held':
      return one('queue.held = 1')
    case 'queued':
      return one('queue.attempts = 0')
    case 'deferred':
      return one('queue.attempts > 0')
    default:
      return one('journey.status LIKE ?', status === 'partly' ? 'partly %' : status)
  }
}

function personConditions({ ip, account }: JourneyFilter): Conditions {
  const where = ip === undefined ? none : one('journey.ip = ?', ip)
  if (account === undefined) return where
  const has = anyRecipient("instr(' ' || lower(accounts) || ' ', ' ' || lower(?) || ' ') > 0", [
    account,
  ])
  const who = one(
    `(lower(journey.login) = lower(?) OR ${has.sql.join(' AND ')})`,
    account,
    ...has.values,
  )
  return joined([where, who])
}

/** Some recipient is one of these, and stands so where a status is asked for. */
function anyRecipient(condition: string, forms: readonly string[], status?: string): Conditions {
  const who = anyOf(condition, forms)
  const his = status === undefined ? who : joined([who, one('status = ?', status)])
  return one(
    `EXISTS (SELECT 1 FROM journey_recipient AS r
      WHERE r.journey = journey.key AND ${his.sql.join(' AND ')})`,
    ...his.values,
  )
}

/** The clause of these conditions; empty when there are none. */
export function where({ sql }: Pick<Conditions, 'sql'>): string {
  return sql.length === 0 ? '' : `WHERE ${sql.join(' AND ')}`
}
