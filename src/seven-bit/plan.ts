import { octetsOf } from '../base/octets.ts'
import { formatField, oneLine } from '../message/field.ts'
import { isPlainOctet } from '../message/quoted-printable.ts'
import type { Part, PartTree } from '../mime/part.ts'
import { HeaderPlaces } from './header-places.ts'
import { isOpaque, type Region, regionsOf } from './regions.ts'

/** What can carry any octet in a message of seven bits (RFC 2045 §6). */
export type SevenBitEncoding = 'quoted-printable' | 'base64'

/** A part whose body is coded. */
export interface CodedPart {
  /** Its place among the parts of the message, as `Part.n`. */
  readonly n: number
  readonly type: string
  /** Content-Transfer-Encoding as it was; `7bit` when there was none (RFC 2045 §6.1). */
  readonly from: string
  readonly to: SevenBitEncoding
  /** Octets of its body before. */
  readonly octets: number
}

/** What is done with octets `[start, end)` of the message; all others stay as they are. */
export type Edit = { readonly start: number; readonly end: number } & (
  | { readonly type: 'replace'; readonly octets: Uint8Array }
  /** `last`: the message ends with it, so a line end must stand behind it. */
  | { readonly type: 'code'; readonly to: SevenBitEncoding; readonly last: boolean }
  /** Text that no reader is shown: each octet over 127 becomes `?`. */
  | { readonly type: 'mask' }
)

/** How a message becomes one of seven bits; without edits it is one already. */
export interface SevenBitPlan {
  readonly type: 'plan'
  /** In order, none within another. */
  readonly edits: readonly Edit[]
  readonly parts: readonly CodedPart[]
}

/**
 * Why it cannot become one. `header`: fields are not coded here (SMTPUTF8). `signed`: RFC 1847 §2.1.
 * `coded`: a part has octets that its own encoding does not know. `type`: RFC 2045 §6.4 forbids to
 * code it. `structure`: more parts, or deeper ones, than are read, or a header of over 1 MiB, or headers
 * of over 2 MiB together, or one with no empty line behind it.
 */
export interface SevenBitObstacle {
  readonly type: 'impossible'
  readonly because: 'header' | 'signed' | 'coded' | 'type' | 'structure'
  /** The end of a sentence that says so: "it cannot be converted: …". */
  readonly text: string
}

/** A region, and what was seen of it. */
interface Seen {
  readonly region: Region
  /** Octets over 127. */
  high: number
  /** Octets that quoted-printable must code. */
  unplain: number
  /** Of the part that it belongs to. */
  readonly header: HeaderPlaces | undefined
}

/**
 * So many octets the headers of all parts may have together: what stands in them is read field by
 * field, and costs far more than the same in a body.
 */
const maxHeaders = 2 << 20

const CR = 13
const LF = 10
/** What quoted-printable leaves as it is, line ends with it. */
const plain = Uint8Array.from({ length: 256 }, (_, octet) => {
  return isPlainOctet(octet) || octet === CR || octet === LF ? 1 : 0
})

/**
 * Finds out how a message with octets over 127 becomes one without (RFC 6152 §3): give it the tree of
 * its parts, then all its octets, cut anywhere. Holds one header at a time, and little of each part.
 *
 * - Text becomes quoted-printable, or base64 where that is shorter; all else becomes base64.
 * - What holds parts may be neither (RFC 2045 §6.4): its parts are coded, and it says `7bit`.
 * - An enclosed message is opened; a `message/global`, which may be coded (RFC 6532 §3.5), is not.
 * - What is signed (`multipart/signed`) is not touched.
 */
export class SevenBitPlanner {
  readonly #tree: PartTree
  readonly #seen: readonly Seen[]
  /** There is more of headers than is read. */
  readonly #tooMuch: boolean
  #next = 0
  #at = 0

