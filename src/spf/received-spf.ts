/** The Received-SPF header field (RFC 7208 §9.1 with erratum 5436). */
import { describeSpfAbsence, describeSpfProblem, shown } from './problem-text.ts'
import type { SpfVerdict } from './verdict.ts'

export interface ReceivedSpfOptions {
  /** Name of the host that did the check. */
  readonly receiver?: string
}

const maxLine = 78

/**
 * The whole field, folded, with its final CRLF; it goes above the Received field of the same host.
 *
 * ASCII unless the sender or the greeting is not, which only happens in internationalised mail,
 * where header fields may be UTF-8 (RFC 6532). No line is longer than 998 octets.
 */
export function formatReceivedSpf(verdict: SpfVerdict, options: ReceivedSpfOptions = {}): string {
  const { receiver } = options
  const pieces = [`Received-SPF: ${verdict.result}`, ...comment(verdict, receiver)]
  const pairs = keyValues(verdict, receiver).map(([key, value]) => `${key}=${wordOf(value)}`)
  pairs.forEach((pair, i) => pieces.push(i === pairs.length - 1 ? pair : `${pair};`))
  return `${fold(pieces)}\r\n`
}

/** At least client-ip, helo, and envelope-from when MAIL FROM was checked (RFC 7208 §9.1). */
function keyValues(verdict: SpfVerdict, receiver: string | undefined): [string, string][] {
  const pairs: [string, string][] = [['client-ip', verdict.ip]]
  if (verdict.identity === 'mailfrom') pairs.push(['envelope-from', verdict.sender])
  pairs.push(['helo', asciiOnly(verdict.helo)], ['identity', verdict.identity])
  if (receiver !== undefined) pairs.push(['receiver', receiver])
  if ('mechanism' in verdict) pairs.push(['mechanism', shown(verdict.mechanism)])
  if ('problem' in verdict) pairs.push(['problem', describeSpfProblem(verdict.problem)])
  return pairs
}

/** The words of a comment, so that the field can be folded between them. */
function comment(verdict: SpfVerdict, receiver: string | undefined): string[] {
  const text = receiver === undefined ? inWords(verdict) : `${receiver}: ${inWords(verdict)}`
  const safe = withoutControls(text).replace(/[\\()]/g, (character) => `\\${character}`)
  return `(${safe})`.split(' ').filter((word) => word !== '')
}

function inWords(verdict: SpfVerdict): string {
  const { ip, domain } = verdict
  switch (verdict.result) {
    case 'pass':
      return `${domain} allows ${ip} to send its mail`
    case 'fail':
      return `${domain} does not allow ${ip} to send its mail`
    case 'softfail':
      return `${domain} thinks that ${ip} should not send its mail`
    case 'neutral':
      return `${domain} says nothing about ${ip}`
    case 'none':
      return describeSpfAbsence(verdict.absence, domain)
    case 'temperror':
      return `the policy of ${domain} could not be evaluated now`
    case 'permerror':
      return `the policy of ${domain} cannot be evaluated`
  }
}

const dotAtom = /^[A-Za-z0-9!#$%&'*+\-/=?^_`{|}~]+(?:\.[A-Za-z0-9!#$%&'*+\-/=?^_`{|}~]+)*$/

/** dot-atom or quoted-string (RFC 5322 §3.2.3, §3.2.4) */
function wordOf(value: string): string {
  const safe = withoutControls(value)
  if (dotAtom.test(safe)) return safe
  return `"${safe.replace(/["\\]/g, (character) => `\\${character}`)}"`
}

/** What a client calls itself may be in any script; a field of ASCII holds no other (RFC 5322 §2.2). */
function asciiOnly(text: string): string {
  return text.replace(/[^\x00-\x7f]/g, '?')
}

/** Line breaks, NUL and their like have no place in a field, whoever brought them. */
function withoutControls(text: string): string {
  return text.replace(/[\x00-\x1f\x7f-\x9f\u2028\u2029]/g, '?')
}

function fold(pieces: readonly string[]): string {
  let text = ''
  let lineLength = 0
  for (const piece of pieces) {
    if (text === '') {
      text = piece
      lineLength = piece.length
    } else if (lineLength + 1 + piece.length <= maxLine) {
      text += ` ${piece}`
      lineLength += 1 + piece.length
    } else {
      text += `\r\n ${piece}`
      lineLength = 1 + piece.length
    }
  }
  return text
}
