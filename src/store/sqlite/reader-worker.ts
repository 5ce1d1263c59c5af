/** The thread that reads: one question after the other, over a connection that cannot write. */
import { parentPort, workerData } from 'node:worker_threads'
import { problemOf } from '../../base/error-data.ts'
import { storeProblem } from '../problems.ts'
import type { Question, ReaderReply, ReaderRequest, ReaderSetup } from './reader-thread.ts'
import { answer } from '../reads.ts'
import { openReads, type SqliteReads } from './sqlite-reader.ts'

const setup: ReaderSetup = workerData
let reads: SqliteReads | undefined

function replyTo({ number, method, args }: Question): ReaderReply {
  try {
    reads ??= openReads(setup)
    return { number, ok: true, value: answer(reads, method, args) }
  } catch (error) {
    return { number, ok: false, problem: problemOf(storeProblem(error) ?? error) }
  }
}

/** Octets of a content are handed over and not copied. */
function buffersOf(reply: ReaderReply): ArrayBuffer[] {
  const octets = reply.ok ? octetsIn(reply.value) : undefined
  if (octets === undefined) return []
  const { buffer, byteLength } = octets
  return buffer instanceof ArrayBuffer && buffer.byteLength === byteLength ? [buffer] : []
}

/** A content, or the one that stands beside the place of a message. */
function octetsIn(value: unknown): Uint8Array | undefined {
  const found =
    typeof value === 'object' && value !== null && 'octets' in value ? value.octets : value
  return found instanceof Uint8Array ? found : undefined
}

parentPort?.on('message', (request: ReaderRequest) => {
  if (request.type === 'close') {
    reads?.close()
    parentPort?.close()
    return
  }
  for (const question of request.questions) {
    const reply = replyTo(question)
    parentPort?.postMessage(reply, buffersOf(reply))
  }
})
