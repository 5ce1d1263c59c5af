import type { MessagePort } from 'node:worker_threads'
import { WaybillError } from '../../base/error.ts'
import { errorOf, type Problem } from '../../base/error-data.ts'
import type { Change, ChangeType } from '../ports/changes.ts'
import type { NewMessage } from '../ports/post.ts'
import type { Operation, Outcome, Results } from '../operations.ts'
import { mapMessages, messagesOf } from '../operations.ts'
import { storeBroken } from '../problems.ts'

/** Operations on their way to the writer, numbered from `first` on. */
export interface Batch {
  readonly first: number
  readonly operations: readonly Operation[]
}

/** The outcomes of one or more batches, in order, all durable. */
export interface Reply {
  readonly outcomes: readonly (readonly [number: number, outcome: Outcome])[]
  /** What was committed, by whomever, as far as it is watched from here. */
  readonly changes?: readonly Change[]
  /** The writer has failed and takes no more. */
  readonly broken?: Problem
}

/** The way to the writer: a thread, or in tests the same one. */
export interface WriterLink {
  /** Files in the data folder that nothing explains; they were left alone. */
  readonly unexplained: readonly string[]
  /** Sends a batch; the buffers go over and are lost here. Throws when it cannot be sent at all. */
  post(batch: Batch, transfer: readonly ArrayBuffer[]): void
  /** To be called once, before the first post. */
  listen(listeners: {
    readonly reply: (reply: Reply) => void
    /** The writer is gone without having been closed. */
    readonly ended: (cause: unknown) => void
  }): void
  /** The number of the last change that was committed; at least of all that a reply was about. */
  lastChange(): number
  /**
   * Has replies tell of what is committed of these kinds; before: of none. `heard` is called, in the
   * order of the calls, with the number of the last change before they do.
   */
  watch(types: readonly ChangeType[], heard: (last: number) => void): void
  /** While the writer is busy, the process does not end on its own. */
  setBusy(busy: boolean): void
  /** Ends the writer after what was posted. */
  close(): Promise<void>
  /** Doors for other threads; absent where the writer has no thread of its own. */
  readonly doors?: {
    /** Has the writer take what comes through this port too. Its files in the spool have this mark. */
    open(port: MessagePort, mark: string): void
    /** The thread behind the door is gone: nobody else removes what it was writing. */
    lost(mark: string): void
  }
}

interface Waiting {
  resolve(value: unknown): void
  reject(error: Error): void
}

/**
 * The callers' side of group commit: what is asked for in one turn of the event loop goes over as
 * one message, and the writer puts all that has arrived into one transaction. Each caller's promise
 * is settled by the outcome of its own operation.
 */
export class CommitQueue {
  readonly #link: WriterLink
  readonly #onBroken: (error: WaybillError) => void
  readonly #onChanges: (changes: readonly Change[]) => void
  readonly #waiting = new Map<number, Waiting>()
  #draining = false
  #broken: WaybillError | undefined
  #unsent: Operation[] = []
  #next = 0
  #idle: (() => void) | undefined

  /** @param told hears of changes that are watched, before those who brought them */
  constructor(
    link: WriterLink,
    told: {
      readonly onBroken: (error: WaybillError) => void
      readonly onChanges?: (changes: readonly Change[]) => void
    },
  ) {
    this.#link = link
    this.#onBroken = told.onBroken
    this.#onChanges = told.onChanges ?? (() => undefined)
    link.listen({
      reply: (reply) => this.#take(reply),
      ended: (cause) => this.#fail(storeBroken(cause)),
    })
  }

