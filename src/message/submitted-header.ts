import { concat } from '../base/octets.ts'
import type { HeaderField } from './field.ts'
import type { MessageHeader } from './header-reader.ts'
import { foldLongLines, hasLongLine } from './long-lines.ts'

/**
 * Fields that a user's program may write and nobody else may see: who got a blind copy (RFC 5322
 * §3.6.3, whichever of its three ways the program knows), and Return-Path, which is for the last
 * server to write (RFC 5321 §4.4).
 */
const privateNames: ReadonlySet<string> = new Set(['bcc', 'resent-bcc', 'return-path'])

/** The fields of a submission that do not go out with it. */
export function privateFields(fields: readonly HeaderField[]): readonly HeaderField[] {
  return fields.filter(({ name }) => privateNames.has(name))
}

/** A header that is written anew. */
export type RewrittenHeader =
  | {
      readonly type: 'header'
      /** With the empty line after it, where there was one. */
      readonly octets: Uint8Array
      readonly fields: readonly HeaderField[]
      /** Names of fields that were folded. */
      readonly folded: readonly string[]
    }
  /** This line of the header is too long and has no place to fold it at: the field's name, or ''. */
  | { readonly type: 'too-long'; readonly field: string }

/**
 * Writes a header anew: without some fields, and folded so that no line is longer than 998 octets
 * (RFC 5322 §2.1.1). All else, lines that are no field too, stays as and where it is.
 */
export function rewriteHeader(
  header: Pick<MessageHeader, 'fields' | 'octets'>,
  change: { readonly without: readonly HeaderField[] },
): RewrittenHeader {
  const pieces: Uint8Array[] = []
  const fields: HeaderField[] = []
  const folded: string[] = []
  let end = 0
  for (const field of header.fields) {
    const start = field.raw.byteOffset - header.octets.byteOffset
    const between = header.octets.subarray(end, start)
    if (hasLongLine(between)) return { type: 'too-long', field: '' }
    pieces.push(between)
    end = start + field.raw.length
    if (change.without.includes(field)) continue
    const raw = hasLongLine(field.raw) ? foldLongLines(field.raw) : field.raw
    if (raw === undefined) return { type: 'too-long', field: field.name }
    if (raw !== field.raw) folded.push(field.name)
    pieces.push(raw)
    fields.push(raw === field.raw ? field : { ...field, raw })
  }
  const rest = header.octets.subarray(end)
  if (hasLongLine(rest)) return { type: 'too-long', field: '' }
  return { type: 'header', octets: concat([...pieces, rest]), fields, folded }
}
