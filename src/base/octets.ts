/**
 * Octets and text. Mail is octets until proven text: nothing here guesses a character set.
 *
 * An *octet string* is a `string` whose code points are all 0–255, one for each octet (what others
 * call "latin1" or "binary"). It is how raw header text and DNS TXT data travel through the parsers,
 * because no octet is lost on the way.
 */

/** The octets of an octet string; a code point above 255 is a bug of the caller. */
export function octetsOf(text: string): Uint8Array {
  const octets = new Uint8Array(text.length)
  for (let i = 0; i < text.length; i++) octets[i] = text.charCodeAt(i)
  return octets
}

/** The octet string of `octets[start, end)`. */
export function octetString(octets: Uint8Array, start = 0, end: number = octets.length): string {
  // Node's Buffer, which most octets arrive in, does it itself and without a list of numbers.
  if (end - start >= longText && isReadable(octets)) return octets.latin1Slice(start, end)
  // String.fromCharCode takes its arguments on the stack, so long input goes in slices.
  const slice = 8192
  if (end - start <= slice) return charCodes(octets.subarray(start, end))
  let text = ''
  for (let at = start; at < end; at += slice) {
    text += charCodes(octets.subarray(at, Math.min(at + slice, end)))
  }
  return text
}

/** Where calling the platform begins to pay. */
const longText = 64

interface Readable {
  latin1Slice(start: number, end: number): string
}

function isReadable(octets: Uint8Array | (Uint8Array & Readable)): octets is Uint8Array & Readable {
  return 'latin1Slice' in octets && typeof octets.latin1Slice === 'function'
}

function charCodes(octets: Uint8Array): string {
  return Reflect.apply(String.fromCharCode, null, octets)
}

/** All chunks in one array. A single chunk is returned as it is, not copied. */
export function concat(chunks: readonly Uint8Array[]): Uint8Array {
  const [only] = chunks
  if (only !== undefined && chunks.length === 1) return only
  let length = 0
  for (const chunk of chunks) length += chunk.length
  const whole = new Uint8Array(length)
  let at = 0
  for (const chunk of chunks) {
    whole.set(chunk, at)
    at += chunk.length
  }
  return whole
}

/** Whether every code unit is ASCII. */
export function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 127) return false
  return true
}
