import { WaybillError } from '../base/error.ts'
import type { Database } from './database.ts'
import { integer } from './database.ts'

/** `WAYB`: marks the file as ours (PRAGMA application_id). */
const applicationId = 0x57415942

/**
 * The steps that bring a database from one version to the next. A step is never changed once it
 * has been released; a change is a new step at the end. The number of steps is the version, kept in
 * `PRAGMA user_version`.
 *
 * Why the tables are cut as they are:
 * - `key` columns are row ids that grow, so what belongs together is written together, at the end.
 * - A journey's JSON lives apart from its row, so that a list of journeys reads small rows and a
 *   new status does not write the JSON again. Steps that come later are rows of their own.
 * - `queue` has one partial index for each place an item can be in (waiting, leased, held), so that
 *   a lease reads the due items only, however many others there are.
 * - `fact.used_ms` is never before the start of a journey that refers to the fact. So a fact older
 *   than the oldest journey belongs to none, and no table of references has to be kept.
 */
const migrations: readonly string[] = [
  `
  CREATE TABLE content (
    key INTEGER PRIMARY KEY,
    sha256 BLOB NOT NULL UNIQUE,
    size INTEGER NOT NULL,
    octets BLOB -- NULL: in the file content/ab/<sha256>
  ) STRICT;

  CREATE TABLE message (
    key INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    content INTEGER NOT NULL REFERENCES content (key),
    size INTEGER NOT NULL,
    prefix BLOB NOT NULL,
    omit TEXT NOT NULL -- JSON: [[start, end], …]
  ) STRICT;
  CREATE INDEX message_by_content ON message (content);

  CREATE TABLE journey (
    key INTEGER PRIMARY KEY,
    id TEXT NOT NULL COLLATE NOCASE,
    direction TEXT NOT NULL,
    started_ms INTEGER NOT NULL,
    status TEXT NOT NULL,
    mail_from TEXT NOT NULL,
    rcpt_to TEXT NOT NULL, -- JSON: [address, …]
    subject TEXT NOT NULL,
    summary TEXT NOT NULL,
    message INTEGER REFERENCES message (key)
  ) STRICT;
  CREATE UNIQUE INDEX journey_by_id ON journey (id);
  CREATE INDEX journey_by_start ON journey (started_ms);
  CREATE INDEX journey_by_status ON journey (status, started_ms);
  CREATE INDEX journey_by_message ON journey (message) WHERE message IS NOT NULL;

  CREATE TABLE journey_record (
    journey INTEGER PRIMARY KEY REFERENCES journey (key),
    json TEXT NOT NULL
  ) STRICT;

  CREATE TABLE journey_steps (
    key INTEGER PRIMARY KEY,
    journey INTEGER NOT NULL REFERENCES journey (key),
    json TEXT NOT NULL
  ) STRICT;
  CREATE INDEX journey_steps_by_journey ON journey_steps (journey);

  CREATE TABLE fact (
    key INTEGER PRIMARY KEY,
    hash TEXT NOT NULL UNIQUE,
    used_ms INTEGER NOT NULL,
    json TEXT NOT NULL
  ) STRICT;
  CREATE INDEX fact_by_use ON fact (used_ms);

  CREATE TABLE queue (
    key INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    message INTEGER NOT NULL REFERENCES message (key),
    journey_id TEXT NOT NULL COLLATE NOCASE,
    reverse_path TEXT NOT NULL,
    recipient TEXT NOT NULL,
    destination TEXT NOT NULL,
    smtp_utf8 INTEGER NOT NULL,
    eight_bit INTEGER NOT NULL,
    dsn TEXT NOT NULL, -- JSON
    created_ms INTEGER NOT NULL,
    next_attempt_ms INTEGER NOT NULL,
    expires_ms INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    held INTEGER NOT NULL,
    last_problem TEXT NOT NULL,
    lease_owner TEXT,
    lease_until_ms INTEGER
  ) STRICT;
  CREATE INDEX queue_waiting ON queue (next_attempt_ms) WHERE held = 0 AND lease_owner IS NULL;
  CREATE INDEX queue_leased ON queue (lease_until_ms) WHERE lease_owner IS NOT NULL;
  CREATE INDEX queue_held ON queue (next_attempt_ms) WHERE held = 1;
  CREATE INDEX queue_by_message ON queue (message);
  CREATE INDEX queue_by_journey ON queue (journey_id);

  CREATE TABLE mailbox_item (
    uid INTEGER PRIMARY KEY AUTOINCREMENT, -- never given twice, as IMAP asks
    account TEXT NOT NULL,
    mailbox TEXT NOT NULL,
    message INTEGER NOT NULL REFERENCES message (key),
    journey_id TEXT NOT NULL,
    received_ms INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX mailbox_item_by_mailbox ON mailbox_item (account, mailbox);
  CREATE INDEX mailbox_item_by_message ON mailbox_item (message);

  CREATE TABLE dkim_key (
    domain TEXT NOT NULL,
    selector TEXT NOT NULL,
    algorithm TEXT NOT NULL,
    private_key TEXT NOT NULL,
    created_ms INTEGER NOT NULL,
    active INTEGER NOT NULL,
    PRIMARY KEY (domain, selector)
  ) STRICT;
  `,
]

/** The version that this program reads and writes. */
export const schemaVersion: number = migrations.length

/** Brings the database up to `schemaVersion`, each step in a transaction of its own. */
export function migrate(database: Database): void {
  const found = checkFile(database)
  for (const [index, step] of migrations.entries()) {
    if (index < found) continue
    database.exec('BEGIN IMMEDIATE')
    try {
      database.exec(step)
      database.exec(`PRAGMA application_id = ${applicationId}`)
      database.exec(`PRAGMA user_version = ${index + 1}`)
      database.exec('COMMIT')
    } catch (error) {
      if (database.inTransaction) database.exec('ROLLBACK')
      throw error
    }
  }
}

/** For readers, which change nothing: the database must have exactly the version of this program. */
export function checkCurrent(database: Database): void {
  if (checkFile(database) < schemaVersion) {
    throw new WaybillError('not-found', 'The data folder was written by an older Waybill.', {
      hint: 'Start the server once: it brings the data folder up to date.',
    })
  }
}

function checkFile(database: Database): number {
  const version = integer(database.get('PRAGMA user_version') ?? {}, 'user_version')
  const application = integer(database.get('PRAGMA application_id') ?? {}, 'application_id')
  const tables = integer(database.get('SELECT count(*) AS n FROM sqlite_schema') ?? {}, 'n')
  if (application !== applicationId && (tables > 0 || version > 0)) {
    throw new WaybillError('store-broken', 'waybill.db is a database of another program.', {
      hint: 'Choose another data folder.',
    })
  }
  if (version > schemaVersion) {
    throw new WaybillError(
      'store-broken',
      `The data folder was written by a newer Waybill (format ${version}, this one knows ${schemaVersion}).`,
      { hint: 'Start the newer Waybill, or restore the backup made before the upgrade.' },
    )
  }
  return version
}
