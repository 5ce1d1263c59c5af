/** What an EHLO reply says, on both sides. RFC 5321 §4.1.1.1. */
import { mechanismNames } from '../sasl/sasl.ts'
import { type Reply, reply } from './reply.ts'
import type { ServerOptions, Session } from './server-types.ts'

/** Our reply to EHLO. What is offered depends on whether TLS is active. */
export function ehloReply(session: Session, options: ServerOptions): Reply {
  const { extensions } = options
  const lines = [options.hostname, 'PIPELINING', `SIZE ${options.maxMessageBytes}`]
  if (startTlsOffered(session, options)) lines.push('STARTTLS')
  if (authOffered(session, options)) lines.push(`AUTH ${mechanismNames.join(' ')}`)
  lines.push('8BITMIME', 'ENHANCEDSTATUSCODES')
  if (extensions.dsn) lines.push('DSN')
  if (extensions.smtpUtf8) lines.push('SMTPUTF8')
  if (extensions.chunking) lines.push('CHUNKING')
  if (extensions.requireTls && session.tls !== null) lines.push('REQUIRETLS')
  return reply(250, null, ...lines)
}

/** The commands that a client can use now, for HELP. RFC 5321 §4.1.1.8. */
export function offeredCommands(session: Session, options: ServerOptions): readonly string[] {
  const verbs = ['EHLO', 'HELO', 'MAIL', 'RCPT', 'DATA']
  if (options.extensions.chunking) verbs.push('BDAT')
  verbs.push('RSET', 'NOOP', 'QUIT', 'VRFY', 'HELP')
  if (startTlsOffered(session, options)) verbs.push('STARTTLS')
  if (authOffered(session, options)) verbs.push('AUTH')
  return verbs
}

/** RFC 3207 §4.2: not offered again once TLS is active. */
function startTlsOffered(session: Session, options: ServerOptions): boolean {
  return options.tls === 'starttls' && session.tls === null
}

/** RFC 4954 §4: passwords only over TLS, and only once. */
function authOffered(session: Session, options: ServerOptions): boolean {
  return options.auth !== 'off' && session.user === null && mayLogIn(session, options)
}

/** Whether a password would be safe here, or is none: where any is taken, none protects anything. */
export function mayLogIn({ tls }: Session, { auth }: ServerOptions): boolean {
  return tls !== null || auth === 'any'
}

/** Extensions of a server that was greeted with HELO. */
export const noExtensions: Extensions = {
  pipelining: false,
  eightBitMime: false,
  smtpUtf8: false,
  starttls: false,
  dsn: false,
  enhancedStatusCodes: false,
  chunking: false,
  requireTls: false,
  size: null,
  auth: [],
  all: [],
}

/**
 * Reads what a server offers. Lines that are no keyword are passed over. RFC 5321 §4.1.1.1.
 *
 * Two forms that no RFC has are read, too, because servers have only these: a tab where a space
 * belongs, and `AUTH=LOGIN`, as it was written before RFC 2554.
 */
export function parseExtensions(ehlo: Reply): Extensions {
  const all: { keyword: string; parameters: string }[] = []
  for (const line of ehlo.lines.slice(1)) {
    const text = line.replace(/^AUTH=/i, 'AUTH ')
    const [, keyword, parameters = ''] =
      /^([A-Za-z0-9][A-Za-z0-9-]*)(?:[ \t]+(.*))?$/.exec(text) ?? []
    if (keyword !== undefined) all.push({ keyword: keyword.toUpperCase(), parameters })
  }
  const has = (keyword: string): boolean => all.some((offer) => offer.keyword === keyword)
  const size = all.find((offer) => offer.keyword === 'SIZE')?.parameters
  return {
    pipelining: has('PIPELINING'),
    eightBitMime: has('8BITMIME'),
    smtpUtf8: has('SMTPUTF8'),
    starttls: has('STARTTLS'),
    dsn: has('DSN'),
    enhancedStatusCodes: has('ENHANCEDSTATUSCODES'),
    chunking: has('CHUNKING'),
    requireTls: has('REQUIRETLS'),
    // RFC 1870 §4: without a number, or with 0, there is no fixed limit.
    size: size === undefined ? null : /^\d{1,20}$/.test(size) ? Number(size) : 0,
    auth: mechanismsIn(all.filter((offer) => offer.keyword === 'AUTH')),
    all,
  }
}

/** Each once, in the order of the server: many have both forms of the line, with the same names. */
function mechanismsIn(offers: Extensions['all']): readonly string[] {
  const names = offers.flatMap(({ parameters }) => parameters.toUpperCase().split(/[ \t]+/))
  return Array.from(new Set(names.filter((name) => name !== '')))
}

/** What a server offered in its EHLO reply. All false or null after HELO. */
export interface Extensions {
  readonly pipelining: boolean
  readonly eightBitMime: boolean
  readonly smtpUtf8: boolean
  readonly starttls: boolean
  readonly dsn: boolean
  readonly enhancedStatusCodes: boolean
  readonly chunking: boolean
  /** RFC 8689 §2; it counts over TLS alone. */
  readonly requireTls: boolean
  /** `null`: not offered. 0: offered without a fixed limit. RFC 1870 §4. */
  readonly size: number | null
  /** Mechanism names in upper case, each once. */
  readonly auth: readonly string[]
  /** Every keyword in upper case, with its parameters as sent; `AUTH=X` is `AUTH` with `X`. */
  readonly all: readonly { readonly keyword: string; readonly parameters: string }[]
}
