/** The encodings of addresses inside parameters: xtext (RFC 3461 §4) and that of RFC 6533 §3. */
import { decodeUtf8, encodeUtf8, octetString, octetsOf } from '../base/octets.ts'

const xtext = /^(?:[!-*,-<>-~]|\+[0-9A-F]{2})*$/
const utf8Text = /^(?:[!-*,-<>-[\]-~\u0080-\uffff]|\\x\{[0-9A-F]{2,6}\})*$/

/** Undoes xtext; the octets are read as UTF-8. `undefined` when it is neither. */
export function decodeXtext(text: string): string | undefined {
  if (!xtext.test(text)) return undefined
  const octets = text.replace(/\+(..)/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  )
  return decodeUtf8(octetsOf(octets))
}

/** Writes text as xtext, by its UTF-8 octets. */
export function encodeXtext(text: string): string {
  return octetString(encodeUtf8(text)).replace(
    /[^!-*,-<>-~]/g,
    (char) => `+${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  )
}

/** Undoes `\x{…}` in an address of type `utf-8`. RFC 6533 §3. */
export function decodeUtf8Address(text: string): string | undefined {
  if (!utf8Text.test(text) || !text.isWellFormed()) return undefined
  let valid = true
  const address = text.replace(/\\x\{([0-9A-F]+)\}/g, (_, hex: string) => {
    const point = Number.parseInt(hex, 16)
    // A control character or half a surrogate pair has no place in an address.
    if (
      point < 0x20 ||
      point === 0x7f ||
      point > 0x10ffff ||
      (point >= 0xd800 && point <= 0xdfff)
    ) {
      valid = false
      return ''
    }
    return String.fromCodePoint(point)
  })
  return valid ? address : undefined
}

/** Writes an address of type `utf-8` in ASCII. RFC 6533 §3, utf-8-addr-xtext. */
export function encodeUtf8Address(address: string): string {
  let text = ''
  for (const char of address) {
    const plain = /^[!-*,-<>-[\]-~]$/.test(char)
    const point = char.codePointAt(0) ?? 0
    text += plain ? char : `\\x{${point.toString(16).toUpperCase().padStart(2, '0')}}`
  }
  return text
}
