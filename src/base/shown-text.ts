/*
 * What others wrote is data: on a terminal and in a log it must not move the cursor, colour, hide or
 * turn round what stands beside it, and it must not begin a line of its own.
 */

/**
 * Every control (C0, DEL, C1), what turns the direction of writing (Unicode UAX #9), the two
 * separators that some readers take for ends of lines, and halves of surrogate pairs.
 */
const unseen =
  /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g

/** Text in one line that shows each of them as an escape: `\n`, `\x1b`, `\u202e`. */
export function inOneLine(text: string): string {
  return text.replace(unseen, escapeOf)
}

/** The same, with ends of lines as they are: for text whose lines are our own. */
export function inLines(text: string): string {
  return text.replace(unseen, (found) => (found === '\n' ? found : escapeOf(found)))
}

/**
 * JSON in one line that is safe to print: `JSON.stringify` leaves DEL, C1, separators and what turns
 * the direction of writing as they are, and here they are `\u` escapes, which mean the same.
 */
export function jsonLine(value: unknown): string {
  return JSON.stringify(value).replace(leftByStringify, unicodeEscape)
}

const leftByStringify = /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g

const shortEscapes: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }

function escapeOf(character: string): string {
  const code = character.charCodeAt(0)
  const short = shortEscapes[character]
  if (short !== undefined) return short
  return code > 0xff ? unicodeEscape(character) : `\\x${code.toString(16).padStart(2, '0')}`
}

function unicodeEscape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}
