import { decodeBase64 } from '../base/base64.ts'
import { decodeCharset } from '../base/octets.ts'

/** RFC 2047 §2, with the language of RFC 2231 §5; white space in the text is tolerated. */
const encodedWord =
  /=\?([^\s?*()<>@,;:"/[\].=]{1,60})(?:\*[^\s?]{1,60})?\?([bBqQ])\?([^?\r\n]*)\?=/g

/**
 * The text of a phrase, comment or unstructured value with its encoded words decoded, for showing
 * and never for deciding. RFC 2047 §6.
 *
 * White space between two encoded words goes; pieces of one character in two words are joined; an
 * unknown character set, or text that is not base64, leaves the word as it stands. Control
 * characters that come out of an encoded word are shown as spaces, so that none can end a line.
 */
export function decodeEncodedWords(text: string): string {
  if (!text.includes('=?')) return text
  let shown = ''
  let from = 0
  let open: Run | undefined
  for (const match of text.matchAll(encodedWord)) {
    const [whole, charset = '', encoding = '', encoded = ''] = match
    const octets = decodeWord(encoding, encoded)
    if (octets === undefined) continue
    const between = text.slice(from, match.index)
    const joins = open !== undefined && /^[ \t\r\n]*$/.test(between)
    const sameRun = joins && open?.charset === charset.toLowerCase()
    if (!sameRun) {
      shown += showRun(open) + (joins ? '' : between)
      open = { charset: charset.toLowerCase(), words: '', octets: [] }
    }
    if (open !== undefined) {
      open.words += (sameRun ? between : '') + whole
      open.octets.push(octets)
    }
    from = match.index + whole.length
  }
  return shown + showRun(open) + text.slice(from)
}

/** Encoded words in one character set with nothing but white space between them. */
interface Run {
  readonly charset: string
  words: string
  readonly octets: Uint8Array[]
}

function showRun(run: Run | undefined): string {
  if (run === undefined) return ''
  let length = 0
  for (const octets of run.octets) length += octets.length
  const all = new Uint8Array(length)
  let at = 0
  for (const octets of run.octets) {
    all.set(octets, at)
    at += octets.length
  }
  const text = decodeCharset(run.charset, all)
  return text === undefined ? run.words : text.replace(/[\x00-\x1f\x7f-\x9f]/g, ' ')
}

function decodeWord(encoding: string, encoded: string): Uint8Array | undefined {
  if (encoding === 'q' || encoding === 'Q') return decodeQ(encoded)
  const digits = encoded.replace(/[ \t]/g, '').replace(/=+$/, '')
  return decodeBase64(digits + '='.repeat((4 - (digits.length % 4)) % 4))
}

/** RFC 2047 §4.2. An `=` that begins no octet stands for itself. */
function decodeQ(encoded: string): Uint8Array {
  const octets = new Uint8Array(encoded.length * 3)
  let length = 0
  for (let i = 0; i < encoded.length; i++) {
    const c = encoded.charCodeAt(i)
    const hex = c === 61 ? encoded.slice(i + 1, i + 3) : ''
    if (/^[0-9A-Fa-f]{2}$/.test(hex)) {
      octets[length++] = Number.parseInt(hex, 16)
      i += 2
    } else {
      octets[length++] = c === 95 ? 32 : c < 256 ? c : 63
    }
  }
  return octets.subarray(0, length)
}
