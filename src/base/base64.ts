/** Base64 (RFC 4648 §4) without a platform's help. */

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
const values = new Int8Array(256).fill(-1)
for (let i = 0; i < alphabet.length; i++) values[alphabet.charCodeAt(i)] = i

/** Canonical base64 with padding. */
export function encodeBase64(octets: Uint8Array): string {
  let text = ''
  for (let i = 0; i < octets.length; i += 3) {
    const a = octets[i] ?? 0
    const b = octets[i + 1] ?? 0
    const c = octets[i + 2] ?? 0
    text += alphabet.charAt(a >> 2) + alphabet.charAt(((a & 3) << 4) | (b >> 4))
    text += i + 1 < octets.length ? alphabet.charAt(((b & 15) << 2) | (c >> 6)) : '='
    text += i + 2 < octets.length ? alphabet.charAt(c & 63) : '='
  }
  return text
}

/**
 * The octets, or `undefined` when `text` is not base64: a character outside the alphabet, a wrong
 * length, or padding in the wrong place. White space is not skipped here.
 */
export function decodeBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (text.length % 4 !== 0) return undefined
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0
  const digits = text.length - padding
  const octets = new Uint8Array((text.length / 4) * 3 - padding)
  let at = 0
  let i = 0
  // Four digits are three octets; a digit that is none makes the number negative.
  for (; i + 4 <= digits; i += 4) {
    const bits =
      (valueAt(text, i) << 18) |
      (valueAt(text, i + 1) << 12) |
      (valueAt(text, i + 2) << 6) |
      valueAt(text, i + 3)
    if (bits < 0) return undefined
    octets[at++] = bits >> 16
    octets[at++] = (bits >> 8) & 255
    octets[at++] = bits & 255
  }
  if (i === digits) return octets
  const bits =
    (valueAt(text, i) << 12) |
    (valueAt(text, i + 1) << 6) |
    (padding === 1 ? valueAt(text, i + 2) : 0)
  if (bits < 0) return undefined
  octets[at++] = bits >> 10
  if (padding === 1) octets[at++] = (bits >> 2) & 255
  return octets
}

/** The same of text that is cut into lines, as mail has it and many programs write it (RFC 2045 §6.8). */
export function decodeBase64Lines(text: string): Uint8Array<ArrayBuffer> | undefined {
  return decodeBase64(text.replace(/\s+/g, ''))
}

/** What a digit counts; -1 when the character is none. */
function valueAt(text: string, at: number): number {
  return values[text.charCodeAt(at)] ?? -1
}
