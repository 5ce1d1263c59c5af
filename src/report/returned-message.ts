import { decodeUtf8, encodeUtf8, octetString, octetsOf } from '../base/octets.ts'
import { decodeEncodedWords } from '../message/encoded-word.ts'
import { type HeaderField, maxLineOctets, oneLine, rawValue } from '../message/field.ts'
import { splitMessage } from '../message/header-reader.ts'
import { parseMessageIds } from '../message/message-id.ts'
import { encodeQuotedPrintable } from '../message/quoted-printable.ts'

/** The message that a report is about, as far as it is known. */
export interface Original {
  readonly octets: Uint8Array
  readonly fields: readonly HeaderField[]
  /** Shown form, one line, at most 200 characters; empty when there is none. */
  readonly subject: string
  /** With its angle brackets. */
  readonly messageId: string | undefined
}

/** A longer message is returned as its header only, whatever report it is about. */
export const maxReturnedOctets = 65_536

const maxHeaderOctets = 32_768

export function readOriginal(octets: Uint8Array): Original {
  const { header } = splitMessage(octets)
  const first = (name: string): string =>
    rawValue(header.fields.find((field) => field.name === name) ?? noField).slice(0, 4000)
  const raw = first('subject').replace(/\r\n(?=[ \t])/g, '')
  const text = /[\x80-\xff]/.test(raw) ? (decodeUtf8(octetsOf(raw)) ?? raw) : raw
  return {
    octets,
    fields: header.fields,
    subject: oneLine(decodeEncodedWords(text), 200),
    messageId: parseMessageIds(first('message-id'), 1)[0],
  }
}

const noField: HeaderField = { name: '', raw: new Uint8Array(0), valueAt: 0 }

/** The third part of a report, ready to stand between two boundaries. */
export interface ReturnedPart {
  readonly mediaType: string
  readonly encoding: '7bit' | '8bit' | 'quoted-printable'
  readonly octets: Uint8Array
  /** It is of a form that is for headers in UTF-8. */
  readonly utf8: boolean
}

/**
 * The message itself, when it is wanted, known to its end, short enough, and of lines that can be
 * sent again as they are; else its header, whole fields up to 32 KiB. RFC 6522 §4, RFC 6533 §4.
 */
export function returnedPart({
  original,
  complete,
  full,
  maxOctets,
  utf8,
  coded,
}: {
  readonly original: Original
  readonly complete: boolean
  readonly full: boolean
  readonly maxOctets: number
  /** Its reader takes forms for UTF-8. */
  readonly utf8: boolean
  /** Nothing over 127 may be in it: what can be coded is. */
  readonly coded: boolean
}): ReturnedPart {
  const header = headerOctets(original.fields)
  // RFC 6533 §4.2: message/global is for headers in UTF-8; RFC 5335 forbids them in message/rfc822.
  const global = utf8 && lineClass(header) === '8bit' && decodeUtf8(header) !== undefined
  const sevenBitHeader = lineClass(header) === '7bit'
  if (full && complete && original.octets.length <= maxOctets) {
    const kind = lineClass(original.octets)
    // RFC 2046 §5.2.1: no encoding is allowed here, so what is not 7bit or 8bit cannot be returned.
    if (kind !== 'binary') {
      const { octets } = original
      if (global) return globalPart('message/global', octets, coded)
      // RFC 6522 §3: it cannot be coded (RFC 2046 §5.2.1), so where 8-bit may not pass its header goes.
      if (kind === '7bit' || !coded) {
        return { mediaType: 'message/rfc822', encoding: kind, octets, utf8: false }
      }
    }
  }
  if (global) return globalPart('message/global-headers', header, coded)
  const mediaType = 'text/rfc822-headers'
  if (sevenBitHeader) return { mediaType, encoding: '7bit', octets: header, utf8: false }
  return { mediaType, encoding: 'quoted-printable', octets: quoted(header), utf8: false }
}

/** RFC 6532 §3.7, RFC 6533 §4.5: unlike its older sisters it may be coded. */
function globalPart(mediaType: string, octets: Uint8Array, coded: boolean): ReturnedPart {
  if (!coded) return { mediaType, encoding: '8bit', octets, utf8: true }
  return { mediaType, encoding: 'quoted-printable', octets: quoted(octets), utf8: true }
}

function quoted(octets: Uint8Array): Uint8Array {
  return encodeUtf8(encodeQuotedPrintable(octets))
}

function headerOctets(fields: readonly HeaderField[]): Uint8Array {
  let text = ''
  for (const { raw } of fields) {
    if (text.length + raw.length > maxHeaderOctets) break
    text += octetString(raw)
  }
  return octetsOf(text)
}

/** RFC 2045 §2.7 to §2.9: what the lines are, so that they can be sent on as they are. */
function lineClass(octets: Uint8Array): '7bit' | '8bit' | 'binary' {
  let eightBit = false
  let lineStart = 0
  for (let i = 0; i < octets.length; i++) {
    const octet = octets[i] ?? 0
    if (octet === 0) return 'binary'
    if (octet > 127) eightBit = true
    else if (octet === 10) {
      if (octets[i - 1] !== 13 || i - 1 - lineStart > maxLineOctets) return 'binary'
      lineStart = i + 1
    } else if (octet === 13 && octets[i + 1] !== 10) return 'binary'
  }
  if (octets.length - lineStart > maxLineOctets) return 'binary'
  return eightBit ? '8bit' : '7bit'
}
