import { octetString } from '../base/octets.ts'

/** HTML §13.2.3.2 looks so far into a document for what it says of itself. */
const mostLookedAt = 1024

const marks: readonly (readonly [string, string])[] = [
  ['\xff\xfe', 'utf-16le'],
  ['\xfe\xff', 'utf-16be'],
]

/**
 * The character set of a text: what is named beside it, unless a byte order mark says that it is
 * UTF-16 (Encoding Standard §6), and where nothing is named for HTML, what its `<meta>` says; empty
 * when nobody says anything.
 */
export function announcedCharset(
  octets: Uint8Array,
  said: { readonly isHtml: boolean; readonly named: string },
): string {
  const start = octetString(octets, 0, Math.min(octets.length, mostLookedAt))
  const [, marked] = marks.find(([mark]) => start.startsWith(mark)) ?? []
  if (marked !== undefined) return marked
  // What no header names is us-ascii (RFC 2045 §5.2), which says as little.
  if (said.named !== '' && said.named !== 'us-ascii') return said.named
  if (!said.isHtml) return said.named
  const [, meta = ''] = /<meta[^>]{1,500}?charset\s*=\s*["']?([\w.:-]{1,60})/i.exec(start) ?? []
  // What can be read so far is no UTF-16, whatever it says; UTF-8 is what is tried by itself.
  return /^utf-?(?:8|16)/i.test(meta) ? said.named : meta.toLowerCase()
}
