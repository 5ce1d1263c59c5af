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

// The Encoding Standard's objects are in every JavaScript runtime, but not in the language's own
// library types, so the two signatures used are declared here.
declare const TextEncoder: new () => { encode(text: string): Uint8Array<ArrayBuffer> }
declare const TextDecoder: new (
  label: string,
  options?: { readonly fatal?: boolean; readonly ignoreBOM?: boolean },
) => { decode(octets: Uint8Array): string }

const encoder = new TextEncoder()
const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const lenient = new TextDecoder('utf-8', { ignoreBOM: true })

/** The UTF-8 octets of `text`; a lone surrogate becomes U+FFFD. */
export function encodeUtf8(text: string): Uint8Array<ArrayBuffer> {
  return encoder.encode(text)
}

/** The text, or `undefined` when the octets are not well-formed UTF-8. */
export function decodeUtf8(octets: Uint8Array): string | undefined {
  try {
    return strict.decode(octets)
  } catch (problem) {
    // A fatal decoder tells of malformed input by a TypeError, and only of that.
    if (problem instanceof TypeError) return undefined
    throw problem
  }
}

/** The text, with U+FFFD where the octets are not UTF-8. For showing, never for deciding. */
export function displayUtf8(octets: Uint8Array): string {
  return lenient.decode(octets)
}

/**
 * The text, whatever it is in: UTF-8 where the octets are that, and else what most programs that name
 * no character set write, windows-1252. For showing, never for deciding.
 */
export function displayText(octets: Uint8Array): string {
  return decodeUtf8(octets) ?? decodeCharset('windows-1252', octets) ?? displayUtf8(octets)
}

/** Names that programs give to character sets and the Encoding Standard does not know. */
const otherNames: ReadonlyMap<string, string> = new Map([
  ['cp932', 'shift_jis'],
  ['cp936', 'gbk'],
  ['ms936', 'gbk'],
  ['cp949', 'euc-kr'],
  ['uhc', 'euc-kr'],
  ['cp950', 'big5'],
  ['latin-1', 'windows-1252'],
])

/**
 * The text of octets in a named character set; `undefined` when there is none of this name. As the
 * Encoding Standard (§4.2) and all mail programs have it, iso-8859-1 and us-ascii are windows-1252:
 * what stands at 0x80 to 0x9f are its quotes and dashes, and never controls.
 */
export function decodeCharset(charset: string, octets: Uint8Array): string | undefined {
  const name = charset.trim().toLowerCase()
  try {
    return new TextDecoder(otherNames.get(name) ?? name).decode(octets)
  } catch (problem) {
    // The decoder tells of a character set it does not know by a RangeError, and only of that.
    if (problem instanceof RangeError) return undefined
    throw problem
  }
}
