import type { Worker } from 'node:worker_threads'
import type { Log } from '../../base/log.ts'
import { ReaderThread, type ReaderSetup, startReaderThread } from './reader-thread.ts'
import { answer, type Ask } from '../reads.ts'
import { openReads, type SqliteReads } from './sqlite-reader.ts'

/** Where questions are answered, until it closes. */
export interface Reading {
  readonly ask: Ask
  close(): Promise<void>
}

/** Begins to read a folder somewhere; tests with faults read where they are. */
export type StartReading = (setup: ReaderSetup, log: Log) => Reading

/** Reads on a thread of its own; the log is told when it dies. */
export function readOnThread(
  start: (setup: ReaderSetup) => Worker = startReaderThread,
): StartReading {
  return (setup, log) => {
    const lost = (cause: unknown): void => {
      const why = cause instanceof Error ? cause.message : String(cause)
      const problem = `the thread that reads the store has ended and is started again: ${why}`
      log({ level: 'error', event: 'store', fields: { problem } })
    }
    return new ReaderThread(() => start(setup), lost)
  }
}

/** Reads on the caller's own thread, for tests that open a store hundreds of times. */
export const readHere: StartReading = (setup) => {
  let reads: SqliteReads | undefined
  let closed = false
  return {
    ask: async (method, ...args) => {
      if (closed) throw new Error('Store: it is closed')
      await Promise.resolve()
      reads ??= openReads(setup)
      return answer(reads, method, args)
    },
    close() {
      closed = true
      reads?.close()
      return Promise.resolve()
    },
  }
}
