/**
 * UTF-8 in both directions. The Encoding Standard's objects are in every JavaScript runtime, but not
 * in the language's own library types, so the two signatures used are declared here.
 */
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
