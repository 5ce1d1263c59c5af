/**
 * Replies: their shape, and every text we send. The texts reveal nothing of our inside.
 * RFC 5321 §4.2, RFC 2034, RFC 3463, RFC 5248.
 */

/** A reply, to be sent or as it was received. */
export interface Reply {
  /** 200 to 599. */
  readonly code: number
  /**
   * `2.1.5`, class as in `code`. `null` where RFC 2034 §4 wants none (greeting, EHLO and HELO, 3xx)
   * and where a peer sent none.
   */
  readonly enhanced: string | null
  /** Text lines without code and enhanced code; at least one, maybe empty. */
  readonly lines: readonly string[]
}

/** A reply of one or more lines. */
export function reply(code: number, enhanced: string | null, ...lines: string[]): Reply {
  return { code, enhanced, lines: lines.length === 0 ? [''] : lines }
}

/** The reply with a reference behind its text, for a person to ask about. */
export function withReference(answer: Reply, reference: string): Reply {
  const last = answer.lines.length - 1
  const lines = answer.lines.map((line, i) =>
    i === last ? `${ended(line)} Ref ${reference}` : line,
  )
  return { ...answer, lines }
}

/** A sentence has its end before another begins. */
function ended(line: string): string {
  return /[\p{L}\p{N})]$/u.test(line) ? `${line}.` : line
}

export function greeting(hostname: string, text: string): Reply {
  return reply(220, null, `${hostname} ESMTP${text === '' ? '' : ` ${text}`}`)
}

export function heloAccepted(hostname: string): Reply {
  return reply(250, null, hostname)
}

export function challenge(base64: string): Reply {
  return reply(334, null, base64)
}

// What went well.

export const readyForTls: Reply = reply(220, '2.0.0', 'Ready to start TLS')
export const goodbye: Reply = reply(221, '2.0.0', 'Goodbye')
export const authenticated: Reply = reply(235, '2.7.0', 'Authentication succeeded')
export const done: Reply = reply(250, '2.0.0', 'OK')
export const senderAccepted: Reply = reply(250, '2.1.0', 'Sender OK')
export const recipientAccepted: Reply = reply(250, '2.1.5', 'Recipient OK')
export const messageAccepted: Reply = reply(250, '2.0.0', 'Message accepted')
export const chunkAccepted: Reply = reply(250, '2.0.0', 'Chunk received')
export const cannotVerify: Reply = reply(
  252,
  '2.0.0',
  'Addresses are not verified here; send the message and see',
)
/** @param commands the verbs that are offered */
export function help(commands: readonly string[]): Reply {
  const rules = 'Lines end with CRLF. The rules are in RFC 5321.'
  return reply(214, '2.0.0', commands.join(' '), rules)
}
export const startMessage: Reply = reply(354, null, 'Send the message, end with <CRLF>.<CRLF>')

// Why we hang up.

export const timedOut: Reply = reply(421, '4.4.2', 'Nothing came for too long, closing')
export const messageTimedOut: Reply = reply(421, '4.4.2', 'The message came too slowly, closing')
export const shuttingDown: Reply = reply(421, '4.3.2', 'The service is going down, try again soon')
export const tooManyErrors: Reply = reply(421, '4.7.0', 'Too many errors, closing')
export const tooManyCommands: Reply = reply(421, '4.7.0', 'Too many commands without mail, closing')
export const tooManyRejections: Reply = reply(421, '4.7.0', 'Too much was refused, closing')
export const tooManyLogins: Reply = reply(421, '4.7.0', 'Too many failed log-ins, closing')
export const tooMuchAtOnce: Reply = reply(421, '4.7.0', 'Too many commands at once, closing')
export const endlessLine: Reply = reply(421, '4.7.0', 'The line has no end, closing')
export const earlyTalker: Reply = reply(554, '5.5.1', 'Wait for the greeting before you speak')
export const notWeb: Reply = reply(502, '5.7.0', 'This is a mail server, not a web server')
export const notTlsYet: Reply = reply(500, '5.5.2', 'TLS starts with the STARTTLS command here')
export const unreadableChunk: Reply = reply(501, '5.5.4', 'BDAT <octets> [LAST] expected, closing')

// Lines that are no commands.

