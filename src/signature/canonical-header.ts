/** Header canonicalisation (RFC 6376 §3.4.1, §3.4.2) and the octets that a signature covers (§3.7). */

import type { HeaderField } from '../message/field.ts'
import type { Canonicalization } from './signature.ts'

const TAB = 9
const LF = 10
const CR = 13
const SP = 32
const COLON = 58

/** A part of a field's value that is left out: `[start, end)` counted from `valueAt`. */
export interface Omission {
  readonly start: number
  readonly end: number
}

/**
 * The octets that are hashed for the header: the chosen fields one after the other, each with its
 * CRLF, then the signature's own field without the value of its `b=` and without the last CRLF.
 *
 * @param fields as `FieldSelection.select` gives them; what is absent adds nothing
 */
export function signedHeader(input: {
  readonly fields: readonly (HeaderField | undefined)[]
  readonly signature: HeaderField
  readonly omit: Omission
  readonly canonicalization: Canonicalization
}): Uint8Array<ArrayBuffer> {
  const size = mostSigned(input)
  // From the pool of Buffer: memory of its own would cost as much as all that is written into it.
  const out = Buffer.allocUnsafe(size)
  let at = 0
  for (const field of input.fields) {
    if (field === undefined) continue
    at = writeField(out, at, field, input.canonicalization)
    out[at++] = CR
    out[at++] = LF
  }
  at = writeField(out, at, input.signature, input.canonicalization, input.omit)
  return out.subarray(0, at)
}

/** How many octets `signedHeader` gives at most, without making them. */
export function mostSigned(input: {
  readonly fields: readonly (HeaderField | undefined)[]
  readonly signature: HeaderField
}): number {
  let size = input.signature.raw.length
  // A canonical field is never longer than the raw one, but for a CRLF that was missing.
  for (const field of input.fields) if (field !== undefined) size += field.raw.length + 2
  return size
}

/** One field in canonical form, without its final CRLF. */
export function canonicalField(field: HeaderField, how: Canonicalization): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(field.raw.length)
  return out.subarray(0, writeField(out, 0, field, how))
}

const nothing: Omission = { start: 0, end: 0 }

function writeField(
  out: Uint8Array,
  at: number,
  field: HeaderField,
  how: Canonicalization,
  omit: Omission = nothing,
): number {
  const { raw, valueAt } = field
  let end = raw.length
  if (end >= 2 && raw[end - 2] === CR && raw[end - 1] === LF) end -= 2
  const from = valueAt + omit.start
  const to = valueAt + omit.end
  if (how === 'simple') {
    out.set(raw.subarray(0, from), at)
    out.set(raw.subarray(to, end), at + from)
    return at + from + (end - to)
  }
  const { name } = field
  for (let i = 0; i < name.length; i++) out[at++] = name.charCodeAt(i)
  out[at++] = COLON
  return relaxedValue(out, at, raw, { valueAt, from, to, end })
}

/** RFC 6376 §3.4.2: unfold, one SP for each run of white space, none at either end of the value. */
function relaxedValue(
  out: Uint8Array,
  at: number,
  raw: Uint8Array,
  part: {
    readonly valueAt: number
    readonly from: number
    readonly to: number
    readonly end: number
  },
): number {
  const { from, to, end } = part
  const first = at
  let space = false
  let i = part.valueAt
  while (i < end) {
    if (i === from && to > from) {
      i = to
      continue
    }
    const octet = raw[i++] ?? 0
    if (octet === SP || octet === TAB) space = true
    else if (octet === CR && raw[i] === LF && i < end) i++
    else {
      if (space && at > first) out[at++] = SP
      space = false
      out[at++] = octet
    }
  }
  return at
}
