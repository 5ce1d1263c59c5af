import { concat, octetString } from '../base/octets.ts'
import { splitMessage } from '../message/header-reader.ts'

/** The header of a message may be so long where it is taken in. */
const maxHeaderOctets = 1 << 20

/** A range of octets of the message. */
type Range = readonly [start: number, end: number]

/** Where in the header of a part something can be changed. Holds the header until it is whole. */
export class HeaderPlaces {
  readonly #start: number
  readonly #end: number
  #chunks: Uint8Array[] = []
  #length = 0
  /** The fields Content-Transfer-Encoding; the first one counts. */
  encodings: readonly Range[] = []
  mimeVersion = false
  /** Where another field can be put in; `undefined`: no empty line is at the end. */
  fieldsEnd: number | undefined
  tooLong = false

  constructor(start: number, end: number) {
    this.#start = start
    this.#end = end
    this.tooLong = end - start > maxHeaderOctets
  }

  /** There is no header, not even the empty line: the part begins with its text. */
  get isAbsent(): boolean {
    return this.#start === this.#end
  }

  push(octets: Uint8Array): void {
    if (this.tooLong) return
    this.#chunks.push(octets.slice())
    this.#length += octets.length
    if (this.#length === this.#end - this.#start) this.#read()
  }

  #read(): void {
    const octets = concat(this.#chunks)
    this.#chunks = []
    const { header } = splitMessage(octets)
    const base = header.octets.byteOffset - this.#start
    this.mimeVersion = header.fields.some(({ name }) => name === 'mime-version')
    this.encodings = header.fields
      .filter(({ name }) => name === 'content-transfer-encoding')
      .map(({ raw }) => [raw.byteOffset - base, raw.byteOffset - base + raw.length])
    const { length } = octets
    const ends = octetString(octets, Math.max(0, length - 4))
    if (ends === '\r\n' || ends === '\r\n\r\n') this.fieldsEnd = this.#end - 2
  }
}
