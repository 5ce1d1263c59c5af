import type { Reply } from './reply.ts'

/** Octets of a reply line with CRLF. RFC 5321 §4.5.3.1.5. */
const maxLineOctets = 512

const enhancedCode = /^[245]\.\d{1,3}\.\d{1,3}$/

/**
 * The lines of a reply as they are sent, without CRLF: `250-…` and at last `250 …`, each with the
 * enhanced code (RFC 2034 §4). Text that may come from elsewhere is made harmless: a character that
 * is not printable ASCII becomes `?`, and a long line becomes several.
 *
 * @throws Error when the codes contradict each other, which is a bug of who made the reply
 */
export function formatReply(reply: Reply): string[] {
  checkReply(reply)
  const prefix = reply.enhanced === null ? '' : `${reply.enhanced} `
  const room = maxLineOctets - '250-'.length - prefix.length - '\r\n'.length
  const texts = reply.lines.flatMap((line) => wrap(printable(line), room))
  const last = texts.length - 1
  return texts.map((text, i) => `${reply.code}${i < last ? '-' : ' '}${prefix}${text}`)
}

/** The reply as it is said, before it is cut into lines. */
export function spokenReply(reply: Reply): Reply {
  return { ...reply, lines: reply.lines.map(printable) }
}

/** The reply on one line, for people and records: `550 5.1.1 No such user here`. */
export function describeReply(reply: Reply): string {
  const code = reply.enhanced === null ? `${reply.code}` : `${reply.code} ${reply.enhanced}`
  return `${code} ${reply.lines.join(' ')}`.trimEnd()
}

function checkReply(reply: Reply): void {
  const { code, enhanced, lines } = reply
  if (!Number.isInteger(code) || code < 200 || code > 599 || lines.length === 0) {
    throw new Error(`formatReply: ${code} with ${lines.length} lines is not a reply`)
  }
  if (enhanced === null) return
  // RFC 2034 §4: the first digits agree.
  if (!enhancedCode.test(enhanced) || enhanced[0] !== String(code)[0]) {
    throw new Error(`formatReply: enhanced code ${enhanced} does not fit ${code}`)
  }
}

function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?')
}

function wrap(text: string, room: number): string[] {
  const lines: string[] = []
  let rest = text
  while (rest.length > room) {
    const space = rest.lastIndexOf(' ', room)
    const cut = space > room / 2 ? space : room
    lines.push(rest.slice(0, cut))
    rest = rest.slice(space === cut ? cut + 1 : cut)
  }
  lines.push(rest)
  return lines
}
