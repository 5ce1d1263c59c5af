import { ChunkReader } from './chunk-reader.ts'
import { DataDecoder } from './data-decoder.ts'
import type { MessageFacts } from './server-types.ts'

/** The content of one message while it comes, by DATA or in chunks: counted, and cut at the limit. */
export class MessageBody {
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
