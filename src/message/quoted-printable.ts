/** Quoted-printable (RFC 2045 §6.7), whole and as it passes. */

import { concat, octetsOf, octetString } from '../base/octets.ts'

const hex: Uint8Array = octetsOf('0123456789ABCDEF')
const softBreak = octetsOf('=\r\n')
const maxLine = 76

const TAB = 9
const LF = 10
const CR = 13
const SPACE = 32
const EQUALS = 61

/**
 * Encodes text lines. CRLF in the octets stays a line end; a CR or LF alone is coded. No line of the
 * result is longer than 76 characters or ends in white space, and none begins with `-`, `.` or
 * `From `, so that it can stand in any MIME part.
 */
export function encodeQuotedPrintable(octets: Uint8Array): string {
  const encoder = new QuotedPrintableEncoder()
  return octetString(concat([encoder.push(octets), encoder.end()]))
}

/** Whether an octet stands for itself; white space at the end of a line and line ends are apart. */
export function isPlainOctet(octet: number): boolean {
  return octet === TAB || (octet >= SPACE && octet <= 126 && octet !== EQUALS)
}

/** As `encodeQuotedPrintable`, for octets that come cut anywhere. Holds one octet. */
export class QuotedPrintableEncoder {
  /** An octet whose code depends on the next one. */
  #held: number | undefined
  #line = 0
  #out = new Uint8Array(0)
  #length = 0

  push(octets: Uint8Array): Uint8Array {
    // Each octet makes three at most, and every 72 of them a soft line break.
    const room = (octets.length + 1) * 3
    this.#out = new Uint8Array(room + (Math.ceil(room / 72) + 1) * softBreak.length)
    this.#length = 0
    let at = 0
    const [first] = octets
    if (this.#held !== undefined && first !== undefined) {
      at = this.#take(this.#held, first) ? 1 : 0
      this.#held = undefined
    }
    for (; at < octets.length; at++) {
      const octet = octets[at] ?? 0
      const next = octets[at + 1]
      const waits = octet === CR || octet === SPACE || octet === TAB
      if (next === undefined && waits) this.#held = octet
      else if (this.#take(octet, next)) at++
    }
    return this.#out.subarray(0, this.#length)
  }

  /** What was held back. */
  end(): Uint8Array {
    const held = this.#held
    this.#held = undefined
    this.push(new Uint8Array(0))
    if (held !== undefined) this.#take(held, undefined)
    return this.#out.subarray(0, this.#length)
  }

  /** Takes one octet; true where it took the next one as well. */
  #take(octet: number, next: number | undefined): boolean {
    if (octet === CR && next === LF) {
      this.#write(CR)
      this.#write(LF)
      this.#line = 0
      return true
    }
    const blankAtEnd = (octet === SPACE || octet === TAB) && (next === undefined || next === CR)
    const plain = isPlainOctet(octet) && !blankAtEnd
    // One place is kept free for the soft line break itself.
    if (this.#line + (plain ? 1 : 3) > maxLine - 1) {
      for (const one of softBreak) this.#write(one)
      this.#line = 0
    }
    const risky = this.#line === 0 && (octet === 0x2d || octet === 0x2e || octet === 0x46)
    if (plain && !risky) {
      this.#write(octet)
      this.#line++
    } else {
      this.#write(EQUALS)
      this.#write(hex[octet >> 4] ?? 0)
      this.#write(hex[octet & 15] ?? 0)
      this.#line += 3
    }
    return false
  }

  #write(octet: number): void {
    this.#out[this.#length++] = octet
  }
}

/**
 * Decodes an octet string into another one. What is not a code stays as it is (RFC 2045 §6.7, rule
 * 1 and the notes on robust decoders); white space at line ends goes (rule 3).
 */
export function decodeQuotedPrintable(text: string): string {
  const lines = text.split('\n').map((line) => trimEnd(line))
  let decoded = ''
  for (const [index, line] of lines.entries()) {
    const soft = line.endsWith('=')
    decoded += decodeCodes(soft ? line.slice(0, -1) : line)
    if (!soft && index < lines.length - 1) decoded += '\r\n'
  }
  return decoded
}

function decodeCodes(line: string): string {
  if (!line.includes('=')) return line
  return line.replace(/=([0-9A-Fa-f]{2})/g, (_, code: string) =>
    String.fromCharCode(Number.parseInt(code, 16)),
  )
}

/** Not a regular expression: `/\s+$/` takes quadratic time on long runs of spaces. */
function trimEnd(line: string): string {
  let end = line.length
  while (end > 0 && ' \t\r'.includes(line.charAt(end - 1))) end--
  return line.slice(0, end)
}
