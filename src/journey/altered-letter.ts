import { concat, encodeUtf8, octetsOf } from '../base/octets.ts'
import { HeaderReader, type MessageHeader } from '../message/header-reader.ts'
import type { ReplayOverrides } from './overrides.ts'

/**
 * A letter with something of it changed, in memory alone: another From, or one letter of the body.
 * Read `octets` once.
 */
export class AlteredLetter {
  readonly #original: AsyncIterable<Uint8Array>
  readonly #from: string | undefined
  #lettersToChange: number
  #bodyWanted: boolean

  constructor(
    original: AsyncIterable<Uint8Array>,
    { from, body }: Pick<ReplayOverrides, 'from' | 'body'>,
  ) {
    this.#original = original
    this.#from = from
    this.#bodyWanted = body !== undefined
    this.#lettersToChange = body === undefined ? 0 : 1
  }

  /** After reading: a letter of the body was to be changed, and there is none. */
  get lacksLetter(): boolean {
    return this.#bodyWanted && this.#lettersToChange > 0
  }

  async *octets(): AsyncGenerator<Uint8Array> {
    const reader = new HeaderReader()
    let reading = true
    for await (const chunk of this.#original) {
      if (!reading) {
        yield this.#body(chunk)
        continue
      }
      const progress = reader.push(chunk)
      if (progress.type === 'more') continue
      reading = false
      if (progress.type === 'problem') return
      yield this.#header(progress.header)
      yield this.#body(progress.body)
    }
    if (!reading) return
    const progress = reader.end()
    if (progress.type === 'header') yield this.#header(progress.header)
  }

  #header({ fields, octets }: MessageHeader): Uint8Array {
    if (this.#from === undefined) return octets
    const from = concat([octetsOf('From: '), encodeUtf8(this.#from), octetsOf('\r\n')])
    const pieces: Uint8Array[] = []
    let at = 0
    let written = false
    for (const { name, raw } of fields) {
      if (name !== 'from') continue
      // Each field's `raw` is a part of the header's octets.
      const start = raw.byteOffset - octets.byteOffset
      pieces.push(octets.subarray(at, start))
      if (!written) pieces.push(from)
      written = true
      at = start + raw.length
    }
    if (!written) pieces.push(from)
    pieces.push(octets.subarray(at))
    return concat(pieces)
  }

  #body(chunk: Uint8Array): Uint8Array {
    if (this.#lettersToChange === 0) return chunk
    const at = chunk.findIndex((octet) => isLetter(octet))
    if (at < 0) return chunk
    this.#lettersToChange = 0
    // A copy: a Buffer's own `slice` would change what is stored.
    const changed = new Uint8Array(chunk)
    changed[at] = nextLetter(chunk[at] ?? 0)
    return changed
  }
}

function isLetter(octet: number): boolean {
  const lower = octet | 0x20
  return lower >= 0x61 && lower <= 0x7a
}

/** `a` becomes `b`, and `z` becomes `a`: no canonical form takes one for the other. */
function nextLetter(octet: number): number {
  return (octet | 0x20) === 0x7a ? octet - 25 : octet + 1
}
