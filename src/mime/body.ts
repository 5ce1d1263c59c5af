import { decodeCharset, displayText, displayUtf8, octetString, octetsOf } from '../base/octets.ts'
import { announcedCharset } from './announced-charset.ts'
import { decodeQuotedPrintable } from '../message/quoted-printable.ts'
import { unflow } from './flowed.ts'
import { isAttachment, type Part, type PartTree } from './part.ts'

/** The octets of a part's body as its author had them, without the transfer encoding (RFC 2045 §6). */
export function decodedBody(message: Uint8Array, { at, size, encoding }: Part): Uint8Array {
  const body = message.subarray(at, at + size)
  if (encoding === 'base64') return decodeBase64Leniently(body)
  if (encoding !== 'quoted-printable') return body
  return octetsOf(decodeQuotedPrintable(octetString(body)))
}

/**
 * RFC 2045 §6.8: what is no digit is passed over. Padding ends a group and not the body, for those
 * who put coded pieces behind each other.
 */
function decodeBase64Leniently(body: Uint8Array): Uint8Array {
  const octets = new Uint8Array(Math.ceil(body.length * 0.75))
  let [length, bits, held] = [0, 0, 0]
  for (const octet of body) {
    if (octet === 0x3d) held = 0
    const digit = digits[octet] ?? 255
    if (digit > 63) continue
    bits = ((bits << 6) | digit) & 0xffff
    held += 6
    if (held < 8) continue
    held -= 8
    octets[length++] = (bits >> held) & 255
  }
  return octets.subarray(0, length)
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
const digits = new Uint8Array(256).fill(255)
for (let i = 0; i < alphabet.length; i++) digits[alphabet.charCodeAt(i)] = i

/** How much text of one part is shown. */
const maxTextOctets = 4 * 1024 * 1024

/** The text of a part of type `text/…`. */
export interface PartText {
  /** Lines end with LF. */
  readonly text: string
  /** Only the beginning: the part is longer than 4 MiB. */
  readonly cut: boolean
}

/**
 * The text of a part, for showing: decoded by its charset, and its paragraphs made whole where it says
 * that they flow (RFC 3676). Text that names no character set, or one that nobody knows, is UTF-8
 * where it can be and else what most mail programs take it for, windows-1252.
 */
export function partText(message: Uint8Array, part: Part): PartText {
  // No encoding takes more than three octets and a line end for one.
  const encoded = Math.min(part.size, maxTextOctets * 4)
  const octets = decodedBody(message, { ...part, size: encoded })
  const cut = encoded < part.size || octets.length > maxTextOctets
  const shown = octets.length > maxTextOctets ? octets.subarray(0, maxTextOctets) : octets
  const charset = charsetOf(part, shown)
  const text = decodeText(shown, charset).replace(/\r\n?/g, '\n')
  const flows =
    part.type === 'text/plain' && part.parameters.get('format')?.toLowerCase() === 'flowed'
  if (!flows) return { text, cut }
  return { text: unflow(text, part.parameters.get('delsp')?.toLowerCase() === 'yes'), cut }
}

/** What the header says; of HTML whose header says nothing, what stands in it (HTML §13.2.3.2). */
function charsetOf({ type, parameters }: Part, octets: Uint8Array): string {
  const named =
    parameters
      .get('charset')
      ?.replace(/^'(.*)'$/, '$1')
      .trim()
      .toLowerCase() ?? ''
  return announcedCharset(octets, { isHtml: type === 'text/html', named })
}

function decodeText(octets: Uint8Array, name: string): string {
  const isNamed = name !== '' && name !== 'us-ascii' && name !== 'utf-8'
  const known = isNamed ? decodeCharset(name, octets) : undefined
  if (known !== undefined) return known
  // Named and broken, or cut within a character: the rest of it is still UTF-8.
  const text = name === 'utf-8' ? displayUtf8(octets) : displayText(octets)
  return text.replace(/^\ufeff/, '')
}

/**
 * Which parts are what the message says: neither files nor what an enclosed message says. A multipart
 * of which no part was found is plain text, as all is whose type cannot be read (RFC 2045 §5.2).
 */
export function textParts({ parts }: PartTree, type: 'text/plain' | 'text/html'): readonly Part[] {
  const closed = new Set<number>()
  const holders = new Set(parts.map(({ parent }) => parent))
  return parts.filter((part) => {
    const isInside = part.parent !== undefined && closed.has(part.parent)
    if (isInside || part.type.startsWith('message/') || isAttachment(part)) {
      closed.add(part.n)
      return false
    }
    const isEmptyHanded = part.type.startsWith('multipart/') && !holders.has(part.n)
    return (isEmptyHanded ? 'text/plain' : part.type) === type
  })
}
