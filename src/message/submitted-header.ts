import { concat, octetString } from '../base/octets.ts'
import type { HeaderField } from './field.ts'
import type { MessageHeader } from './header-reader.ts'
import { foldField, hasLongLine } from './long-lines.ts'

const LF = 10

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

/**
 * Octets before the first field that are no part of a message: the line that divides mail in an mbox
 * (`From anna@north.example Thu Nov 26 …`), which programs leave where `git format-patch` or a spool
 * put it. Many a server takes it for the end of the header.
 */
export function postmarkOctets({
  malformedAt,
  octets,
}: Pick<MessageHeader, 'malformedAt' | 'octets'>): number {
  let end = 0
  for (const at of malformedAt) {
    if (at !== end || !/^>?From /.test(octetString(octets, at, at + 6))) break
    const lineEnd = octets.indexOf(LF, at)
    end = lineEnd < 0 ? octets.length : lineEnd + 1
  }
  return end
}

/** What lacks of the empty line behind a header; empty when it is there. */
export function missingEmptyLine(octets: Uint8Array): string {
  const end = octetString(octets, Math.max(0, octets.length - 4))
  if (end.endsWith('\r\n\r\n') || (octets.length === 2 && end === '\r\n')) return ''
  return end === '' || end.endsWith('\r\n') ? '\r\n' : '\r\n\r\n'
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
  change: {
    readonly without: readonly HeaderField[]
    /** So many octets at its begin are left out. Absent: none. */
    readonly begin?: number
  },
): RewrittenHeader {
  const pieces: Uint8Array[] = []
  const fields: HeaderField[] = []
  const folded: string[] = []
  let end = change.begin ?? 0
  for (const field of header.fields) {
    const start = field.raw.byteOffset - header.octets.byteOffset
    const between = header.octets.subarray(end, start)
    if (hasLongLine(between)) return { type: 'too-long', field: '' }
    pieces.push(between)
    end = start + field.raw.length
    if (change.without.includes(field)) continue
    const raw = hasLongLine(field.raw) ? foldField(field) : field.raw
    if (raw === undefined) return { type: 'too-long', field: field.name }
    if (raw !== field.raw) folded.push(field.name)
    pieces.push(raw)
    fields.push(raw === field.raw ? field : { ...field, raw })
  }
  const rest = header.octets.subarray(end)
  if (hasLongLine(rest)) return { type: 'too-long', field: '' }
  return { type: 'header', octets: concat([...pieces, rest]), fields, folded }
}
