import { concat } from '../base/octets.ts'
import type { RecordData, RecordType } from '../dns/resolver.ts'

/** What a DNS message says, as read from the wire (RFC 1035 §4.1). */
export interface DnsMessage {
  readonly id: number
  readonly response: boolean
  readonly opcode: number
  readonly authoritative: boolean
  /** TC: the answer did not fit. The records of such a message are not read. */
  readonly truncated: boolean
  readonly recursionDesired: boolean
  /** AD: whoever sent this says that DNSSEC proves it (RFC 4035 §3.2.3). */
  readonly authenticated: boolean
  /** With the upper bits of EDNS, when they are there (RFC 6891 §6.1.3). */
  readonly rcode: number
  /** The first question, names as they were written; `undefined` when there is none. */
  readonly question: DnsQuestion | undefined
  readonly questionCount: number
  readonly answers: readonly DnsRecord[]
  readonly authorities: readonly DnsRecord[]
  /** The sender's EDNS, `undefined` when it sent none. */
  readonly edns: { readonly udpSize: number } | undefined
}

export interface DnsQuestion {
  /**
   * Case as on the wire, no trailing dot, one code point for each octet. A dot or a backslash inside a
   * label is written with a backslash before it.
   */
  readonly name: string
  readonly typeCode: number
  readonly classCode: number
  /** Where the question lies in the message, name to class. */
  readonly start: number
  readonly end: number
}

/** A record of a type that we ask for, or a note that there was another. Owner names in lower case. */
export type DnsRecord =
  | {
      readonly [T in RecordType]: {
        readonly type: T
        readonly name: string
        readonly ttlSeconds: number
        readonly data: RecordData[T]
      }
    }[RecordType]
  | { readonly type: 'other'; readonly name: string; readonly ttlSeconds: number }

/** RFC 1035 §3.2.2, RFC 3596 §2.1, RFC 6698 §7.1. */
export const typeCodes: Readonly<Record<RecordType, number>> = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  PTR: 12,
  MX: 15,
  TXT: 16,
  AAAA: 28,
  TLSA: 52,
}

export const optTypeCode = 41
export const classIn = 1

/** Response codes (RFC 1035 §4.1.1). */
export const rcodes = {
  noError: 0,
  formErr: 1,
  servFail: 2,
  nxDomain: 3,
  notImp: 4,
  refused: 5,
} as const

/** What a UDP answer may have without being cut into fragments (RFC 9715 §3). */
export const ednsUdpSize = 1232

/** Puts the two octets of length before a message, as TCP wants it (RFC 1035 §4.2.2). */
export function frameDnsMessage(message: Uint8Array): Uint8Array {
  const framed = new Uint8Array(message.length + 2)
  framed[0] = message.length >> 8
  framed[1] = message.length & 255
  framed.set(message, 2)
  return framed
}

/**
 * Takes a TCP stream of DNS messages apart. Holds at most one unfinished message of 65,535 octets,
 * and the chunk in hand.
 */
export class DnsFrames {
  #held: Uint8Array[] = []
  #heldLength = 0

  /** The messages that `chunk` completes, in order. */
  push(chunk: Uint8Array): readonly Uint8Array[] {
    this.#held.push(chunk)
    this.#heldLength += chunk.length
    if (this.#heldLength < this.#wanted()) return []
    const messages: Uint8Array[] = []
    const octets = concat(this.#held)
    let at = 0
    while (octets.length - at >= 2) {
      const end = at + 2 + (((octets[at] ?? 0) << 8) | (octets[at + 1] ?? 0))
      if (end > octets.length) break
      messages.push(octets.subarray(at + 2, end))
      at = end
    }
    this.#held = at < octets.length ? [octets.subarray(at)] : []
    this.#heldLength = octets.length - at
    return messages
  }

  /** Octets from the start of what is held to the end of its first message, as far as is known. */
  #wanted(): number {
    const [first] = this.#held
    if (first === undefined || first.length < 2) return 2
    return 2 + (((first[0] ?? 0) << 8) | (first[1] ?? 0))
  }
}
