import { concat, octetsOf } from '../base/octets.ts'
import { Base64Encoder } from '../message/base64-lines.ts'
import { QuotedPrintableEncoder } from '../message/quoted-printable.ts'
import type { Edit } from './plan.ts'

const crlf = octetsOf('\r\n')
const QUESTION = 63

/** Carries out the edits of a plan on a message that comes cut anywhere. Holds no more than a line. */
export class SevenBitWriter {
  readonly #edits: readonly Edit[]
  #edit = 0
  #at = 0
  /** What codes the part that is passing. */
  #encoder: QuotedPrintableEncoder | Base64Encoder | undefined

  constructor(edits: readonly Edit[]) {
    this.#edits = edits
  }

  /** What can be said by now; it may be a part of the chunk itself. */
  push(chunk: Uint8Array): Uint8Array {
    const out: Uint8Array[] = []
    let from = 0
    while (from < chunk.length) {
      const edit = this.#edits[this.#edit]
      const until = edit === undefined ? Infinity : this.#at < edit.start ? edit.start : edit.end
      const octets = chunk.subarray(from, Math.min(chunk.length, from + until - this.#at))
      const within = edit !== undefined && this.#at >= edit.start
      if (within) out.push(...this.#edited(octets, edit))
      else out.push(octets)
      from += octets.length
      this.#at += octets.length
      if (within && this.#at === edit.end) out.push(...this.#endOf(edit))
    }
    return concat(out)
  }

  end(): Uint8Array {
    const edit = this.#edits[this.#edit]
    // Nothing is left to do but to put in what stands at the very end.
    if (edit === undefined || edit.start > this.#at) return new Uint8Array(0)
    return concat(this.#endOf(edit))
  }

  #edited(octets: Uint8Array, edit: Edit): readonly Uint8Array[] {
    switch (edit.type) {
      case 'replace':
        return []
      case 'mask':
        return [octets.map((octet) => (octet > 127 ? QUESTION : octet))]
      case 'code':
        this.#encoder ??= edit.to === 'base64' ? new Base64Encoder() : new QuotedPrintableEncoder()
        return [this.#encoder.push(octets)]
    }
  }

  #endOf(edit: Edit): readonly Uint8Array[] {
    this.#edit++
    const rest = this.#encoder?.end()
    this.#encoder = undefined
    if (edit.type === 'replace') return [edit.octets]
    if (rest === undefined) return []
    return edit.type === 'code' && edit.to === 'base64' && edit.last ? [rest, crlf] : [rest]
  }
}
