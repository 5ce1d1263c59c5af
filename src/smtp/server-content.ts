import type { OctetQueue } from '../wire/octet-queue.ts'
import type { Outbox } from '../wire/engine.ts'
import * as replies from './reply.ts'
import { ChunkReader } from './chunk-reader.ts'
import { DataDecoder } from './data-decoder.ts'
import type { Reply } from './reply.ts'
import { type Chunk, error, type Step } from './server-step.ts'
import type { CloseReason, MessageFacts, ServerOutput } from './server-types.ts'

/** What is read now. */
type Reading =
  | { readonly type: 'nothing' }
  /** All up to the final dot. */
  | { readonly type: 'data' }
  /** `left` octets more. With `refusal` they are thrown away, and then this is the reply. */
  | {
      readonly type: 'chunk'
      readonly left: number
      readonly last: boolean
      readonly refusal: Reply | null
    }

/**
 * Takes in the content of one message after the other, each by DATA or chunk by chunk. Puts out
 * `message` as it comes, and `messageEnd` exactly once for each that was begun.
 */
export class ContentReception {
  readonly #queue: OctetQueue
  readonly #out: Outbox<ServerOutput>
  readonly #maxBytes: number
  /** From the accepted DATA to its end, or from the first accepted chunk to the last. */
  #body: MessageBody | undefined
  #reading: Reading = { type: 'nothing' }
  #progress = 0

  constructor(queue: OctetQueue, out: Outbox<ServerOutput>, maxBytes: number) {
    this.#queue = queue
    this.#out = out
    this.#maxBytes = maxBytes
  }

  /** DATA was accepted. */
  beginData(): void {
    this.#body = new MessageBody('data', this.#maxBytes)
    this.#reading = { type: 'data' }
    this.#progress = 0
  }

  /** The first chunk of a message was accepted; `expectChunk` says how long it is. */
  beginChunks(): void {
    this.#body = new MessageBody('chunks', this.#maxBytes)
  }

  expectChunk({ octets, last }: Chunk, refusal: Reply | null): void {
    this.#reading = { type: 'chunk', left: octets, last, refusal }
    this.#progress = 0
  }

  /** Reads what waits. Gives what to do at the end of the message or chunk, `undefined` before. */
  read(): Step | undefined {
    const reading = this.#reading
    switch (reading.type) {
      case 'nothing':
        throw new Error('ContentReception: nothing to read')
      case 'data':
        return this.#readData(this.#begun())
      case 'chunk':
        return this.#readChunk(reading)
    }
  }

  /** Octets taken from the queue since the last call, or since this message or chunk began. */
  takeProgress(): number {
    const progress = this.#progress
    this.#progress = 0
    return progress
  }

  /** Breaks off what was begun, for this reason; false when nothing was. */
  abandon(closing: CloseReason | null): boolean {
    const body = this.#body
    if (body === undefined) return false
    this.#over()
    const facts = body.facts()
    this.#out.push({ type: 'messageEnd', ending: 'abandoned', facts, closing })
    return true
  }

  #readData(body: MessageBody): Step | undefined {
    const octets = this.#queue.view()
    if (octets.length === 0) return undefined
    const content = body.push(octets)
    this.#used(body.consumed)
    this.#give(content)
    return body.done ? this.#end(body) : undefined
  }

  #readChunk(chunk: Reading & { readonly type: 'chunk' }): Step | undefined {
    const octets = this.#queue.view().subarray(0, chunk.left)
    const left = chunk.left - octets.length
    const { refusal, last } = chunk
    const body = refusal === null ? this.#begun() : undefined
    if (body !== undefined && octets.length > 0) this.#give(body.push(octets))
    this.#used(octets.length)
    if (left > 0) {
      this.#reading = { ...chunk, left }
      return undefined
    }
    this.#reading = { type: 'nothing' }
    if (refusal !== null) return error(refusal)
    return this.#chunkEnded(this.#begun(), last)
  }

  #chunkEnded(body: MessageBody, last: boolean): Step {
    if (last) body.end()
    const { tooBig, bareNewline } = body.facts()
    // What cannot be taken need not come to its last chunk.
    if (last || tooBig || bareNewline) return this.#end(body)
    return { type: 'reply', reply: replies.chunkAccepted }
  }

  /** The true end: only here a message is judged. */
  #end(body: MessageBody): Step {
    this.#over()
    const facts = body.facts()
    const refusal = facts.tooBig
      ? replies.messageTooBig(this.#maxBytes)
      : facts.bareNewline
        ? replies.bareNewline
        : null
    if (refusal === null) this.#out.push({ type: 'messageEnd', ending: 'complete', facts })
    else this.#out.push({ type: 'messageEnd', ending: 'refused', facts, reply: refusal })
    return { type: 'judge', facts, refusal }
  }

  #over(): void {
    this.#body = undefined
    this.#reading = { type: 'nothing' }
  }

  #begun(): MessageBody {
    if (this.#body === undefined) throw new Error('ContentReception: content without a message')
    return this.#body
  }

  #used(count: number): void {
    this.#queue.skip(count)
    this.#progress += count
  }

  #give(content: Uint8Array): void {
    if (content.length > 0) this.#out.push({ type: 'message', octets: content })
  }
}

/** The content of one message while it comes, by DATA or in chunks: counted, and cut at the limit. */
class MessageBody {
  readonly #reader: DataDecoder | ChunkReader
  readonly #maxBytes: number
  #octets = 0

  constructor(transport: 'data' | 'chunks', maxBytes: number) {
    this.#reader = transport === 'data' ? new DataDecoder() : new ChunkReader()
    this.#maxBytes = maxBytes
  }

  /** Whether the end that DATA marks was seen; chunks mark none. */
  get done(): boolean {
    return this.#reader.done
  }

  /** How many octets of the last `push` belonged to the content. */
  get consumed(): number {
    return this.#reader.consumed
  }

  /** Takes octets from the wire, gives the content in them as far as it is within the limit. */
  push(octets: Uint8Array): Uint8Array {
    const content = this.#reader.push(octets)
    const room = Math.max(0, this.#maxBytes - this.#octets)
    this.#octets += content.length
    return content.length > room ? content.subarray(0, room) : content
  }

  /** The last chunk is here. */
  end(): void {
    if (this.#reader instanceof ChunkReader) this.#reader.end()
  }

  facts(): MessageFacts {
    return {
      octets: this.#octets,
      eightBit: this.#reader.eightBit,
      nul: this.#reader.nul,
      bareNewline: this.#reader.bareNewline,
      tooBig: this.#octets > this.#maxBytes,
    }
  }
}
