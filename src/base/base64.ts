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
  let bits = 0
  let held = 0
  for (let i = 0; i < digits; i++) {
    const value = values[text.charCodeAt(i) & 255] ?? -1
    if (value < 0 || text.charCodeAt(i) > 127) return undefined
    bits = ((bits << 6) | value) & 0xffffff
    held += 6
    if (held >= 8) {
      held -= 8
      octets[at++] = (bits >> held) & 255
    }
  }
  return octets
}
