import { type DnsMessage, type DnsQuestion, type DnsRecord, optTypeCode } from './dns-message.ts'
import { readFrame, readRecord, DnsWire } from './dns-record-reader.ts'

const headerLength = 12

/**
 * Reads a DNS message; `undefined` when it is not one. Never throws and never loops, see `DnsWire`.
 *
 * This is our own and not dns-packet's `decode`, because that one reads labels as UTF-8 (octets are
 * lost), does not hold records to their stated length, and gives up on a whole message for one odd
 * record of a type that nobody asked for. A record that we do ask for must be sound, and fill its
 * stated length exactly, or the message is no good.
 */
export function readDnsMessage(octets: Uint8Array): DnsMessage | undefined {
  if (octets.length < headerLength) return undefined
  const wire = new DnsWire(octets)
  const questions = readQuestions(wire, headerLength, wire.two(4))
  if (questions === undefined) return undefined
  const header = readHeader(wire, questions.first)
  // Where the cut went through is not known, so what lies before it is not looked at either.
  if (header.truncated) return header
  const answers = readSection(wire, questions.end, wire.two(6))
  if (answers === undefined) return undefined
  const authorities = readSection(wire, answers.end, wire.two(8))
  if (authorities === undefined) return undefined
  const opt = readOpt(wire, authorities.end, wire.two(10))
  if (opt === 'malformed') return undefined
  return {
    ...header,
    rcode: header.rcode | ((opt?.extendedRcode ?? 0) << 4),
    answers: answers.records,
    authorities: authorities.records,
    edns: opt === undefined ? undefined : { udpSize: opt.udpSize },
  }
}

/** The id of a message, without reading on; `undefined` when there is no whole header. */
export function readDnsId(octets: Uint8Array): number | undefined {
  return octets.length < headerLength ? undefined : new DnsWire(octets).two(0)
}

/** The message as its header has it (RFC 1035 §4.1.1), still without its records. */
function readHeader(wire: DnsWire, question: DnsQuestion | undefined): DnsMessage {
  const flags = wire.two(2)
  return {
    id: wire.two(0),
    response: (flags & 0x8000) !== 0,
    opcode: (flags >> 11) & 15,
    authoritative: (flags & 0x0400) !== 0,
    truncated: (flags & 0x0200) !== 0,
    recursionDesired: (flags & 0x0100) !== 0,
    authenticated: (flags & 0x0020) !== 0,
    rcode: flags & 15,
    question,
    questionCount: wire.two(4),
    answers: [],
    authorities: [],
    edns: undefined,
  }
}

function readQuestions(
  wire: DnsWire,
  start: number,
  count: number,
): { readonly first: DnsQuestion | undefined; readonly end: number } | undefined {
  let first: DnsQuestion | undefined
  let at = start
  for (let i = 0; i < count; i++) {
    const question = readQuestion(wire, at)
    if (question === undefined) return undefined
    first ??= question
    at = question.end
  }
  return { first, end: at }
}

/** RFC 1035 §4.1.2. */
function readQuestion(wire: DnsWire, start: number): DnsQuestion | undefined {
  const name = wire.name(start)
  if (name === undefined || name.end + 4 > wire.length) return undefined
  const { text, end } = name
  const [typeCode, classCode] = [wire.two(end), wire.two(end + 2)]
  return { name: text, typeCode, classCode, start, end: end + 4 }
}

function readSection(
  wire: DnsWire,
  start: number,
  count: number,
): { readonly records: readonly DnsRecord[]; readonly end: number } | undefined {
  const records: DnsRecord[] = []
  let at = start
  for (let i = 0; i < count; i++) {
    const frame = readFrame(wire, at)
    const record = frame === undefined ? undefined : readRecord(wire, frame)
    if (frame === undefined || record === undefined) return undefined
    records.push(record)
    at = frame.end
  }
  return { records, end: at }
}

interface Opt {
  readonly udpSize: number
  readonly extendedRcode: number
}

/** Of the additional section only EDNS is read (RFC 6891 §6.1.1): one at most, at the root. */
function readOpt(wire: DnsWire, start: number, count: number): Opt | undefined | 'malformed' {
  let opt: Opt | undefined
  let at = start
  for (let i = 0; i < count; i++) {
    const frame = readFrame(wire, at)
    if (frame === undefined) return 'malformed'
    if (frame.typeCode === optTypeCode) {
      if (opt !== undefined || frame.name !== '') return 'malformed'
      opt = { udpSize: frame.classCode, extendedRcode: frame.ttl >>> 24 }
    }
    at = frame.end
  }
  return opt
}
