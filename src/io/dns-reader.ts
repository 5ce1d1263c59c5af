import { formatIp } from '../base/ip.ts'
import { octetString } from '../base/octets.ts'
import type { TlsaRecord } from '../dns/resolver.ts'
import { classIn, optTypeCode, typeCodes } from './dns-message.ts'
import type { DnsMessage, DnsQuestion, DnsRecord } from './dns-message.ts'

/**
 * Reads a DNS message; `undefined` when it is not one. Never throws and never loops: pointers only go
 * back, and a name is at most 255 octets with at most 127 jumps.
 *
 * This is our own and not dns-packet's `decode`, because that one reads labels as UTF-8 (octets are
 * lost), does not hold records to their stated length, and gives up on a whole message for one odd
 * record of a type that nobody asked for. A record that we do ask for must be sound, and fill its
 * stated length exactly, or the message is no good.
 */
export function readDnsMessage(octets: Uint8Array): DnsMessage | undefined {
  return new Reader(octets).message()
}

/** The id of a message, without reading on; `undefined` when there is no whole header. */
export function readDnsId(octets: Uint8Array): number | undefined {
  if (octets.length < headerLength) return undefined
  return ((octets[0] ?? 0) << 8) | (octets[1] ?? 0)
}

const headerLength = 12
const maxJumps = 127
const maxNameLength = 255

interface Name {
  readonly text: string
  readonly end: number
}

interface Frame {
  readonly name: string
  readonly typeCode: number
  readonly classCode: number
  readonly ttl: number
  readonly start: number
  readonly end: number
}

class Reader {
  readonly #octets: Uint8Array

  constructor(octets: Uint8Array) {
    this.#octets = octets
  }

  message(): DnsMessage | undefined {
    if (this.#octets.length < headerLength) return undefined
    const flags = this.#two(2)
    const questionCount = this.#two(4)
    let at = headerLength
    let question: DnsQuestion | undefined
    for (let i = 0; i < questionCount; i++) {
      const read = this.#question(at)
      if (read === undefined) return undefined
      question ??= read
      at = read.end
    }
    const truncated = (flags & 0x0200) !== 0
    const header = {
      id: this.#two(0),
      response: (flags & 0x8000) !== 0,
      opcode: (flags >> 11) & 15,
      authoritative: (flags & 0x0400) !== 0,
      truncated,
      recursionDesired: (flags & 0x0100) !== 0,
      authenticated: (flags & 0x0020) !== 0,
      rcode: flags & 15,
      question,
      questionCount,
      answers: [],
      authorities: [],
      edns: undefined,
    }
    // Where the cut went through is not known, so what lies before it is not looked at either.
    if (truncated) return header
    const answers = this.#section(at, this.#two(6))
    if (answers === undefined) return undefined
    const authorities = this.#section(answers.end, this.#two(8))
    if (authorities === undefined) return undefined
    const opt = this.#opt(authorities.end, this.#two(10))
    if (opt === 'malformed') return undefined
    return {
      ...header,
      rcode: header.rcode | ((opt?.extendedRcode ?? 0) << 4),
      answers: answers.records,
      authorities: authorities.records,
      edns: opt === undefined ? undefined : { udpSize: opt.udpSize },
    }
  }

  #question(start: number): DnsQuestion | undefined {
    const name = this.#name(start)
    if (name === undefined || name.end + 4 > this.#octets.length) return undefined
    return {
      name: name.text,
      typeCode: this.#two(name.end),
      classCode: this.#two(name.end + 2),
      start,
      end: name.end + 4,
    }
  }

  #section(
    start: number,
    count: number,
  ): { readonly records: readonly DnsRecord[]; readonly end: number } | undefined {
    const records: DnsRecord[] = []
    let at = start
    for (let i = 0; i < count; i++) {
      const frame = this.#frame(at)
      const record = frame === undefined ? undefined : this.#record(frame)
      if (frame === undefined || record === undefined) return undefined
      records.push(record)
      at = frame.end
    }
    return { records, end: at }
  }

