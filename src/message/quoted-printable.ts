/** Quoted-printable (RFC 2045 §6.7), for the few places where a report needs it. */

const hex = '0123456789ABCDEF'
const maxLine = 76

/**
 * Encodes text lines. CRLF in the octets stays a line end; a CR or LF alone is coded. No line of the
 * result is longer than 76 characters or ends in white space, and none begins with `-`, `.` or
 * `From `, so that it can stand in any MIME part.
 */
export function encodeQuotedPrintable(octets: Uint8Array): string {
  let text = ''
  let line = 0
  for (let i = 0; i < octets.length; i++) {
    const octet = octets[i] ?? 0
    const next = octets[i + 1]
    if (octet === 13 && next === 10) {
      text += '\r\n'
      line = 0
      i++
      continue
    }
    const blankAtEnd = (octet === 32 || octet === 9) && (next === undefined || next === 13)
    const risky = line === 0 && (octet === 0x2d || octet === 0x2e || octet === 0x46)
    const plain = octet === 9 || (octet >= 32 && octet <= 126 && octet !== 61)
    const coded =
      plain && !blankAtEnd && !risky
        ? String.fromCharCode(octet)
        : `=${hex.charAt(octet >> 4)}${hex.charAt(octet & 15)}`
    // One place is kept free for the soft line break itself.
    if (line + coded.length > maxLine - 1) {
      text += '=\r\n'
      line = 0
      i--
      continue
    }
    text += coded
    line += coded.length
  }
  return text
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
