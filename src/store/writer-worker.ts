/**
 * The writer's thread. While one commit runs, batches gather in the port; the next transaction takes
 * all of them. So the busier the server, the more messages share an fsync.
 */
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads'
import type { Batch, Reply } from './commit-queue.ts'
import type { OpenedWriter, WriterSetup } from './open-writer.ts'
import { openWriter } from './open-writer.ts'
import { messagesOf, problemOf } from './operations.ts'
import { storeProblem } from './problems.ts'
import type { Writer } from './writer.ts'
import type { ThreadMessage } from './writer-thread.ts'

type Request = { readonly type: 'batch'; readonly batch: Batch } | { readonly type: 'close' }

/** One transaction takes no more than this, so that its callers do not wait for ever. */
const maxOperations = 1000
const maxOctets = 16 * 1024 * 1024

function say(message: ThreadMessage): void {
  parentPort?.postMessage(message)
}

/** The first batch and those that have gathered behind it. */
function gather(first: Batch): { readonly batches: readonly Batch[]; readonly last: boolean } {
  const batches = [first]
  let operations = first.operations.length
  let octets = octetsIn(first)
  while (parentPort !== null && operations < maxOperations && octets < maxOctets) {
    const received: { message: Request } | undefined = receiveMessageOnPort(parentPort)
    if (received === undefined) break
    if (received.message.type === 'close') return { batches, last: true }
    const { batch } = received.message
    batches.push(batch)
    operations += batch.operations.length
    octets += octetsIn(batch)
  }
  return { batches, last: false }
}

function octetsIn(batch: Batch): number {
  let octets = 0
  for (const message of batch.operations.flatMap(messagesOf)) octets += message.content.size
  return octets
}

function write(writer: Writer, batches: readonly Batch[]): void {
  const numbers = batches.flatMap(({ first, operations }) => operations.map((_, i) => first + i))
  const done = writer.run(batches.flatMap(({ operations }) => operations))
  const outcomes: Reply['outcomes'] = done.map((outcome, i) => [numbers[i] ?? -1, outcome])
  say({ type: 'reply', reply: replyOf(writer, outcomes) })
  const brokenBefore = writer.broken !== undefined
  writer.checkpoint()
  if (!brokenBefore && writer.broken !== undefined)
    say({ type: 'reply', reply: replyOf(writer, []) })
}

function replyOf(writer: Writer, outcomes: Reply['outcomes']): Reply {
  if (writer.broken === undefined) return { outcomes }
  return { outcomes, broken: problemOf(writer.broken) }
}

function end(writer: Writer): void {
  writer.close()
  say({ type: 'closed' })
  parentPort?.close()
}

function start(setup: WriterSetup): void {
  let opened: OpenedWriter
  try {
    opened = openWriter(setup)
  } catch (error) {
    say({ type: 'failed', problem: problemOf(storeProblem(error) ?? error) })
    return
  }
  const { writer, unexplained } = opened
  parentPort?.on('message', (request: Request) => {
    if (request.type === 'close') return end(writer)
    const { batches, last } = gather(request.batch)
    write(writer, batches)
    if (last) end(writer)
  })
  say({ type: 'ready', unexplained })
}

start(workerData)
