/**
 * The writer's thread. While one commit runs, batches gather in the port; the next transaction takes
 * all of them. So the busier the server, the more messages share an fsync.
 */
import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads'
import type { Batch, Reply } from './commit-queue.ts'
import type { OpenedWriter, WriterSetup } from './open-writer.ts'
import { openWriter } from './open-writer.ts'
import { messagesOf, problemOf } from './operations.ts'
import { storeProblem } from './problems.ts'
import type { Writer } from './writer.ts'
import type { ThreadMessage } from './writer-thread.ts'

type Request =
  | { readonly type: 'batch'; readonly batch: Batch }
  /** Another thread sends batches as well, through this port. */
  | { readonly type: 'door'; readonly port: MessagePort }
  | { readonly type: 'close' }

/** A batch, and where its outcomes are waited for. */
interface Sent {
  readonly batch: Batch
  readonly from: MessagePort
}

/** One transaction takes no more than this, so that its callers do not wait for ever. */
const maxOperations = 1000
const maxOctets = 16 * 1024 * 1024

function say(message: ThreadMessage, to: MessagePort | null = parentPort): void {
  to?.postMessage(message)
}

function octetsIn(batch: Batch): number {
  let octets = 0
  for (const message of batch.operations.flatMap(messagesOf)) octets += message.content.size
  return octets
}

/** The writer, and all who send it something. */
class WriterThread {
  readonly #writer: Writer
  readonly #ports = new Set<MessagePort>()
  #toldBroken = false

  constructor(writer: Writer) {
    this.#writer = writer
  }

  listen(port: MessagePort): void {
    this.#ports.add(port)
    port.on('close', () => this.#ports.delete(port))
    port.on('message', (request: Request) => {
      if (request.type === 'close') return this.#end()
      if (request.type === 'door') return this.listen(request.port)
      const { sent, last } = this.#gather({ batch: request.batch, from: port })
      this.#write(sent)
      if (last) this.#end()
    })
  }

  /** The first batch and those that have gathered behind it, on all ports. */
  #gather(first: Sent): { readonly sent: readonly Sent[]; readonly last: boolean } {
    const sent = [first]
    let operations = first.batch.operations.length
    let octets = octetsIn(first.batch)
    for (const from of this.#ports) {
      while (operations < maxOperations && octets < maxOctets) {
        const received: { message: Request } | undefined = receiveMessageOnPort(from)
        if (received === undefined) break
        const { message } = received
        if (message.type === 'close') return { sent, last: true }
        if (message.type === 'door') {
          this.listen(message.port)
          continue
        }
        sent.push({ batch: message.batch, from })
        operations += message.batch.operations.length
        octets += octetsIn(message.batch)
      }
    }
    return { sent, last: false }
  }

  #write(sent: readonly Sent[]): void {
    const done = this.#writer.run(sent.flatMap(({ batch }) => batch.operations))
    let at = 0
    for (const { batch, from } of sent) {
      const { first, operations } = batch
      const mine = done.slice(at, at + operations.length)
      at += operations.length
      this.#reply(
        mine.map((outcome, i) => [first + i, outcome]),
        from,
      )
    }
    this.#writer.checkpoint()
    if (this.#writer.broken === undefined || this.#toldBroken) return
    this.#toldBroken = true
    for (const port of this.#ports) this.#reply([], port)
  }

  #reply(outcomes: Reply['outcomes'], to: MessagePort): void {
    const { broken } = this.#writer
    const reply = broken === undefined ? { outcomes } : { outcomes, broken: problemOf(broken) }
    say({ type: 'reply', reply }, to)
  }

  #end(): void {
    this.#writer.close()
    say({ type: 'closed' })
    for (const port of this.#ports) port.close()
  }
}

function start(setup: WriterSetup): void {
  let opened: OpenedWriter
  try {
    opened = openWriter(setup)
  } catch (error) {
    say({ type: 'failed', problem: problemOf(storeProblem(error) ?? error) })
    return
  }
  if (parentPort !== null) new WriterThread(opened.writer).listen(parentPort)
  say({ type: 'ready', unexplained: opened.unexplained })
}

start(workerData)
