import type { RecordType } from '../dns/resolver.ts'
import { classIn, ednsUdpSize, optTypeCode, rcodes, typeCodes } from './dns-message.ts'
import type { DnsMessage } from './dns-message.ts'

export interface QueryOptions {
  readonly id: number
  /** As `isQueryableName` allows, ASCII; the empty string is the root. */
  readonly name: string
  readonly type: RecordType
  /** Offers 1232 octets over UDP (RFC 6891); some old servers answer only without. */
  readonly edns: boolean
  /** Asks whether DNSSEC proves the answer (RFC 6840 §5.7), without asking for the signatures. */
  readonly wantsAd: boolean
  /**
   * Random bits, one for each letter of the name (the "0x20" measure): a forger must guess the case
   * of the letters too. 0 or no bits leave the name as it is.
   */
  readonly caseBits?: Uint8Array
}

/** The octets of one question with recursion desired. */
export function writeDnsQuery(options: QueryOptions): Uint8Array {
  const { name, edns, id } = options
  const end = 12 + (name === '' ? 1 : name.length + 2)
  const octets = new Uint8Array(end + 4 + (edns ? 11 : 0))
  const view = new DataView(octets.buffer)
  view.setUint16(0, id)
  view.setUint16(2, 0x0100 | (options.wantsAd ? 0x0020 : 0))
  view.setUint16(4, 1)
  view.setUint16(10, edns ? 1 : 0)
  writeName(octets, name, options.caseBits)
  view.setUint16(end, typeCodes[options.type])
  view.setUint16(end + 2, classIn)
  if (edns) {
    view.setUint16(end + 5, optTypeCode)
    view.setUint16(end + 7, ednsUdpSize)
  }
  return octets
}

function writeName(octets: Uint8Array, name: string, caseBits: Uint8Array | undefined): void {
  let lengthAt = 12
  for (let i = 0; i < name.length; i++) {
    const code = name.charCodeAt(i)
    if (code === 0x2e) {
      octets[lengthAt] = 12 + i - lengthAt
      lengthAt = 13 + i
      continue
    }
    const letter = (code | 0x20) >= 0x61 && (code | 0x20) <= 0x7a
    const flip = letter && ((caseBits?.[i >> 3] ?? 0) >> (i & 7)) & 1
    octets[13 + i] = flip ? code ^ 0x20 : code
  }
  octets[lengthAt] = 12 + name.length - lengthAt
}

/**
 * How a message stands to the query: its answer, an answer with the letters in another case, or
 * something else (a forgery, or a late answer to another question).
 */
export function matchAnswer(
  query: Uint8Array,
  octets: Uint8Array,
  message: DnsMessage,
): 'answer' | 'other-case' | 'foreign' {
  if (!message.response || message.opcode !== 0) return 'foreign'
  if (octets[0] !== query[0] || octets[1] !== query[1]) return 'foreign'
  const question = message.question
  if (question === undefined) {
    // Who cannot read our question need not repeat it.
    return message.rcode === rcodes.formErr ? 'answer' : 'foreign'
  }
  if (message.questionCount !== 1) return 'foreign'
  // The octets themselves are compared, name to class. Only letters have another case: the lengths of
  // labels and the types that we ask for are smaller numbers than they.
  let sameCase = true
  for (let i = question.start; i < question.end; i++) {
    const ours = query[i] ?? 0
    const theirs = octets[i] ?? 0
    if (ours === theirs) continue
    if (lowerCase(ours) !== lowerCase(theirs)) return 'foreign'
    sameCase = false
  }
  return sameCase ? 'answer' : 'other-case'
}

function lowerCase(octet: number): number {
  return octet >= 0x41 && octet <= 0x5a ? octet | 0x20 : octet
}
