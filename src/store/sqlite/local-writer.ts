import type { Reply, WriterLink } from './commit-queue.ts'
import type { ContentFiles } from './content-files.ts'
import type { Database } from './database.ts'
import { openWriter, type WriterSetup } from './open-writer.ts'
import { problemOf } from '../../base/error-data.ts'
import type { ChangeType } from '../ports/changes.ts'

/**
 * A writer on the caller's own thread, for tests: `beforeStep` is called before each statement and
 * each change of a file, and what it throws is the fault of that step. Rolling back always works,
 * as it does in SQLite, and so does what follows a commit.
 */
export function startLocalWriter(
  setup: WriterSetup,
  beforeStep: (what: string) => void,
): Promise<WriterLink> {
  const { writer, unexplained } = openWriter(setup, {
    database: (database) => faultyDatabase(database, beforeStep),
    files: (files) => faultyFiles(files, beforeStep),
  })
  let reply: (reply: Reply) => void = () => undefined
  let watched: ReadonlySet<ChangeType> = new Set()
  return Promise.resolve({
    unexplained,
    post({ first, operations }) {
      setImmediate(() => {
        const outcomes = writer.run(operations)
        const broken = writer.broken === undefined ? {} : { broken: problemOf(writer.broken) }
        const changes = writer.takeChanges().filter(({ type }) => watched.has(type))
        reply({ outcomes: outcomes.map((outcome, i) => [first + i, outcome]), changes, ...broken })
      })
    },
    listen(listeners) {
      reply = listeners.reply
    },
    lastChange: () => writer.lastChange,
    watch(types, heard) {
      watched = new Set(types)
      heard(writer.lastChange)
    },
    setBusy() {
      // The timer of the post keeps the process alive.
    },
    close() {
      writer.close()
      return Promise.resolve()
    },
  })
}

function faultyDatabase(database: Database, beforeStep: (what: string) => void): Database {
  return {
    run(sql, ...values) {
      if (!sql.startsWith('ROLLBACK')) beforeStep(sql)
      return database.run(sql, ...values)
    },
    get(sql, ...values) {
      beforeStep(sql)
      return database.get(sql, ...values)
    },
    all(sql, ...values) {
      beforeStep(sql)
      return database.all(sql, ...values)
    },
    exec(sql) {
      if (!sql.startsWith('ROLLBACK')) beforeStep(sql)
      database.exec(sql)
    },
    get inTransaction() {
      return database.inTransaction
    },
    close: () => database.close(),
  }
}

function faultyFiles(files: ContentFiles, beforeStep: (what: string) => void): ContentFiles {
  return {
    ...files,
    place(path, sha256, size) {
      beforeStep('place')
      files.place(path, sha256, size)
    },
    sync() {
      beforeStep('sync')
      files.sync()
    },
    read(path) {
      beforeStep('read')
      return files.read(path)
    },
    remove(sha256) {
      beforeStep('remove')
      files.remove(sha256)
    },
  }
}
