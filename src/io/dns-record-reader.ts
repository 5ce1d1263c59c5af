import { formatIp } from '../base/ip.ts'
import { octetString } from '../base/octets.ts'
import type { RecordData, RecordType, TlsaRecord } from '../dns/resolver.ts'
import { classIn, type DnsRecord, typeCodes } from './dns-message.ts'

const maxJumps = 127
const maxNameLength = 255

/** A name, and where it ends in its own place. */
export interface ReadName {
  /** Case as on the wire, labels joined with dots, no trailing dot; empty for the root. */
  readonly text: string
  readonly end: number
}

/**
 * The octets of a DNS message and what they are made of: numbers and names. Nothing here throws or
 * loops: octets beyond the end count as zero, pointers only go back, and a name is at most 255 octets
 * with at most 127 jumps.
 */
export class DnsWire {
  readonly octets: Uint8Array

  constructor(octets: Uint8Array) {
    this.octets = octets
  }

  get length(): number {
    return this.octets.length
  }

  /** A number of two octets. */
  two(at: number): number {
    return ((this.octets[at] ?? 0) << 8) | (this.octets[at + 1] ?? 0)
  }

  /** A number of four octets. */
  four(at: number): number {
    return this.two(at) * 65536 + this.two(at + 2)
  }

  /** The name that begins here, RFC 1035 §4.1.4. It ends behind its first pointer, if it has one. */
  name(start: number): ReadName | undefined {
    const octets = this.octets
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

  /** A name in record data, which must end exactly where the data ends. */
  nameTo(start: number, end: number): string | undefined {
    const name = this.name(start)
    return name?.end === end ? name.text.toLowerCase() : undefined
  }
}

/** A dot inside a label is not the dot between labels. */
function escaped(label: string): string {
  return label.includes('.') || label.includes('\\') ? label.replace(/[.\\]/g, '\\$&') : label
}

/** A record as it lies in the message, its data from `start` to `end`. RFC 1035 §4.1.3. */
export interface RecordFrame {
  /** In lower case. */
  readonly name: string
  readonly typeCode: number
  readonly classCode: number
  readonly ttl: number
  readonly start: number
  readonly end: number
}

/** The frame of the record that begins here; `undefined` when it is not whole. */
export function readFrame(wire: DnsWire, at: number): RecordFrame | undefined {
  const name = wire.name(at)
  if (name === undefined || name.end + 10 > wire.length) return undefined
  const start = name.end + 10
  const end = start + wire.two(name.end + 8)
  if (end > wire.length) return undefined
  return {
    name: name.text.toLowerCase(),
    typeCode: wire.two(name.end),
    classCode: wire.two(name.end + 2),
    ttl: wire.four(name.end + 4),
    start,
    end,
  }
}

/**
 * What the record says; `undefined` when its data is not what its type asks for, or does not fill its
 * stated length exactly. A type that we never ask for is not looked into.
 */
export function readRecord(wire: DnsWire, frame: RecordFrame): DnsRecord | undefined {
  const { name, start, end } = frame
  const ttlSeconds = secondsOf(frame.ttl)
  const of = <T extends RecordType>(type: T, data: RecordData[T] | undefined) => {
    return data === undefined ? undefined : { type, name, ttlSeconds, data }
  }
  if (frame.classCode !== classIn) return { type: 'other', name, ttlSeconds }
  switch (frame.typeCode) {
    case typeCodes.A:
      return of('A', end - start === 4 ? readIp(wire, 4, start) : undefined)
    case typeCodes.AAAA:
      return of('AAAA', end - start === 16 ? readIp(wire, 6, start) : undefined)
    case typeCodes.TXT:
      return of('TXT', readText(wire, start, end))
    case typeCodes.MX:
      return of('MX', readMx(wire, start, end))
    case typeCodes.SOA:
      return of('SOA', readSoa(wire, start, end))
    case typeCodes.TLSA:
      return of('TLSA', readTlsa(wire, start, end))
    case typeCodes.CNAME:
      return of('CNAME', wire.nameTo(start, end))
    case typeCodes.NS:
      return of('NS', wire.nameTo(start, end))
    case typeCodes.PTR:
      return of('PTR', wire.nameTo(start, end))
    default:
      return { type: 'other', name, ttlSeconds }
  }
}

/** RFC 2181 §8: a TTL with the top bit set counts as zero. */
function secondsOf(ttl: number): number {
  return ttl > 0x7fffffff ? 0 : ttl
}

function readIp({ octets }: DnsWire, family: 4 | 6, start: number): string {
  const end = start + (family === 4 ? 4 : 16)
  return formatIp({ family, octets: [...octets.subarray(start, end)] })
}

/** One or more character-strings (RFC 1035 §3.3.14), joined as SPF and DKIM want them. */
function readText({ octets }: DnsWire, start: number, end: number): string | undefined {
  if (start === end) return undefined
  let text = ''
  let at = start
  while (at < end) {
    const next = at + 1 + (octets[at] ?? 0)
    if (next > end) return undefined
    text += octetString(octets, at + 1, next)
    at = next
  }
  return text
}

/** RFC 1035 §3.3.9. */
function readMx(wire: DnsWire, start: number, end: number): RecordData['MX'] | undefined {
  const exchange = end - start < 3 ? undefined : wire.nameTo(start + 2, end)
  return exchange === undefined ? undefined : { preference: wire.two(start), exchange }
}

/** RFC 1035 §3.3.13. */
function readSoa(wire: DnsWire, start: number, end: number): RecordData['SOA'] | undefined {
  const primary = wire.name(start)
  const mailbox = primary === undefined ? undefined : wire.name(primary.end)
  if (primary === undefined || mailbox === undefined || mailbox.end + 20 !== end) return undefined
  const minimumTtlSeconds = secondsOf(wire.four(mailbox.end + 16))
  return { primary: primary.text.toLowerCase(), minimumTtlSeconds }
}

/** RFC 6698 §2.1. */
function readTlsa({ octets }: DnsWire, start: number, end: number): TlsaRecord | undefined {
  if (end - start < 4) return undefined
  let data = ''
  for (let i = start + 3; i < end; i++) data += (octets[i] ?? 0).toString(16).padStart(2, '0')
  const [usage = 0, selector = 0, matchingType = 0] = octets.subarray(start, start + 3)
  return { usage, selector, matchingType, data }
}
