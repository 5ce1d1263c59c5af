import { octetString } from '../base/octets.ts'

// The Encoding Standard's decoder, which every JavaScript runtime has; see base/utf8.ts.
declare const TextDecoder: new (label: string) => { decode(octets: Uint8Array): string }

/** The text of octets in a named character set; `undefined` when there is none of this name. */
export function decodeCharset(charset: string, octets: Uint8Array): string | undefined {
  if (charset === 'us-ascii' || charset === 'iso-8859-1') return octetString(octets)
  try {
    return new TextDecoder(charset).decode(octets)
  } catch (problem) {
    // The decoder tells of a character set it does not know by a RangeError, and only of that.
    if (problem instanceof RangeError) return undefined
    throw problem
  }
}