  /** Of the additional section only EDNS is read (RFC 6891 §6.1.1): one at most, at the root. */
  #opt(
    start: number,
    count: number,
  ): { readonly udpSize: number; readonly extendedRcode: number } | undefined | 'malformed' {
    let opt: { readonly udpSize: number; readonly extendedRcode: number } | undefined
    let at = start
    for (let i = 0; i < count; i++) {
      const frame = this.#frame(at)
      if (frame === undefined) return 'malformed'
      if (frame.typeCode === optTypeCode) {
        if (opt !== undefined || frame.name !== '') return 'malformed'
        opt = { udpSize: frame.classCode, extendedRcode: frame.ttl >>> 24 }
      }
      at = frame.end
    }
    return opt
  }

  #frame(at: number): Frame | undefined {
    const name = this.#name(at)
    if (name === undefined || name.end + 10 > this.#octets.length) return undefined
    const start = name.end + 10
    const end = start + this.#two(name.end + 8)
    if (end > this.#octets.length) return undefined
    return {
      name: name.text.toLowerCase(),
      typeCode: this.#two(name.end),
      classCode: this.#two(name.end + 2),
      ttl: this.#four(name.end + 4),
      start,
      end,
    }
  }

  #record(frame: Frame): DnsRecord | undefined {
    // RFC 2181 §8: a TTL with the top bit set counts as zero.
    const owned = { name: frame.name, ttlSeconds: frame.ttl > 0x7fffffff ? 0 : frame.ttl }
    if (frame.classCode !== classIn) return { ...owned, type: 'other' }
    const { start, end } = frame
    switch (frame.typeCode) {
      case typeCodes.A:
        return end - start === 4
          ? { ...owned, type: 'A', data: this.#ip(4, start, end) }
          : undefined
      case typeCodes.AAAA:
        if (end - start !== 16) return undefined
        return { ...owned, type: 'AAAA', data: this.#ip(6, start, end) }
      case typeCodes.TXT: {
        const text = this.#text(start, end)
        return text === undefined ? undefined : { ...owned, type: 'TXT', data: text }
      }
      case typeCodes.MX: {
        const exchange = end - start < 3 ? undefined : this.#nameTo(start + 2, end)
        if (exchange === undefined) return undefined
        return { ...owned, type: 'MX', data: { preference: this.#two(start), exchange } }
      }
      case typeCodes.SOA:
        return this.#soa(owned, start, end)
      case typeCodes.TLSA: {
        const data = this.#tlsa(start, end)
        return data === undefined ? undefined : { ...owned, type: 'TLSA', data }
      }
      case typeCodes.CNAME: {
        const data = this.#nameTo(start, end)
        return data === undefined ? undefined : { ...owned, type: 'CNAME', data }
      }
      case typeCodes.NS: {
        const data = this.#nameTo(start, end)
        return data === undefined ? undefined : { ...owned, type: 'NS', data }
      }
      case typeCodes.PTR: {
        const data = this.#nameTo(start, end)
        return data === undefined ? undefined : { ...owned, type: 'PTR', data }
      }
      default:
        return { ...owned, type: 'other' }
    }
  }

  #soa(
    owned: { readonly name: string; readonly ttlSeconds: number },
    start: number,
    end: number,
  ): DnsRecord | undefined {
    const primary = this.#name(start)
    const mailbox = primary === undefined ? undefined : this.#name(primary.end)
    if (primary === undefined || mailbox === undefined || mailbox.end + 20 !== end) return undefined
    const minimum = this.#four(mailbox.end + 16)
    const minimumTtlSeconds = minimum > 0x7fffffff ? 0 : minimum
    return {
      ...owned,
      type: 'SOA',
      data: { primary: primary.text.toLowerCase(), minimumTtlSeconds },
    }
  }

  #tlsa(start: number, end: number): TlsaRecord | undefined {
    if (end - start < 4) return undefined
    let data = ''
    for (let i = start + 3; i < end; i++) {
      data += (this.#octets[i] ?? 0).toString(16).padStart(2, '0')
    }
    const [usage = 0, selector = 0, matchingType = 0] = this.#octets.subarray(start, start + 3)
    return { usage, selector, matchingType, data }
  }

  #ip(family: 4 | 6, start: number, end: number): string {
    return formatIp({ family, octets: [...this.#octets.subarray(start, end)] })
  }

  /** One or more character-strings (RFC 1035 §3.3.14), joined as SPF and DKIM want them. */
  #text(start: number, end: number): string | undefined {
    if (start === end) return undefined
    let text = ''
    let at = start
    while (at < end) {
      const next = at + 1 + (this.#octets[at] ?? 0)
      if (next > end) return undefined
      text += octetString(this.#octets, at + 1, next)
      at = next
    }
    return text
  }

  /** A name in record data, which must end exactly where the data ends. */
  #nameTo(start: number, end: number): string | undefined {
    const name = this.#name(start)
    return name?.end === end ? name.text.toLowerCase() : undefined
  }

  /** RFC 1035 §4.1.4. `end` is where the name ends in its own place, behind the first pointer. */
  #name(start: number): Name | undefined {
    const octets = this.#octets
    let text = ''
    let end: number | undefined
    let length = 1
    let jumps = 0
    // A pointer leads to an earlier place than the piece of the name it stands in.
    let before = start
    let at = start
    for (;;) {
      const count = octets[at]
      if (count === undefined) return undefined
      if (count === 0) return { text, end: end ?? at + 1 }
      if (count >= 0xc0) {
        const low = octets[at + 1]
        const to = ((count & 0x3f) << 8) | (low ?? 0)
        if (low === undefined || to >= before || ++jumps > maxJumps) return undefined
        end ??= at + 2
        before = to
        at = to
        continue
      }
      length += count + 1
      const next = at + 1 + count
      if (count > 63 || length > maxNameLength || next > octets.length) return undefined
      const label = octetString(octets, at + 1, next)
      text += text === '' ? escaped(label) : `.${escaped(label)}`
      at = next
    }
  }

  #two(at: number): number {
    return ((this.#octets[at] ?? 0) << 8) | (this.#octets[at + 1] ?? 0)
  }

  #four(at: number): number {
    return this.#two(at) * 65536 + this.#two(at + 2)
  }
}

/** A dot inside a label is not the dot between labels. */
function escaped(label: string): string {
  return label.includes('.') || label.includes('\\') ? label.replace(/[.\\]/g, '\\$&') : label
}
