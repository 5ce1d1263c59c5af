import { decodeUtf8, octetsOf } from '../base/octets.ts'
import { oneLine } from '../message/field.ts'

const maxReplyLines = 20

/** A reply of another server, as it came. */
interface RemoteReply {
  readonly code: number
  readonly enhanced: string | null
  /**
   * Lines may be octet strings: octets over 127 are shown as UTF-8 when they are that, else as `?`.
   */
  readonly lines: readonly string[]
}

/**
 * The words of another server, made harmless: each line one line, `550 5.1.1 no such user` first,
 * empty lines gone, at most 20 lines and `maxCharacters` in all.
 */
export function readableReply(reply: RemoteReply, maxCharacters: number): readonly string[] {
  const lead = leadOf(reply, ' ')
  const [first, ...rest] = cleanLines(reply, maxCharacters - lead.length)
  return first === undefined ? [lead.trimEnd()] : [lead + first, ...rest]
}

/**
 * The same as it was on the wire: each line with the code, and `-` behind it in all but the last.
 * RFC 3461 §9.2.
 */
export function replyTranscript(reply: RemoteReply, maxCharacters: number): readonly string[] {
  const lines = cleanLines(reply, maxCharacters)
  if (lines.length === 0) return [leadOf(reply, ' ').trimEnd()]
  return lines.map((line, index) => leadOf(reply, index < lines.length - 1 ? '-' : ' ') + line)
}

/** `550 5.1.1 `, `550-5.1.1 `, `550-`: what stands before the words. */
function leadOf({ code, enhanced }: RemoteReply, between: ' ' | '-'): string {
  return `${code}${between}${enhanced === null ? '' : `${enhanced} `}`
}

function cleanLines({ lines }: RemoteReply, maxCharacters: number): readonly string[] {
  const shown: string[] = []
  let room = maxCharacters
  for (const line of lines.slice(0, maxReplyLines)) {
    if (room < 4) break
    const clean = oneLine(shownText(line), room)
    if (clean === '') continue
    shown.push(clean)
    room -= clean.length
  }
  return shown
}

/** Text as it is when it has characters beyond one octet, else what its octets say. */
export function shownText(text: string): string {
  const cut = text.slice(0, 4000)
  if (!/[\x80-\xff]/.test(cut) || /[^\x00-\xff]/.test(cut)) return cut
  return decodeUtf8(octetsOf(cut)) ?? cut.replace(/[\x80-\xff]+/g, '?')
}

/** Breaks text into lines of at most `width` characters where it has spaces, cuts longer words. */
export function wrapWords(text: string, width: number): readonly string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    for (const piece of piecesOf(word, width)) {
      if (line === '') line = piece
      else if (line.length + 1 + piece.length <= width) line += ` ${piece}`
      else {
        lines.push(line)
        line = piece
      }
    }
  }
  if (line !== '') lines.push(line)
  return lines
}

function piecesOf(word: string, width: number): readonly string[] {
  if (word.length <= width) return word === '' ? [] : [word]
  const characters = Array.from(word)
  const pieces: string[] = []
  for (let at = 0; at < characters.length; at += width) {
    pieces.push(characters.slice(at, at + width).join(''))
  }
  return pieces
}
