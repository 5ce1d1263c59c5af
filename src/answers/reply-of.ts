import { encodeUtf8 } from '../base/octets.ts'
import { ReplyReader } from '../smtp/reply-reader.ts'
import type { Reply } from '../smtp/reply.ts'
import { OctetQueue } from '../wire/octet-queue.ts'

/** What is read of such a text; a reply may have 64 KiB. */
const mostCharacters = 65_536
/** RFC 5321 §4.5.3.1.5 has 512 octets in a line; the reader takes more, and longer ones are cut here. */
const longestLine = 2000

/**
 * The reply that a person has copied, or that a report tells: `550 5.1.1 No such user`, on several
 * lines or with these joined (`550-5.1.1 No 550 5.1.1 such user`). `undefined` when it begins with no
 * reply code.
 */
export function replyOf(text: string): Reply | undefined {
  const plain = text.slice(0, mostCharacters).trim()
  const [, code] = /^([45]\d\d)(?:[ -]|$)/.exec(plain) ?? []
  if (code === undefined) return undefined
  const parts = plain
    .split(new RegExp(`\\r?\\n|(?<=\\s)(?=${code}[ -])`))
    .map((part) => part.trim().replace(new RegExp(`^${code}(?:[ -]|$)`), ''))
    .flatMap((part) => part.match(new RegExp(`.{1,${longestLine}}`, 'gs')) ?? [''])
  const last = parts.length - 1
  const lines = parts.map(
    (part, i) => `${code}${i < last ? '-' : ' '}${part.replace(/[\r\n]/g, ' ')}\r\n`,
  )
  const queue = new OctetQueue()
  queue.push(encodeUtf8(lines.join('')))
  const read = new ReplyReader(queue, mostCharacters * 8).next(() => {})
  return read?.type === 'reply' ? read.reply : undefined
}
