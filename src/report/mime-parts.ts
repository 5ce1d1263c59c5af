import { decodeBase64 } from '../base/base64.ts'
import { octetString } from '../base/octets.ts'
import { type MediaType, parseMediaType, plainText } from '../message/media-type.ts'
import { decodeQuotedPrintable } from '../message/quoted-printable.ts'

/** A part of a message, as a report is read: lines of octet strings, whatever ended them. */
export interface MimePart {
  readonly fields: readonly PartField[]
  readonly mediaType: MediaType
  /** Lines without their ends; of a multipart, all of its inside. */
  readonly lines: readonly string[]
  /** Empty but for a multipart. What is inside message/rfc822 is not looked into. */
  readonly parts: readonly MimePart[]
}

export interface PartField {
  /** Lower case. */
  readonly name: string
  /** Unfolded, trimmed; an octet string of at most 16 KiB. */
  readonly value: string
}

const defaultMaxOctets = 1 << 20
const maxLines = 1 << 20
const maxDepth = 6
const maxParts = 100
const maxFields = 1000
const maxValue = 16_384

/**
 * Reads a message into its parts, leniently: any line ends, a byte order mark or a mailbox `From `
 * line on top, boundaries with white space around them, multiparts that are never closed. The first
 * `maxOctets` (1 MiB when not given), a million lines, 6 levels and 100 parts are read; the rest is
 * as if it were not there, and `onLimit` is told. Never throws.
 */
export function readParts(
  message: Uint8Array,
  maxOctets: number = defaultMaxOctets,
  onLimit: (what: string) => void = () => undefined,
): MimePart {
  const from = message[0] === 0xef && message[1] === 0xbb && message[2] === 0xbf ? 3 : 0
  const text = octetString(message, from, Math.min(message.length, from + maxOctets))
  if (from + maxOctets < message.length) onLimit(`it is longer than ${maxOctets} octets`)
  const lines = text.split(/\r\n|\r|\n/, maxLines + 1)
  if (lines.length > maxLines) onLimit(`it has more than ${maxLines} lines`)
  const start = lines.findIndex((line) => line !== '' && !/^>?From /.test(line))
  const room = { left: maxParts, onLimit }
  return readPart(lines.slice(Math.max(0, start), maxLines), {
    depth: 0,
    room,
    otherwise: plainText,
  })
}

/** The text of a part with its transfer encoding undone: lines of an octet string. */
export function decodedLines(part: MimePart): readonly string[] {
  const encoding = transferEncoding(part)
  if (encoding === 'quoted-printable') {
    return decodeQuotedPrintable(part.lines.join('\n')).split('\r\n')
  }
  if (encoding !== 'base64') return part.lines
  const digits = part.lines.join('').replace(/[^A-Za-z0-9+/]/g, '')
  const whole = digits.slice(0, digits.length - (digits.length % 4 === 1 ? 1 : 0))
  const octets = decodeBase64(whole + '='.repeat((4 - (whole.length % 4)) % 4))
  return octets === undefined ? part.lines : octetString(octets).split(/\r\n|\r|\n/)
}

/** In lower case; comments and what else stands behind the word (RFC 2045 §6.1) are passed over. */
export function transferEncoding(part: MimePart): string {
  const written = fieldValue(part.fields, 'content-transfer-encoding') ?? ''
  const word = /^[^\s;()"]+/.exec(written.replace(/^(?:\s|\([^()]{0,200}\)|"){1,20}/, ''))?.[0]
  return word?.toLowerCase() ?? ''
}

/** The first value of that name. */
export function fieldValue(fields: readonly PartField[], name: string): string | undefined {
  return fields.find((field) => field.name === name)?.value
}

/** `type/subtype`. */
export function kindOf(part: MimePart): string {
  return `${part.mediaType.type}/${part.mediaType.subtype}`
}

/** All parts, the whole first, in the order in which they stand. */
export function allParts(part: MimePart): readonly MimePart[] {
  return [part, ...part.parts.flatMap(allParts)]
}

/** The fields at the top of `lines`, and where what follows them begins. */
export function readFields(lines: readonly string[]): {
  readonly fields: readonly PartField[]
  readonly bodyAt: number
} {
  const fields: { name: string; value: string }[] = []
  let at = 0
  for (; at < lines.length; at++) {
    const line = lines[at] ?? ''
    if (line === '') return { fields, bodyAt: at + 1 }
    const last = fields.at(-1)
    if (/^[ \t]/.test(line) && last !== undefined) {
      if (last.value.length < maxValue) last.value += ` ${line.trim()}`
      continue
    }
    const colon = line.indexOf(':')
    const name = line.slice(0, Math.max(0, colon)).trimEnd()
    // A line that is no field: the header ends here without its empty line.
    if (!/^[\x21-\x39\x3b-\x7e]{1,100}$/.test(name)) return { fields, bodyAt: at }
    if (fields.length < maxFields) {
      fields.push({
        name: name.toLowerCase(),
        value: line
          .slice(colon + 1)
          .trim()
          .slice(0, maxValue),
      })
    }
  }
  return { fields, bodyAt: at }
}

interface Inside {
  readonly depth: number
  readonly room: { left: number; readonly onLimit: (what: string) => void }
  /** The type of a part that does not say one. */
  readonly otherwise: MediaType
}

function readPart(lines: readonly string[], { depth, room, otherwise }: Inside): MimePart {
  const { fields, bodyAt } = readFields(lines)
  const stated = fieldValue(fields, 'content-type')
  const mediaType = stated === undefined ? otherwise : (parseMediaType(stated) ?? plainText)
  const body = lines.slice(bodyAt)
  const boundary = mediaType.parameters.get('boundary') ?? ''
  if (mediaType.type !== 'multipart' || boundary === '') {
    return { fields, mediaType, lines: body, parts: [] }
  }
  if (depth >= maxDepth) {
    room.onLimit(`it has more than ${maxDepth} levels of parts`)
    return { fields, mediaType, lines: body, parts: [] }
  }
  const pieces = splitAtBoundary(body, boundary)
  const read = pieces.slice(0, Math.max(0, room.left))
  if (read.length < pieces.length) room.onLimit(`it has more than ${maxParts} parts`)
  room.left -= pieces.length
  // RFC 2046 §5.1.5: what is in a digest is a message unless it says otherwise.
  const inDigest = mediaType.subtype === 'digest' ? wholeMessage : plainText
  const inside = read.map((piece) =>
    readPart(piece, { depth: depth + 1, room, otherwise: inDigest }),
  )
  return { fields, mediaType, lines: body, parts: inside }
}

const wholeMessage: MediaType = { type: 'message', subtype: 'rfc822', parameters: new Map() }

/** RFC 2046 §5.1.1. What stands before the first boundary and after the last is no part. */
function splitAtBoundary(
  lines: readonly string[],
  boundary: string,
): readonly (readonly string[])[] {
  const open = `--${boundary}`.trim()
  const close = `${open}--`
  const pieces: (readonly string[])[] = []
  let start = -1
  for (const [index, line] of lines.entries()) {
    if (!line.includes('--')) continue
    const trimmed = line.trim()
    if (trimmed !== open && trimmed !== close) continue
    if (start >= 0) pieces.push(lines.slice(start, index))
    start = trimmed === open ? index + 1 : -1
    if (start < 0) return pieces
  }
  if (start >= 0) pieces.push(lines.slice(start))
  return pieces
}
