import { decodeUtf8, octetsOf } from '../base/octets.ts'
import { oneLine } from '../message/field.ts'

const maxReplyLines = 20

/**
 * The words of another server, made harmless: each line one line, `550 5.1.1 no such user` first,
 * empty lines gone, at most 20 lines and `maxCharacters` in all.
 *
 * Lines may be octet strings: octets over 127 are shown as UTF-8 when they are that, else as `?`.
 */
export function readableReply(
  reply: {
    readonly code: number
    readonly enhanced: string | null
    readonly lines: readonly string[]
  },
  maxCharacters: number,
): readonly string[] {
  const lead = reply.enhanced === null ? String(reply.code) : `${reply.code} ${reply.enhanced}`
  const shown: string[] = []
  let room = maxCharacters
  for (const [index, line] of reply.lines.slice(0, maxReplyLines).entries()) {
    const clean = oneLine(shownText(index === 0 ? `${lead} ${line}` : line), room)
    if (clean === '' || room < 4) continue
    shown.push(clean)
    room -= clean.length
  }
  return shown.length === 0 ? [lead] : shown
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
