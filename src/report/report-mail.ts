import { decodeBase64 } from '../base/base64.ts'
import { octetsOf } from '../base/octets.ts'
import { oneLine } from '../message/fold.ts'
import { parseMediaType } from '../message/media-type.ts'
import { decodeQuotedPrintable } from '../message/quoted-printable.ts'
import type { AbuseReport, FailureReport } from './feedback.ts'
import { allParts, fieldValue, kindOf, type MimePart, readParts } from './mime-parts.ts'
import { readFeedback } from './read-feedback.ts'
import { shownText } from './remote-text.ts'

/** A file that may be a report, packed or not. */
export interface ReportFile {
  /** As the sender named it, one line; empty when not named. Never a path to write to. */
  readonly name: string
  readonly octets: Uint8Array
}

/** What a message holds for a reader of reports. */
export interface ReportMail {
  readonly feedback: AbuseReport | FailureReport | undefined
  /** Attachments that begin as a report does, in the order of the message. */
  readonly files: readonly ReportFile[]
}

/** What octets begin like. */
export type ReportForm = 'gzip' | 'zip' | 'xml' | 'json' | 'mail' | 'unknown'

const maxOctets = 24 << 20
const maxFiles = 20

/**
 * Finds the reports in a message: feedback (RFC 5965) and attached files, whatever media type they
 * are sent under. A message forwarded as an attachment is looked into when the outer one has nothing.
 * Reads the first 24 MiB, 100 parts, 20 files. Never throws.
 */
export function readReportMail(message: Uint8Array): ReportMail {
  const whole = readParts(message, maxOctets)
  const found = contentsOf(whole)
  if (found.feedback !== undefined || found.files.length > 0) return found
  for (const part of allParts(whole)) {
    if (kindOf(part) !== 'message/rfc822') continue
    const inner = contentsOf(readParts(decodedOctets(part), maxOctets))
    if (inner.feedback !== undefined || inner.files.length > 0) return inner
  }
  return found
}

/** Tells by the first octets what a file is. */
export function formOf(octets: Uint8Array): ReportForm {
  const [a = 0, b = 0, c = 0, d = 0] = octets
  if (a === 0x1f && b === 0x8b) return 'gzip'
  // An empty archive begins with PK 05 06, a spanned one with PK 07 08.
  if (a === 0x50 && b === 0x4b && c <= 8 && d <= 8) return 'zip'
  if ((a === 0xff && b === 0xfe) || (a === 0xfe && b === 0xff)) return 'xml'
  let at = a === 0xef && b === 0xbb && c === 0xbf ? 3 : 0
  while (at < octets.length && isBlank(octets[at] ?? 0)) at++
  const first = octets[at]
  if (first === 0x3c) return 'xml'
  if (first === 0x7b || first === 0x5b) return 'json'
  let line = ''
  for (let i = at; i < octets.length && i < at + 200 && octets[i] !== 10; i++) {
    line += String.fromCharCode(octets[i] ?? 0)
  }
  return /^(?:>?From |[\x21-\x39\x3b-\x7e]{1,76}[ \t]*:)/.test(line) ? 'mail' : 'unknown'
}

function contentsOf(whole: MimePart): ReportMail {
  const feedback = readFeedback(whole)
  // What stands in the failed message is not a report about anything.
  if (feedback !== undefined) return { feedback, files: [] }
  const files: ReportFile[] = []
  for (const part of allParts(whole)) {
    if (files.length >= maxFiles) break
    const { type } = part.mediaType
    if (type === 'multipart' || type === 'message' || part.parts.length > 0) continue
    const file = { name: nameOf(part), octets: decodedOctets(part) }
    if (mayBeReport(part, file)) files.push(file)
  }
  return { feedback, files }
}

/** Text for people is no report, unless it is named as one or the message is nothing but it. */
function mayBeReport(part: MimePart, { name, octets }: ReportFile): boolean {
  const form = formOf(octets)
  if (form === 'unknown' || form === 'mail') return false
  const kind = kindOf(part)
  if (kind !== 'text/html' && kind !== 'text/plain') return true
  if (/\.(?:xml|json|gz|gzip|zip)$/i.test(name)) return true
  return kind === 'text/plain' && form !== 'json'
}

/** The octets of a part with its transfer encoding undone. */
function decodedOctets(part: MimePart): Uint8Array {
  const encoding = fieldValue(part.fields, 'content-transfer-encoding')?.toLowerCase().trim()
  if (encoding === 'quoted-printable') {
    return octetsOf(decodeQuotedPrintable(part.lines.join('\n')))
  }
  if (encoding !== 'base64') return octetsOf(part.lines.join('\r\n'))
  const digits = part.lines.join('').replace(/[^A-Za-z0-9+/]/g, '')
  const whole = digits.slice(0, digits.length - (digits.length % 4 === 1 ? 1 : 0))
  const padded = whole + '='.repeat((4 - (whole.length % 4)) % 4)
  return decodeBase64(padded) ?? new Uint8Array(0)
}

function nameOf(part: MimePart): string {
  const disposition = fieldValue(part.fields, 'content-disposition') ?? ''
  // A disposition has the form of a media type without its subtype (RFC 2183 §2).
  const named = parseMediaType(`x/${disposition}`)?.parameters.get('filename')
  return oneLine(shownText(named ?? part.mediaType.parameters.get('name') ?? ''), 255)
}

function isBlank(octet: number): boolean {
  return octet === 32 || octet === 9 || octet === 13 || octet === 10
}