export const lineTooLong: Reply = reply(500, '5.5.2', 'The line is too long')
export const authLineTooLong: Reply = reply(500, '5.5.6', 'The authentication line is too long')
export const lineNotEnded: Reply = reply(
  500,
  '5.5.2',
  'Lines end with CRLF; a CR or LF alone is not allowed',
)
export const nulInCommand: Reply = reply(500, '5.5.2', 'A NUL is not allowed in a command')
export const controlInCommand: Reply = reply(
  500,
  '5.5.2',
  'Control characters are not allowed in a command',
)
export const notUtf8: Reply = reply(500, '5.5.2', 'The command is neither ASCII nor UTF-8')
export const notAscii: Reply = reply(500, '5.5.2', 'Only addresses may hold letters beyond ASCII')
export const unknownCommand: Reply = reply(500, '5.5.1', 'Unknown command')
export const notImplemented: Reply = reply(502, '5.5.1', 'Command not implemented')
export const noParameters: Reply = reply(501, '5.5.4', 'This command takes no parameters')
export const nameExpected: Reply = reply(501, '5.5.4', 'Your host name expected, one word')
export const addressExpected: Reply = reply(501, '5.5.4', 'An address or name expected')

export const mailExpected: Reply = reply(501, '5.5.2', 'MAIL FROM:<address> expected')
export const rcptExpected: Reply = reply(501, '5.5.2', 'RCPT TO:<address> expected')
export const spaceAfterColon: Reply = reply(501, '5.5.2', 'No space is allowed after the colon')

export function badSender(problem: string): Reply {
  return reply(501, '5.1.7', `Bad sender address: ${problem}`)
}

export function badRecipient(problem: string): Reply {
  return reply(501, '5.1.3', `Bad recipient address: ${problem}`)
}

export function unknownParameter(keyword: string): Reply {
  return reply(555, '5.5.4', `Parameter ${keyword} is not known here`)
}

export function badParameter(keyword: string, problem: string): Reply {
  return reply(501, '5.5.4', `Bad parameter ${keyword}: ${problem}`)
}

// What is out of order.

export const refusedSession: Reply = reply(503, '5.5.1', 'You were refused; only QUIT is left')
export const ehloFirst: Reply = reply(503, '5.5.1', 'EHLO or HELO first')
export const mailFirst: Reply = reply(503, '5.5.1', 'MAIL first')
export const nestedMail: Reply = reply(
  503,
  '5.5.1',
  'A sender was already given; RSET to start anew',
)
export const noRecipients: Reply = reply(554, '5.5.1', 'No valid recipients')
export const chunksBegun: Reply = reply(503, '5.5.1', 'The message was begun with BDAT')
export const tlsAlready: Reply = reply(503, '5.5.1', 'TLS is already active')
export const tlsNotOffered: Reply = reply(502, '5.5.1', 'TLS is not offered here')
export const authNotOffered: Reply = reply(502, '5.5.1', 'Authentication is not offered here')
export const authAlready: Reply = reply(503, '5.5.1', 'You are already authenticated')
export const authInMail: Reply = reply(503, '5.5.1', 'Authenticate before MAIL')
export const ehloForAuth: Reply = reply(503, '5.5.1', 'AUTH needs EHLO')

// Authentication.

export const startTlsFirst: Reply = reply(530, '5.7.0', 'Issue STARTTLS first')
export const authRequired: Reply = reply(530, '5.7.0', 'Authentication required')
export const encryptionRequired: Reply = reply(538, '5.7.11', 'Encryption is required for AUTH')
export const unknownMechanism: Reply = reply(504, '5.5.4', 'Unknown authentication mechanism')
export const mechanismExpected: Reply = reply(501, '5.5.4', 'AUTH <mechanism> [response] expected')
export const authCancelled: Reply = reply(501, '5.7.0', 'Authentication cancelled')
export const notBase64: Reply = reply(501, '5.5.2', 'The response is not base64')
export const badResponse: Reply = reply(501, '5.5.2', 'The response does not fit the mechanism')

// Limits and content.

export const tooManyRecipients: Reply = reply(452, '4.5.3', 'Too many recipients')
export const utf8NotAnnounced: Reply = reply(
  553,
  '5.6.7',
  'The address is not ASCII, and MAIL had no SMTPUTF8',
)
export const utf8NotOffered: Reply = reply(
  553,
  '5.6.7',
  'Addresses beyond ASCII are not taken here',
)

export function messageTooBig(maxBytes: number): Reply {
  const text = `The message is too big: at most ${maxBytes} octets are taken; send it in parts, or as a link`
  return reply(552, '5.3.4', text)
}

export const bareNewline: Reply = reply(
  550,
  '5.6.0',
  'The message has a CR or LF alone; lines must end with CRLF (RFC 5321 section 2.3.8)',
)

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
