/**
 * The writer's thread. While one commit runs, batches gather in the port; the next transaction takes
 * all of them. So the busier the server, the more messages share an fsync.
 */
import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads'
import type { Batch, Reply } from './commit-queue.ts'
import { dataFolder } from '../data-folder.ts'
import { type OpenedWriter, openWriter } from './open-writer.ts'
import { problemOf } from '../../base/error-data.ts'
import { messagesOf } from '../operations.ts'
import type { Change, ChangeType } from '../ports/changes.ts'
import { storeProblem } from '../problems.ts'
import { removeSpoolOf } from './content-files.ts'
import type { Writer } from './writer.ts'
import type { ThreadMessage, WriterThreadSetup } from './writer-thread.ts'

type Request =
  | { readonly type: 'batch'; readonly batch: Batch }
  /** Another thread sends batches as well, through this port. */
  | { readonly type: 'door'; readonly port: MessagePort; readonly mark: string }
  /** One of these threads is gone. */
  | { readonly type: 'lost'; readonly mark: string }
  /** What is committed of these kinds is told through the port that this came by, from now on. */
  | { readonly type: 'watch'; readonly types: readonly ChangeType[] }
  | { readonly type: 'close' }

type Order = Exclude<Request, { readonly type: 'batch' }>

/** An order, and by whom. */
interface Ordered {
  readonly order: Order
  readonly from: MessagePort
}

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
  readonly #spool: string
  readonly #ports = new Set<MessagePort>()
  readonly #watching = new Map<MessagePort, ReadonlySet<ChangeType>>()
  readonly #lastChange: BigInt64Array
  #toldBroken = false

  constructor(writer: Writer, { folder, lastChange }: WriterThreadSetup) {
    this.#writer = writer
    this.#spool = dataFolder(folder).spool
    this.#lastChange = lastChange
    this.#tellLast()
  }

  listen(port: MessagePort): void {
    this.#ports.add(port)
    port.on('close', () => {
      this.#ports.delete(port)
      this.#watching.delete(port)
    })
    port.on('message', (request: Request) => {
      if (request.type !== 'batch') return this.#obey({ order: request, from: port })
      const { sent, ordered } = this.#gather({ batch: request.batch, from: port })
      this.#write(sent)
      if (ordered !== undefined) this.#obey(ordered)
    })
  }

  #obey({ order, from }: Ordered): void {
    switch (order.type) {
      case 'close':
        return this.#end()
      case 'door':
        return this.listen(order.port)
      case 'watch':
        this.#watching.set(from, new Set(order.types))
        return say({ type: 'watching', last: this.#writer.lastChange }, from)
      case 'lost':
        this.#writeAll()
        // Nothing that lies there now waits to be committed.
        return removeSpoolOf(order.mark, this.#spool)
    }
  }

  /** All that was sent before now. */
  #writeAll(): void {
    for (const port of this.#ports) {
      if (port === parentPort) continue
      for (let more = receiveMessageOnPort(port); more !== undefined; ) {
        const request: Request = more.message
        if (request.type === 'batch') this.#write([{ batch: request.batch, from: port }])
        more = receiveMessageOnPort(port)
      }
    }
  }

  /** The first batch and those that have gathered behind it, on all ports, up to an order. */
  #gather(first: Sent): { readonly sent: readonly Sent[]; readonly ordered: Ordered | undefined } {
    const sent = [first]
    let operations = first.batch.operations.length
    let octets = octetsIn(first.batch)
    for (const from of this.#ports) {
      while (operations < maxOperations && octets < maxOctets) {
        const received: { message: Request } | undefined = receiveMessageOnPort(from)
        if (received === undefined) break
        const { message } = received
        if (message.type !== 'batch') return { sent, ordered: { order: message, from } }
        sent.push({ batch: message.batch, from })
        operations += message.batch.operations.length
        octets += octetsIn(message.batch)
      }
    }
    return { sent, ordered: undefined }
  }

  #write(sent: readonly Sent[]): void {
    const done = this.#writer.run(sent.flatMap(({ batch }) => batch.operations))
    const told = this.#watched()
    let at = 0
    for (const { batch, from } of sent) {
      const { first, operations } = batch
      const mine = done.slice(at, at + operations.length)
      at += operations.length
      this.#reply({ outcomes: mine.map((outcome, i) => [first + i, outcome]), told }, from)
    }
    this.#tellOthers(told)
    this.#writer.checkpoint()
    // It makes room sometimes.
    this.#tellOthers(this.#watched())
    if (this.#writer.broken === undefined || this.#toldBroken) return
    this.#toldBroken = true
    for (const port of this.#ports) this.#reply({ outcomes: [], told }, port)
  }

  /** What was committed just now, for each who watches: what they want of it. */
  #watched(): Map<MessagePort, readonly Change[]> {
    const changes = this.#writer.takeChanges()
    this.#tellLast()
    const told = new Map<MessagePort, readonly Change[]>()
    if (changes.length === 0) return told
    for (const [port, types] of this.#watching) {
      const wanted = changes.filter(({ type }) => types.has(type))
      if (wanted.length > 0) told.set(port, wanted)
    }
    return told
  }

  #tellLast(): void {
    Atomics.store(this.#lastChange, 0, BigInt(this.#writer.lastChange))
  }

  /** Outcomes take along what is to be told to the same one, which saves a message. */
  #reply(
    {
      outcomes,
      told,
    }: Pick<Reply, 'outcomes'> & { readonly told: Map<MessagePort, readonly Change[]> },
    to: MessagePort,
  ): void {
    const { broken } = this.#writer
    const changes = told.get(to)
    told.delete(to)
    const reply: Reply = {
      outcomes,
      ...(changes === undefined ? {} : { changes }),
      ...(broken === undefined ? {} : { broken: problemOf(broken) }),
    }
    say({ type: 'reply', reply }, to)
  }

  #tellOthers(told: Map<MessagePort, readonly Change[]>): void {
    for (const port of told.keys()) this.#reply({ outcomes: [], told }, port)
  }

  #end(): void {
    this.#writer.close()
    say({ type: 'closed' })
    for (const port of this.#ports) port.close()
  }
}

function start(setup: WriterThreadSetup): void {
  let opened: OpenedWriter
  try {
    opened = openWriter(setup)
  } catch (error) {
    say({ type: 'failed', problem: problemOf(storeProblem(error) ?? error) })
    return
  }
  if (parentPort !== null) new WriterThread(opened.writer, setup).listen(parentPort)
  say({ type: 'ready', unexplained: opened.unexplained })
}

start(workerData)
