import { concat, octetString } from '../base/octets.ts'
import type { HeaderField } from './field.ts'

const CR = 13
const LF = 10
const COLON = 58

/** Why a header cannot be read on; the message itself is still octets and can be stored. */
export type HeaderProblem =
  | { readonly type: 'too-long'; readonly maxOctets: number }
  | { readonly type: 'too-many-fields'; readonly maxFields: number }
  /** `field` is the name of the one that was too much. */
  | { readonly type: 'field-too-long'; readonly field: string; readonly maxOctets: number }

/** The header of a message, and where its body begins. */
export interface MessageHeader {
  readonly fields: readonly HeaderField[]
  /** All of the header with the empty line after it; each field's `raw` is a part of it. */
  readonly octets: Uint8Array
  /** Octets of the header with the empty line after it; the body starts at this offset. */
  readonly bodyOffset: number
  /** Lines that are neither a field nor a continuation (RFC 5322 §2.2), by their offset. */
  readonly malformedAt: readonly number[]
}

export interface HeaderLimits {
  readonly maxOctets: number
  readonly maxFields: number
  /** Absent: a field may be as long as the header. */
  readonly fields?: FieldLimits
}

/**
 * What reading one field may cost. Every field is read at one go, and whoever waits meanwhile waits
 * for it; those with addresses cost most.
 */
export interface FieldLimits {
  /** Octets of one field. */
  readonly maxOctets: number
  /** Octets of all fields together that name authors and senders: From, Sender, Resent-. */
  readonly maxSenderOctets: number
}

/** For messages that come from outside, while others wait: 256 KiB, and 16 KiB for senders. */
export const arrivalFieldLimits: FieldLimits = { maxOctets: 1 << 18, maxSenderOctets: 1 << 14 }

export const defaultHeaderLimits: HeaderLimits = { maxOctets: 1 << 20, maxFields: 10_000 }

export type HeaderProgress =
  | { readonly type: 'more' }
  | { readonly type: 'header'; readonly header: MessageHeader; readonly body: Uint8Array }
  | { readonly type: 'problem'; readonly problem: HeaderProblem }

/**
 * Reads the header of a message as its octets arrive, cut anywhere.
 *
 * `push` until it answers `header` (with the first octets of the body) or `problem`; `end` when the
 * message ends before an empty line. Lines end with CRLF only. Holds at most `limits.maxOctets`.
 */
export class HeaderReader {
  readonly #limits: HeaderLimits
  #chunks: Uint8Array[] = []
  #length = 0
  /** The last three octets seen, for finding CRLF CRLF across a cut. A message may begin with it. */
  #tail = 0x000d0a

  constructor(limits: HeaderLimits = defaultHeaderLimits) {
    this.#limits = limits
  }

  push(chunk: Uint8Array): HeaderProgress {
    const end = this.#endIn(chunk)
    if (end !== undefined) return this.#finish(chunk, end)
    this.#chunks.push(chunk)
    this.#length += chunk.length
    return this.#length > this.#limits.maxOctets ? this.#tooLong() : { type: 'more' }
  }

  /** The message has ended: all of it is header. */
  end(): HeaderProgress {
    return this.#finish(new Uint8Array(0), 0)
  }

  /** The offset behind CRLF CRLF, when they end in this chunk. */
  #endIn(chunk: Uint8Array): number | undefined {
    const { length } = chunk
    let at = 0
    // What ends in the first three octets has begun in an earlier chunk.
    for (; at < length && at < 3; at++) {
      const octet = chunk[at] ?? 0
      if (octet === LF && this.#tail === 0x0d0a0d) return at + 1
      this.#tail = ((this.#tail << 8) | octet) & 0xffffff
    }
    while (at < length) {
      const octet = chunk[at]
      // Neither CR nor LF: nothing that it stands in is the end, so the next end is four octets on.
      if (octet !== CR && octet !== LF) at += 4
      else if (octet === LF && endsWithEmptyLine(chunk, at)) return at + 1
      else at++
    }
    for (let i = Math.max(3, length - 3); i < length; i++) {
      this.#tail = ((this.#tail << 8) | (chunk[i] ?? 0)) & 0xffffff
    }
    return undefined
  }

