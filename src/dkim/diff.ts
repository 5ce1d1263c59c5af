/** Finds what changed between a message as it was signed and as it came out at the other end. */

import { octetString } from '../base/octets.ts'
import type { HeaderField } from '../message/field.ts'
import { splitMessage } from '../message/header-reader.ts'
import { openBodyCanonicalizer } from '../signature/canonical-body.ts'
import { canonicalField } from '../signature/canonical-header.ts'
import { FieldSelection } from '../signature/field-selection.ts'
import type { Canonicalization } from '../signature/signature.ts'
import { type DkimSignature, parseDkimSignature } from './signature-field.ts'
import type { DkimReason } from './verdict.ts'

/** A piece of a canonical form around a difference, as an octet string. */
export interface DkimExcerpt {
  readonly text: string
  /** Where the first differing octet stands in `text`; its length when the form ends there. */
  readonly at: number
  /** There is more before or behind it. */
  readonly cutBefore: boolean
  readonly cutBehind: boolean
}

/** A difference in canonical form. `sent` or `received` is absent when the thing itself is. */
export interface DkimDifference {
  /** Offset of the first differing octet in the canonical form of the field or of the body. */
  readonly offset: number
  readonly sent?: DkimExcerpt
  readonly received?: DkimExcerpt
}

/** A signed field that differs. */
export interface DkimFieldDifference extends DkimDifference {
  /** Lower case. */
  readonly name: string
  /** Which of the fields of this name, counted from the bottom of the header, 1 first. */
  readonly fromBottom: number
}

export interface DkimBodyDifference extends DkimDifference {
  /** The line of the canonical body in which it is, 1 first. */
  readonly line: number
  /** Octets of each canonical body, so far as the signature covers it. */
  readonly sentOctets: number
  readonly receivedOctets: number
}

export type DkimDiff =
  /** The sent message has no signature to compare under, or none that can be read. */
  | { readonly type: 'no-signature'; readonly reason?: DkimReason }
  | {
      readonly type: 'compared'
      readonly domain: string
      readonly selector: string
      /** `relaxed/simple`. */
      readonly canonicalization: string
      /** Whether the received message still has this signature, octet for octet as canonicalised. */
      readonly signature: 'same' | 'changed' | 'missing'
      /** In the order of `h=`; the first of them is the first changed octet of what was signed. */
      readonly fields: readonly DkimFieldDifference[]
      readonly body?: DkimBodyDifference
    }

/** Octets shown on each side of a difference. */
const context = 40

/** More differing fields than this are not listed. */
const maxFields = 100

/**
 * Compares two messages under one signature of the first: which signed header fields and which
 * octet of the body differ in their canonical form. Both messages are held in memory.
 *
 * @param index which DKIM-Signature field of `sent`, counted from the top
 */
export function diffDkim(sent: Uint8Array, received: Uint8Array, index = 0): DkimDiff {
  const before = splitMessage(sent)
  const after = splitMessage(received)
  const [field, position] = signatureAt(before.header.fields, index)
  if (field === undefined) return { type: 'no-signature' }
  const read = parseDkimSignature(field, index)
  if (!read.ok) return { type: 'no-signature', reason: read.problem.reason }
  const signature = read.value
  const [found, place] = sameSignature(after.header.fields, signature)
  const names = signature.signedFields
  const was = new FieldSelection(before.header.fields).select(names, position)
  const is = new FieldSelection(after.header.fields).select(names, place)
  const how = signature.canonicalization
  const body = diffBody(coveredBody(before.body, signature), coveredBody(after.body, signature))
  return {
    type: 'compared',
    domain: signature.domain,
    selector: signature.selector,
    canonicalization: `${how.header}/${how.body}`,
    signature: found,
    fields: diffFields(names, was, is, how.header),
    ...(body === undefined ? {} : { body }),
  }
}

