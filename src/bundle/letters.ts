import { createHash } from 'node:crypto'
import { encodeBase64 } from '../base/base64.ts'
import { concat } from '../base/octets.ts'
import { badBundle, type BundleLine, type MessageLine, octetsLine } from './bundle-lines.ts'

/** A letter as the store has it. */
export interface Letter {
  readonly id: string
  readonly made: {
    readonly prefix: Uint8Array
    readonly omit: readonly (readonly [number, number])[]
    readonly contentSize: number
  }
  original(): AsyncIterable<Uint8Array>
}

/** The lines of a letter. */
export async function* letterLines(letter: Letter): AsyncGenerator<BundleLine> {
  const { id, made } = letter
  const { prefix, omit, contentSize: size } = made
  yield { line: 'message', id, size, prefix: encodeBase64(prefix), omit }
  const hash = createHash('sha256')
  for await (const chunk of letter.original()) {
    hash.update(chunk)
    yield octetsLine(chunk)
  }
  yield { line: 'whole', sha256: hash.digest('hex') }
}

/** The hash of a content, as a bundle has it. */
export async function hashOf(content: AsyncIterable<Uint8Array>): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of content) hash.update(chunk)
  return hash.digest('hex')
}

/** A letter that was read. */
export interface ReadLetter {
  readonly message: MessageLine
  readonly octets: Uint8Array
}

/** Letters of a bundle that is looked at and not brought into a store: they are held in memory. */
export class ReadLetters {
  readonly #most: number
  readonly #letters = new Map<string, ReadLetter>()
  #total = 0
  #open: { readonly message: MessageLine; readonly chunks: Uint8Array[] } | undefined

  /** @param most octets of all together */
  constructor(most: number) {
    this.#most = most
  }

  get(id: string): ReadLetter | undefined {
    return this.#letters.get(id)
  }

  begin(message: MessageLine): void {
    this.#open = { message, chunks: [] }
  }

  push(octets: Uint8Array): void {
    this.#total += octets.length
    if (this.#total > this.#most) throw badBundle(`letters of more than ${this.#most} octets`)
    this.#open?.chunks.push(octets)
  }

  whole(sha256: string): void {
    if (this.#open === undefined) return
    const { message, chunks } = this.#open
    const octets = concat(chunks)
    const right = createHash('sha256').update(octets).digest('hex') === sha256
    if (!right) throw badBundle('a letter that was changed: its hash is another')
    this.#letters.set(message.id, { message, octets })
    this.#open = undefined
  }
}
