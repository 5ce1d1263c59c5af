import { type Database, text } from './database.ts'

/** What is wrong with rows that stand for themselves: references to nothing, and wrong counts. */
export function* rowFindings(database: Database): Generator<string> {
  for (const row of database.all('PRAGMA foreign_key_check')) {
    const which = row['rowid'] === null ? 'a row' : `row ${String(row['rowid'])}`
    yield `${which} of ${text(row, 'table')} refers to a ${text(row, 'parent')} that is not there`
  }
  const kept = "SELECT 1 FROM sqlite_schema WHERE name = 'kept_count'"
  const register = "SELECT 1 FROM sqlite_schema WHERE name = 'register'"
  const checks = [
    ...unreferenced,
    ...(database.get(kept) === undefined ? [] : miscounted),
    ...(database.get(register) === undefined ? [] : unreadable),
  ]
  for (const [sql, what] of checks) {
    for (const row of database.all(sql)) yield `${text(row, 'id')}: ${what}`
  }
}

/** What no foreign key says. */
const unreferenced: readonly (readonly [sql: string, what: string])[] = [
  [
    `SELECT id FROM journey WHERE NOT EXISTS
      (SELECT 1 FROM journey_record WHERE journey_record.journey = journey.key) LIMIT 100`,
    'a journey without its record',
  ],
  [
    `SELECT id FROM queue WHERE NOT EXISTS
      (SELECT 1 FROM journey WHERE journey.id = queue.journey_id) LIMIT 100`,
    'an item of the queue without its journey',
  ],
]

/** What is kept beside the rows, in folders of this version. */
const miscounted: typeof unreferenced = [
  [
    `SELECT 'mailbox ' || mailbox.id AS id FROM mailbox
      WHERE messages <> (SELECT count(*) FROM mailbox_item WHERE mailbox = mailbox.id)
        OR octets <> (SELECT coalesce(sum(size), 0) FROM mailbox_item WHERE mailbox = mailbox.id)
      LIMIT 100`,
    'a mailbox that does not have as much as it says',
  ],
  [
    `SELECT 'mailbox ' || mailbox.id AS id FROM mailbox
      WHERE uid_next <= (SELECT max(uid) FROM mailbox_item WHERE mailbox = mailbox.id)
        OR highest_modseq < (SELECT max(modseq) FROM mailbox_item WHERE mailbox = mailbox.id)
      LIMIT 100`,
    'a mailbox that would give a uid or a modseq again',
  ],
  [
    `SELECT 'kept_count' AS id FROM kept_count WHERE messages <> (SELECT count(*) FROM message)
      OR queued <> (SELECT count(*) FROM queue) OR journeys <> (SELECT count(*) FROM journey)
      OR held <> (SELECT count(*) FROM queue WHERE held = 1)`,
    'the counts that are kept are not those of the rows',
  ],
]

/** What the server remembers, and cannot. */
const unreadable: typeof unreferenced = [
  [
    `SELECT kind || ' ' || key AS id FROM register WHERE NOT json_valid(json) LIMIT 100`,
    'an entry of the register that is no JSON',
  ],
  [
    `SELECT id FROM queue WHERE held = 0 AND held_until_ms IS NOT NULL LIMIT 100`,
    'an item of the queue that is not held, and has an end of its hold',
  ],
]
