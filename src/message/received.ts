import { isAscii } from '../base/octets.ts'
import { formatDate } from './date.ts'
import { type HeaderField, formatField, oneLine } from './field.ts'

/** RFC 5321 §4.4: the server that makes the final delivery writes the reverse-path down. */
export function returnPath(mailFrom: string): string {
  return `Return-Path: <${mailFrom}>\r\n`
}

/** The protocol as it was spoken, which decides the keyword behind `with`. */
export interface ReceivedProtocol {
  /** EHLO, not HELO. */
  readonly extended: boolean
  readonly tls: boolean
  readonly authenticated: boolean
  /** SMTPUTF8 was asked for this message (RFC 6531). */
  readonly utf8: boolean
}

/** What a Received field says. All text may be hostile: it is cleaned here. */
export interface ReceivedFacts {
  /** Who handed the message over; absent for mail that was made here. */
  readonly from?: {
    /** What the client called itself in HELO or EHLO; empty when it came another way. */
    readonly helo: string
    /** Its address as text. */
    readonly ip: string
    /** Its name, when PTR and address records agree on it. */
    readonly verifiedName?: string
  }
  /** Our host name. */
  readonly by: string
  readonly protocol?: ReceivedProtocol
  /** `TLSv1.3`, and the cipher in the words of the TLS library. */
  readonly tls?: { readonly version: string; readonly cipher?: string }
  readonly id: string
  /** The recipient, only when there is just one (RFC 5321 §7.2: others must not be shown). */
  readonly for?: string
  /** Milliseconds since 1970, and minutes ahead of UTC. */
  readonly now: number
  readonly offsetMinutes?: number
}

/**
 * Formats the trace field that is put on top of a message, folded, with its final CRLF.
 *
 *     Received: from mx.north.example (mail.north.example [192.0.2.10])
 *      by mx.south.example (Waybill) with ESMTPS
 *      (TLSv1.3 TLS_AES_256_GCM_SHA384) id 01jd7q4m3kxw2v0a
 *      for <receiver@south.example>; Mon, 23 Nov 2026 18:29:07 +0000
 *
 * @see RFC 5321 §4.4
 */
export function formatReceived(facts: ReceivedFacts): string {
  const lines: string[] = []
  if (facts.from !== undefined) lines.push(fromClause(facts.from))
  const spoken = facts.protocol === undefined ? '' : ` with ${protocolKeyword(facts.protocol)}`
  lines.push(`by ${nameOr(facts.by, 'localhost')} (Waybill)${spoken}`)
  const id = `id ${oneLine(facts.id, 100).replace(/[^A-Za-z0-9._-]/g, '-')}`
  lines.push(facts.tls === undefined ? id : `(${tlsComment(facts.tls)}) ${id}`)
  const path = facts.for === undefined ? undefined : printablePath(facts.for)
  if (path !== undefined) lines.push(`for ${path}`)
  const last = lines.pop() ?? ''
  lines.push(`${last}; ${formatDate(facts.now, facts.offsetMinutes ?? 0)}`)
  return formatField('Received', lines)
}

/**
 * The keyword of RFC 3848, or of RFC 6531 §4.3 when SMTPUTF8 was used: `ESMTPSA` is ESMTP over TLS
 * by someone who logged in. HELO knows no extension, so plain `SMTP` stands alone.
 */
export function protocolKeyword(protocol: ReceivedProtocol): string {
  if (!protocol.extended) return 'SMTP'
  const base = protocol.utf8 ? 'UTF8SMTP' : 'ESMTP'
  return `${base}${protocol.tls ? 'S' : ''}${protocol.authenticated ? 'A' : ''}`
}

/** How many Received fields there are: as many hops, or as many lies (RFC 5321 §6.3). */
export function countReceived(fields: readonly HeaderField[]): number {
  let count = 0
  for (const field of fields) if (field.name === 'received') count++
  return count
}

function fromClause(from: NonNullable<ReceivedFacts['from']>): string {
  const literal = addressLiteral(from.ip)
  const name = from.verifiedName === undefined ? '' : nameOr(from.verifiedName, '')
  const tcpInfo = name === '' ? literal : `${name} ${literal}`
  // RFC 6531 §3.7.1: the name is in A-labels. What is not has no place in a header of ASCII.
  const helo = isAscii(from.helo) ? nameOr(from.helo, '') : ''
  if (helo !== '') return `from ${helo} (${tcpInfo})`
  if (from.helo === '') return `from ${literal} (${tcpInfo})`
  // RFC 5321 §4.1.4: a client without a valid name is accepted, and is called by its address here.
  return `from ${literal} (${tcpInfo}) (it said ${commentText(asciiOnly(from.helo), 100)})`
}

function asciiOnly(text: string): string {
  return text.replace(/[^\x00-\x7f]/g, '?')
}

/** A domain or an address literal as it stands, or `otherwise` when the text is neither. */
function nameOr(text: string, otherwise: string): string {
  if (text.length > 255) return otherwise
  const domain = /^[\p{L}\p{M}\p{N}_](?:[\p{L}\p{M}\p{N}._-]*[\p{L}\p{M}\p{N}_])?$/u
  const literal = /^\[[\x21-\x5a\x5e-\x7e]+\]$/
  return domain.test(text) || literal.test(text) ? text : otherwise
}

/** RFC 5321 §4.1.3. */
function addressLiteral(ip: string): string {
  // What stands behind a percent sign is an interface of ours: its letters are no digits of it.
  const [address = ''] = ip.split('%')
  const clean = oneLine(address, 60).replace(/[^0-9a-fA-F.:]/g, '')
  return clean.includes(':') ? `[IPv6:${clean}]` : `[${clean}]`
}

function tlsComment(tls: NonNullable<ReceivedFacts['tls']>): string {
  const cipher = tls.cipher === undefined ? '' : ` ${commentText(tls.cipher, 60)}`
  return `${commentText(tls.version, 20)}${cipher}`
}

/** Text for a comment: nothing that ends it, reaches out of it, or misleads a hasty reader. */
function commentText(text: string, maxCharacters: number): string {
  return oneLine(text, maxCharacters).replace(/[()\\<>;"]/g, '?')
}

/** The address in angle brackets, or `undefined` for one that could say more than an address. */
function printablePath(address: string): string | undefined {
  if (address === '' || address.length > 320 || oneLine(address, 320) !== address) return undefined
  return /[<>;]/.test(address) ? undefined : `<${address}>`
}
