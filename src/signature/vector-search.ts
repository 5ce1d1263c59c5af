/**
 * Looks for irregular white space sixteen octets at a time, which JavaScript cannot: a function of
 * WebAssembly, whose code is put together below. What it looks for is told in `Irregularities`.
 */

const TAB = 9
const CR = 13
const SP = 32

/** The little of WebAssembly that is used; the types of Node do not have it. */
declare const WebAssembly:
  | {
      readonly Memory: new (size: { readonly initial: number }) => { readonly buffer: ArrayBuffer }
      readonly Module: new (code: Uint8Array) => object
      readonly Instance: new (
        module: object,
        imports: Readonly<Record<string, Readonly<Record<string, unknown>>>>,
      ) => { readonly exports: { readonly search: Search } }
    }
  | undefined

/** The first irregular octet of the memory's `[from, end)`; something from `end` on when none is. */
type Search = (from: number, end: number) => number

const pageOctets = 1 << 16

/** Longer chunks must be searched in parts. */
export const maxSearched: number = pageOctets

/** Chunks are copied into a memory of its own. There is one for each thread. */
export class VectorSearch {
  readonly #octets: Uint8Array
  readonly #search: Search
  #ticket = 0

  constructor(octets: Uint8Array, search: Search) {
    this.#octets = octets
    this.#search = search
  }

  /** Takes a chunk of `maxSearched` octets at most, in place of the one before; gives its ticket. */
  load(chunk: Uint8Array): number {
    this.#octets.set(chunk)
    // White space at the end of a chunk may be white space at the end of a line.
    this.#octets[chunk.length] = CR
    return ++this.#ticket
  }

  /** Whether the chunk with this ticket is still here. */
  holds(ticket: number): boolean {
    return ticket === this.#ticket
  }

  /** The first irregular octet from `from` on; `length`, the chunk's own, when there is none. */
  next(from: number, length: number): number {
    return Math.min(this.#search(from, length), length)
  }
}

let made: VectorSearch | 'none' | undefined

/** The one of this thread; `undefined` where there is no WebAssembly, or none with vectors. */
export function vectorSearch(): VectorSearch | undefined {
  made ??= make()
  return made === 'none' ? undefined : made
}

function make(): VectorSearch | 'none' {
  // Absent under `node --jitless`.
  if (typeof WebAssembly === 'undefined') return 'none'
  try {
    // The second page is for the sentinel, and for what is read past the end and not counted.
    const memory = new WebAssembly.Memory({ initial: 2 })
    const module = new WebAssembly.Module(code())
    const { search } = new WebAssembly.Instance(module, { house: { memory } }).exports
    return new VectorSearch(new Uint8Array(memory.buffer), search)
  } catch (problem) {
    // No vectors on this processor, or no address space for the memory.
    if (problem instanceof Error) return 'none'
    throw problem
  }
}

/** Types and instructions by their octets (WebAssembly 2.0, §5.3, §5.4). */
type Code = readonly number[]
const i32 = 0x7f
const v128 = 0x7b
const loop: Code = [0x03, 0x40]
const toLoopIf: Code = [0x0d, 0]
const ifSo: Code = [0x04, 0x40]
const end: Code = [0x0b]
const giveBack: Code = [0x0f]
const add: Code = [0x6a]
const less: Code = [0x48]
const trailingZeros: Code = [0x68]
const get = (local: number): Code => [0x20, local]
const set = (local: number): Code => [0x21, local]
const tee = (local: number): Code => [0x22, local]
const constant = (value: number): Code => [0x41, value]
const load = (offset: number): Code => [0xfd, 0x00, 0, offset]
const inAllLanes: Code = [0xfd, 0x0f]
const equal: Code = [0xfd, 0x23]
const and: Code = [0xfd, 0x4e]
const or: Code = [0xfd, 0x50]
/** A bit for each octet, the first octet's lowest. */
const bits: Code = [0xfd, 0x64]

/** `\0asm` and the version. */
const magic: Code = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]

/** A module with one function: `search`. */
function code(): Uint8Array {
  const [at, length, found, space, tab, cr, here, next] = [0, 1, 2, 3, 4, 5, 6, 7]
  const body = [
    [constant(SP), inAllLanes, set(space)],
    [constant(TAB), inAllLanes, set(tab)],
    [constant(CR), inAllLanes, set(cr)],
    [loop],
    [get(at), load(0), set(here), get(at), load(1), set(next)],
    // A SP, and behind it a SP, a TAB or a CR; or a TAB.
    [get(next), get(space), equal, get(next), get(tab), equal, or, get(next), get(cr), equal, or],
    [get(here), get(space), equal, and, get(here), get(tab), equal, or],
    [bits, tee(found), ifSo, get(at), get(found), trailingZeros, add, giveBack, end],
    [get(at), constant(16), add, tee(at), get(length), less, toLoopIf],
    [end],
    [get(length), end],
  ]
  const locals = [2, 1, i32, 5, v128]
  return Uint8Array.from([
    ...magic,
    ...section(1, [1, 0x60, 2, i32, i32, 1, i32]),
    ...section(2, [1, ...name('house'), ...name('memory'), 0x02, 0x00, 2]),
    ...section(3, [1, 0]),
    ...section(7, [1, ...name('search'), 0x00, 0]),
    ...section(10, [1, ...sized([...locals, ...body.flat(2)])]),
  ])
}

function section(id: number, content: Code): Code {
  return [id, ...sized(content)]
}

function name(text: string): Code {
  return sized(Array.from(text, (letter) => letter.charCodeAt(0)))
}

/** Behind its length, in seven bits an octet. */
function sized(content: Code): Code {
  const { length } = content
  return [...(length < 128 ? [length] : [128 | (length & 127), length >> 7]), ...content]
}