  /** Resolves with the result when it is durable; rejects when nothing of it was written. */
  submit<T extends Operation['type']>(
    operation: Extract<Operation, { readonly type: T }>,
  ): Promise<Results[T]> {
    if (this.#draining) return Promise.reject(new Error('Store: it is closed'))
    if (this.#broken !== undefined) return Promise.reject(this.#broken)
    return new Promise<Results[T]>((resolve, reject) => {
      if (this.#waiting.size === 0) this.#link.setBusy(true)
      this.#waiting.set(this.#next++, { resolve, reject })
      if (this.#unsent.push(operation) === 1) setImmediate(() => this.#send())
    })
  }

  /** Takes nothing new and lets what is under way come to its end. */
  async drain(): Promise<void> {
    this.#draining = true
    if (this.#waiting.size === 0) return
    await new Promise<void>((resolve) => {
      this.#idle = resolve
    })
  }

  /** Ends the writer. */
  end(): Promise<void> {
    return this.#link.close()
  }

  #send(): void {
    const operations = this.#unsent
    if (operations.length === 0) return
    this.#unsent = []
    const first = this.#next - operations.length
    try {
      this.#post({ first, operations })
    } catch {
      // One of them is not plain data. Each goes by itself, so that only that one fails.
      for (const [i, operation] of operations.entries()) this.#sendAlone(first + i, operation)
    }
  }

  #sendAlone(number: number, operation: Operation): void {
    try {
      this.#post({ first: number, operations: [operation] })
    } catch (error) {
      this.#waitingFor(number)?.reject(error instanceof Error ? error : new Error(String(error)))
    }
  }

  #post(batch: Batch): void {
    const packed = packOctets(batch.operations)
    this.#link.post(
      { first: batch.first, operations: packed.operations },
      packed.buffer === undefined ? [] : [packed.buffer],
    )
  }

  #take(reply: Reply): void {
    if (reply.changes !== undefined) this.#onChanges(reply.changes)
    for (const [number, outcome] of reply.outcomes) {
      const waiting = this.#waitingFor(number)
      if (outcome.ok) waiting?.resolve(outcome.value)
      else waiting?.reject(errorOf(outcome.problem))
    }
    if (reply.broken === undefined) return
    const error = errorOf(reply.broken)
    this.#fail(error instanceof WaybillError ? error : storeBroken(error))
  }

  #waitingFor(number: number): Waiting | undefined {
    const waiting = this.#waiting.get(number)
    this.#waiting.delete(number)
    if (this.#waiting.size === 0) {
      this.#link.setBusy(false)
      this.#idle?.()
    }
    return waiting
  }

  /** Nothing more will be written: whoever waits is told so, and so is the server. */
  #fail(error: WaybillError): void {
    if (this.#broken !== undefined) return
    this.#broken = error
    this.#unsent = []
    for (const number of Array.from(this.#waiting.keys())) this.#waitingFor(number)?.reject(error)
    this.#onBroken(error)
  }
}

/**
 * Copies the octets of all messages into one buffer that can be handed over whole. A copy, because
 * the caller goes on using its octets, and often they are a part of a larger buffer.
 */
function packOctets(operations: readonly Operation[]): {
  readonly operations: readonly Operation[]
  readonly buffer: ArrayBuffer | undefined
} {
  let size = 0
  for (const operation of operations) {
    for (const message of messagesOf(operation)) size += octetsIn(message)
  }
  if (size === 0) return { operations, buffer: undefined }
  const buffer = new ArrayBuffer(size)
  let at = 0
  const moved = (octets: Uint8Array): Uint8Array => {
    const view = new Uint8Array(buffer, at, octets.length)
    view.set(octets)
    at += octets.length
    return view
  }
  const packed = operations.map((operation) =>
    mapMessages(operation, (message) => {
      const prefix = moved(message.prefix)
      const { source } = message.content
      if (source.type === 'file') return { ...message, prefix }
      const content = {
        ...message.content,
        source: { type: 'octets' as const, octets: moved(source.octets) },
      }
      return { ...message, prefix, content }
    }),
  )
  return { operations: packed, buffer }
}

function octetsIn({ prefix, content }: NewMessage): number {
  return prefix.length + (content.source.type === 'octets' ? content.source.octets.length : 0)
}
