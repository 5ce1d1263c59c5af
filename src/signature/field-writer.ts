/** Writes signature fields so that people and old mail systems can live with them. */

import type { HeaderField } from '../message/field.ts'

/** RFC 5322 §2.1.1: lines should have no more characters than this. */
const lineWidth = 78

/** One tag. A value of several parts may be folded between them. */
export interface TagText {
  readonly name: string
  readonly value: string | readonly string[]
}

/**
 * `Name: a=1; b=2; b=`, folded: everything of a signature field up to its signature. Each fold is
 * CRLF and one space. A part that is longer than a line is left whole.
 */
export function writeTags(fieldName: string, tags: readonly TagText[]): string {
  const line = new Folder(`${fieldName}:`)
  let following = tags.length
  for (const { name, value } of tags) {
    const end = --following > 0 ? ';' : ''
    if (typeof value === 'string') line.word(`${name}=${value}${end}`)
    else writeParts(line, name, value, end)
  }
  return line.text
}

function writeParts(line: Folder, name: string, parts: readonly string[], end: string): void {
  let following = parts.length
  let begun = false
  for (const part of parts) {
    const text = --following > 0 ? part : `${part}${end}`
    if (begun) line.glue(text)
    else line.word(`${name}=${text}`)
    begun = true
  }
  if (!begun) line.word(`${name}=${end}`)
}

/** Adds base64 to a text that ends with `b=`, and the final CRLF. */
export function writeSignature(text: string, base64: string): string {
  const line = new Folder(text)
  for (let at = 0; at < base64.length; ) {
    const room = lineWidth - line.column
    if (room < 1) {
      line.fold()
      continue
    }
    line.append(base64.slice(at, at + room))
    at += room
  }
  return `${line.text}\r\n`
}

/** A field that was written, as the header of a message would have it. */
export function asField(text: string): HeaderField {
  const colon = text.indexOf(':')
  return { name: text.slice(0, colon).toLowerCase(), raw: Buffer.from(text), valueAt: colon + 1 }
}

class Folder {
  text: string
  column: number

  constructor(text: string) {
    this.text = text
    this.column = text.length - (text.lastIndexOf('\n') + 1)
  }

  /** After a space, or on a new line. */
  word(word: string): void {
    if (this.column + 1 + word.length > lineWidth) this.fold()
    else this.append(' ')
    this.append(word)
  }

  /** Right behind what is there, or on a new line. */
  glue(part: string): void {
    if (this.column + part.length > lineWidth) this.fold()
    this.append(part)
  }

  append(text: string): void {
    this.text += text
    this.column += text.length
  }

  fold(): void {
    this.text += '\r\n '
    this.column = 1
  }
}