function signatureAt(
  fields: readonly HeaderField[],
  index: number,
): readonly [HeaderField | undefined, number] {
  let seen = 0
  for (const [position, field] of fields.entries()) {
    if (field.name === 'dkim-signature' && seen++ === index) return [field, position]
  }
  return [undefined, -1]
}

/** The same signature in another header: equal in canonical form, or at least of the same b=. */
function sameSignature(
  fields: readonly HeaderField[],
  wanted: DkimSignature,
): readonly ['same' | 'changed' | 'missing', number] {
  const how = wanted.canonicalization.header
  const form = octetString(canonicalField(wanted.field, how))
  let changed = -1
  for (const [position, field] of fields.entries()) {
    if (field.name !== 'dkim-signature') continue
    if (octetString(canonicalField(field, how)) === form) return ['same', position]
    const read = parseDkimSignature(field, 0)
    if (!read.ok || changed >= 0) continue
    const { domain, selector } = read.value
    if (domain === wanted.domain && selector === wanted.selector) changed = position
  }
  return changed >= 0 ? ['changed', changed] : ['missing', -1]
}

function diffFields(
  names: readonly string[],
  was: readonly (HeaderField | undefined)[],
  is: readonly (HeaderField | undefined)[],
  how: Canonicalization,
): readonly DkimFieldDifference[] {
  const differences: DkimFieldDifference[] = []
  const seen = new Map<string, number>()
  for (const [i, name] of names.entries()) {
    const fromBottom = (seen.get(name) ?? 0) + 1
    seen.set(name, fromBottom)
    const [a, b] = [was[i], is[i]]
    const difference = diffOctets(
      a === undefined ? undefined : canonicalField(a, how),
      b === undefined ? undefined : canonicalField(b, how),
    )
    if (difference !== undefined) differences.push({ name, fromBottom, ...difference })
    if (differences.length === maxFields) break
  }
  return differences
}

function diffBody(was: Uint8Array, is: Uint8Array): DkimBodyDifference | undefined {
  const difference = diffOctets(was, is)
  if (difference === undefined) return undefined
  let line = 1
  for (let i = 0; i < difference.offset; i++) if (was[i] === 10 && was[i - 1] === 13) line++
  return { ...difference, line, sentOctets: was.length, receivedOctets: is.length }
}

/** The canonical body, as far as `l=` reaches. */
function coveredBody(body: Uint8Array, signature: DkimSignature): Uint8Array {
  // A canonical body is at most one CRLF longer than the body.
  const out = new Uint8Array(body.length + 2)
  let at = 0
  const canonicalizer = openBodyCanonicalizer(signature.canonicalization.body, (octets) => {
    out.set(octets, at)
    at += octets.length
  })
  canonicalizer.push(body)
  canonicalizer.finish()
  return out.subarray(0, Math.min(at, signature.bodyLength ?? at))
}

function diffOctets(
  sent: Uint8Array | undefined,
  received: Uint8Array | undefined,
): DkimDifference | undefined {
  if (sent === undefined && received === undefined) return undefined
  const offset = firstDifference(sent ?? nothing, received ?? nothing)
  if (offset === undefined && sent !== undefined && received !== undefined) return undefined
  return {
    offset: offset ?? 0,
    ...(sent === undefined ? {} : { sent: excerptAt(sent, offset ?? 0) }),
    ...(received === undefined ? {} : { received: excerptAt(received, offset ?? 0) }),
  }
}

const nothing = new Uint8Array(0)

function firstDifference(a: Uint8Array, b: Uint8Array): number | undefined {
  const shared = Math.min(a.length, b.length)
  for (let i = 0; i < shared; i++) if (a[i] !== b[i]) return i
  return a.length === b.length ? undefined : shared
}

function excerptAt(octets: Uint8Array, offset: number): DkimExcerpt {
  const start = Math.max(0, offset - context)
  const end = Math.min(octets.length, offset + context)
  return {
    text: octetString(octets, start, end),
    at: offset - start,
    cutBefore: start > 0,
    cutBehind: end < octets.length,
  }
}
