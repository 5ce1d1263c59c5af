import { WaybillError } from '../../base/error.ts'
import { credentialSchema } from './credential-schema.ts'
import { atomically, type Database, integer } from './database.ts'
import { mailboxSchema } from './mailbox-schema.ts'
import { receiptSchema } from './receipt-schema.ts'
import { registerSchema } from './register-schema.ts'
import { released } from './released-schema.ts'
import { senderSchema } from './sender-schema.ts'

/** `WAYB`: marks the file as ours (PRAGMA application_id). */
const applicationId = 0x57415942

/** All steps, in order. Their number is the version, kept in `PRAGMA user_version`. */
const migrations: readonly string[] = [
  ...released,
  mailboxSchema,
  credentialSchema,
  receiptSchema,
  registerSchema,
  senderSchema,
  // What the last refusal of each waiting letter meant; of those before nobody has written it down.
  "ALTER TABLE queue ADD COLUMN last_kind TEXT NOT NULL DEFAULT '';",
  // Where an account's letters are handed on to as well, as JSON.
  'ALTER TABLE account ADD COLUMN forward TEXT;',
]

/** The version that this program reads and writes. */
const schemaVersion: number = migrations.length

/** Brings the database up to `schemaVersion`, each step in a transaction of its own. */
export function migrate(database: Database): void {
  const found = checkFile(database)
  for (const [index, step] of migrations.entries()) {
    if (index < found) continue
    atomically(database, () => {
      database.exec(step)
      database.exec(`PRAGMA application_id = ${applicationId}`)
      database.exec(`PRAGMA user_version = ${index + 1}`)
    })
  }
}

/** Readers use nothing that a later step has brought. */
const oldestReadable = 6

/** For readers, which change nothing: the database must be of a version that they can read. */
export function checkReadable(database: Database): void {
  if (checkFile(database) < oldestReadable) throw tooOld()
}

/** For those who copy it whole: of this version or an older one. */
export function checkKnown(database: Database): void {
  checkFile(database)
}

/** Whether there is anything in the database. */
export function hasTables(database: Database): boolean {
  return integer(database.get('SELECT count(*) AS n FROM sqlite_schema') ?? {}, 'n') > 0
}

/** For those who use all of it. */
export function checkCurrent(database: Database): void {
  if (checkFile(database) < schemaVersion) throw tooOld()
}

/** What is said of a database that lacks what this program needs of it. */
export function tooOld(): WaybillError {
  return new WaybillError('not-found', 'The data folder was written by an older Waybill.', {
    hint: 'Start the server once: it brings the data folder up to date.',
  })
}

function checkFile(database: Database): number {
  const version = integer(database.get('PRAGMA user_version') ?? {}, 'user_version')
  const application = integer(database.get('PRAGMA application_id') ?? {}, 'application_id')
  if (application !== applicationId && (hasTables(database) || version > 0)) {
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
