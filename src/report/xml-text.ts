import { decodeUtf8, displayUtf8, octetString } from '../base/octets.ts'

/** A document as text, without what is behind its end, and how sure that is. */
export interface XmlText {
  readonly text: string
  /** The octets are not what the document says that they are; U+FFFD stands for the wrong ones. */
  readonly broken: boolean
}

const slice = 8192

const singleOctetSets =
  /^(?:us-ascii|ascii|iso-8859-\d{1,2}|iso_8859-1|latin-?1|windows-125\d|cp125\d)$/i

/**
 * Decodes an XML document. UTF-8 is taken for what it is whatever the declaration says; UTF-16 is
 * known by its first octets; a declared one-octet set is read as ISO 8859-1. XML 1.0 appendix F.
 */
export function decodeXml(octets: Uint8Array): XmlText {
  const { text, broken } = decode(octets)
  return { text: withoutFill(text), broken }
}

/** Text that begins with the byte order mark of UTF-16; else `undefined`. */
export function decodeUtf16(octets: Uint8Array): string | undefined {
  const [a = 0, b = 0] = octets
  if (a === 0xff && b === 0xfe) return utf16(octets, 2, 'little')
  if (a === 0xfe && b === 0xff) return utf16(octets, 2, 'big')
  return undefined
}

/**
 * Takes away what fills up a file behind its text: NULs of a last block, the Ctrl-Z of DOS, blanks.
 * No document has them, so nothing of it is lost.
 */
export function withoutFill(text: string): string {
  let end = text.length
  while (end > 0 && fill.has(text.charCodeAt(end - 1))) end--
  return text.slice(0, end)
}

const fill: ReadonlySet<number> = new Set([0, 9, 10, 13, 26, 32])

function decode(octets: Uint8Array): XmlText {
  const [a = 0, b = 0, c = 0] = octets
  const wide = decodeUtf16(octets)
  if (wide !== undefined) return { text: wide, broken: false }
  if (a === 0x3c && b === 0) return { text: utf16(octets, 0, 'little'), broken: false }
  if (a === 0 && b === 0x3c) return { text: utf16(octets, 0, 'big'), broken: false }
  const start = a === 0xef && b === 0xbb && c === 0xbf ? 3 : 0
  const content = octets.subarray(start)
  const text = decodeUtf8(content)
  if (text !== undefined) return { text, broken: false }
  const declaration = octetString(content, 0, Math.min(content.length, 200))
  const encoding = /^\s*<\?xml[^>]*?encoding\s*=\s*["']([\w.-]{1,40})["']/.exec(declaration)?.[1]
  if (encoding !== undefined && singleOctetSets.test(encoding)) {
    return { text: octetString(content), broken: false }
  }
  return { text: displayUtf8(content), broken: true }
}

function utf16(octets: Uint8Array, start: number, order: 'little' | 'big'): string {
  const low = order === 'little' ? 0 : 1
  let text = ''
  for (let at = start; at + 1 < octets.length; at += slice) {
    const units: number[] = []
    const end = Math.min(at + slice, octets.length - 1)
    for (let i = at; i < end; i += 2) {
      units.push((octets[i + low] ?? 0) | ((octets[i + 1 - low] ?? 0) << 8))
    }
    // The units are arguments, which the stack holds: hence the slices.
    text += String.fromCharCode(...units)
  }
  return text.toWellFormed()
}