  #finish(chunk: Uint8Array, end: number): HeaderProgress {
    if (this.#length + end > this.#limits.maxOctets) return this.#tooLong()
    const octets = concat([...this.#chunks, chunk.subarray(0, end)])
    this.#chunks = []
    return splitFields(octets, this.#limits, chunk.subarray(end))
  }

  #tooLong(): HeaderProgress {
    this.#chunks = []
    return { type: 'problem', problem: { type: 'too-long', maxOctets: this.#limits.maxOctets } }
  }
}

/** Whether the LF at `at` is the last of CRLF CRLF. */
function endsWithEmptyLine(octets: Uint8Array, at: number): boolean {
  return octets[at - 1] === CR && octets[at - 2] === LF && octets[at - 3] === CR
}

function splitFields(octets: Uint8Array, limits: HeaderLimits, body: Uint8Array): HeaderProgress {
  const fields: HeaderField[] = []
  const malformedAt: number[] = []
  let start = 0
  let senderOctets = 0
  while (start < octets.length) {
    const end = fieldEnd(octets, start)
    if (end - start === 2 && octets[start] === CR && octets[start + 1] === LF) break
    const field = parseField(octets.subarray(start, end))
    if (field === undefined) malformedAt.push(start)
    else fields.push(field)
    if (fields.length > limits.maxFields) {
      const problem: HeaderProblem = { type: 'too-many-fields', maxFields: limits.maxFields }
      return { type: 'problem', problem }
    }
    if (field !== undefined && limits.fields !== undefined) {
      if (namesSender(field)) senderOctets += end - start
      const problem = fieldProblem(field, senderOctets, limits.fields)
      if (problem !== undefined) return { type: 'problem', problem }
    }
    start = end
  }
  return {
    type: 'header',
    header: { fields, octets, malformedAt, bodyOffset: octets.length },
    body,
  }
}

function namesSender({ name }: HeaderField): boolean {
  return name === 'from' || name === 'sender' || name.startsWith('resent-')
}

function fieldProblem(
  field: HeaderField,
  senderOctets: number,
  { maxOctets, maxSenderOctets }: FieldLimits,
): HeaderProblem | undefined {
  const { name, raw } = field
  if (raw.length > maxOctets) return { type: 'field-too-long', field: name, maxOctets }
  if (!namesSender(field) || senderOctets <= maxSenderOctets) return undefined
  return { type: 'field-too-long', field: name, maxOctets: maxSenderOctets }
}

/** The offset behind the CRLF that no white space follows: where the next field begins. */
function fieldEnd(octets: Uint8Array, start: number): number {
  let at = octets.indexOf(LF, start)
  while (at >= 0) {
    if (octets[at - 1] === CR) {
      const next = octets[at + 1]
      if (next !== 32 && next !== 9) return at + 1
      // An empty first line followed by white space is still the end of the header.
      if (at === start + 1) return at + 1
    }
    at = octets.indexOf(LF, at + 1)
  }
  return octets.length
}

function parseField(raw: Uint8Array): HeaderField | undefined {
  let end = 0
  while (isNameOctet(raw[end])) end++
  let colon = end
  // RFC 5322 §4.5.x (obs-optional): white space may stand before the colon.
  while (raw[colon] === 32 || raw[colon] === 9) colon++
  if (end === 0 || raw[colon] !== COLON) return undefined
  return { name: octetString(raw, 0, end).toLowerCase(), raw, valueAt: colon + 1 }
}

/** `ftext`: printable ASCII without the colon (RFC 5322 §3.6.8). */
function isNameOctet(octet: number | undefined): boolean {
  return octet !== undefined && octet > 32 && octet < 127 && octet !== COLON
}

/** The header and the body of a message that is whole in memory. Limits do not apply. */
export function splitMessage(message: Uint8Array): { header: MessageHeader; body: Uint8Array } {
  const reader = new HeaderReader({ maxOctets: Infinity, maxFields: Infinity })
  const progress = reader.push(message)
  const read = progress.type === 'more' ? reader.end() : progress
  if (read.type !== 'header') throw new Error('splitMessage: a header without limits had a problem')
  return { header: read.header, body: read.body }
}