  constructor(tree: PartTree) {
    this.#tree = tree
    let header: HeaderPlaces | undefined
    const regions = regionsOf(tree)
    const headers = regions.filter(({ kind }) => kind === 'header')
    this.#tooMuch = headers.reduce((sum, { start, end }) => sum + end - start, 0) > maxHeaders
    this.#seen = regions.map((region): Seen => {
      if (region.kind === 'header') header = new HeaderPlaces(region.start, region.end)
      // A body follows its own header at once.
      return { region, high: 0, unplain: 0, header: region.kind === 'between' ? undefined : header }
    })
  }

  push(chunk: Uint8Array): void {
    for (let from = 0; from < chunk.length; ) {
      const seen = this.#seen[this.#next]
      if (seen === undefined) throw new Error('SevenBitPlanner: more octets than the parts have')
      const { kind, end } = seen.region
      const octets = chunk.subarray(from, from + end - this.#at)
      for (const octet of octets) {
        if (octet > 127) seen.high++
        if (plain[octet] === 0) seen.unplain++
      }
      if (kind === 'header' && !this.#tooMuch) seen.header?.push(octets)
      from += octets.length
      this.#at += octets.length
      if (this.#at === end) this.#next++
    }
  }

  finish(): SevenBitPlan | SevenBitObstacle {
    if (this.#seen.every(({ high }) => high === 0)) return { type: 'plan', edits: [], parts: [] }
    const obstacle = this.#obstacle()
    if (obstacle !== undefined) return obstacle
    const parts = this.#seen.flatMap((seen) => codedPart(seen) ?? [])
    const coded = new Map(parts.map((part) => [part.n, part]))
    const edits = this.#seen.flatMap((seen): readonly Edit[] => {
      const { region, high } = seen
      const { start, end } = region
      if (region.kind === 'between') return high > 0 ? [{ type: 'mask', start, end }] : []
      const one = coded.get(region.part.n)
      if (region.kind === 'header') return this.#headerEdits(seen, region.part, one?.to)
      return one === undefined
        ? []
        : [{ type: 'code', start, end, to: one.to, last: end === this.#at }]
    })
    return { type: 'plan', edits, parts }
  }

  #obstacle(): SevenBitObstacle | undefined {
    if (this.#tooMuch) return not('structure', 'its headers are too long.')
    if (this.#tree.more) return not('structure', 'it has more parts than can be followed.')
    for (const seen of this.#seen) {
      const { region, high, header } = seen
      if (header?.tooLong === true) return not('structure', 'one of its headers is too long.')
      if (high > 0 && region.signed) {
        return not(
          'signed',
          'they are in what is signed (multipart/signed) and must stay as it is.',
        )
      }
      if (high > 0 && region.kind === 'header') return not('header', 'they are in a header.')
      if (region.kind !== 'body' || codedPart(seen) === undefined) continue
      const { type, encoding } = region.part
      if (mustNotBeCoded(region.part)) {
        return not('type', `they are in a ${oneLine(type, 80)}, which must not be coded.`)
      }
      if (!codable.has(encoding)) {
        return not('coded', `they are in a part that calls itself ${oneLine(encoding, 40)}.`)
      }
      if (header === undefined || !takesFields(header)) {
        return not('structure', 'the header of a part has no empty line behind it.')
      }
    }
    return undefined
  }

  #headerEdits(
    { region, header }: Seen,
    part: Part,
    coded: SevenBitEncoding | undefined,
  ): readonly Edit[] {
    const says = /^(?:8bit|binary)$/.test(part.encoding) ? '7bit' : undefined
    const word = coded ?? says
    if (word === undefined || region.signed || header === undefined) return []
    if (!takesFields(header)) return []
    const { encodings, mimeVersion, fieldsEnd } = header
    const label = formatField('Content-Transfer-Encoding', word)
    const edits = encodings.map(([start, end], index): Edit => {
      return { type: 'replace', start, end, octets: octetsOf(index === 0 ? label : '') }
    })
    // RFC 2045 §4: without it the fields of MIME mean nothing.
    const version = this.#isMessage(part) && !mimeVersion ? formatField('MIME-Version', '1.0') : ''
    const added = version + (edits.length > 0 ? '' : label)
    if (added === '') return edits
    const at = fieldsEnd ?? region.start
    const octets = octetsOf(header.isAbsent ? `${added}\r\n` : added)
    return [...edits, { type: 'replace', start: at, end: at, octets }]
  }

  /** It has the header of a message, not that of a part. */
  #isMessage({ parent }: Part): boolean {
    return parent === undefined || this.#tree.parts[parent]?.type === 'message/rfc822'
  }
}

function not(because: SevenBitObstacle['because'], text: string): SevenBitObstacle {
  return { type: 'impossible', because, text }
}

/** What becomes of a body, if anything does. */
function codedPart({ region, high, unplain }: Seen): CodedPart | undefined {
  if (region.kind !== 'body' || region.signed) return undefined
  const { n, type, encoding: from, size: octets } = region.part
  if (high === 0 && from !== 'binary') return undefined
  // Three for one, against four for three: it is the shorter one below a sixth.
  const short = unplain * 6 <= octets
  return {
    n,
    type,
    from,
    to: type.startsWith('text/') && short ? 'quoted-printable' : 'base64',
    octets,
  }
}

/** Whether another field can be put in without becoming a part of the text. */
function takesFields({ fieldsEnd, isAbsent }: HeaderPlaces): boolean {
  return fieldsEnd !== undefined || isAbsent
}

const codable: ReadonlySet<string> = new Set(['7bit', '8bit', 'binary'])

/** RFC 2045 §6.4: what holds fields of its own. RFC 6532 and RFC 6533 let their own types be coded. */
function mustNotBeCoded(part: Part): boolean {
  return /^(?:multipart|message)\//.test(part.type) && !isOpaque(part)
}
