import { isAscii } from '../base/octets.ts'
import { bad, ok, type Result } from '../base/result.ts'
import { isAddressLiteral } from './address-literal.ts'
import {
  type AddressRemark,
  type Mailbox,
  formatMailbox,
  readMailDomain,
  readMailbox,
  utf8Length,
} from './mailbox.ts'

/** Who sent it: a mailbox, or `<>` for reports about mail, which must never be answered. */
export type ReversePath =
  | { readonly type: 'null' }
  | { readonly type: 'mailbox'; readonly mailbox: Mailbox }

/** Who gets it: a mailbox, or `<Postmaster>` of this host. */
export type ForwardPath =
  | { readonly type: 'postmaster' }
  | { readonly type: 'mailbox'; readonly mailbox: Mailbox }

/** A path at the start of a text. */
export interface ReadPath<P> {
  readonly path: P
  /** The text had octets outside ASCII, so it needs SMTPUTF8 (RFC 6531 §3.3). */
  readonly utf8: boolean
  /** Where the address goes beyond RFC 5321; empty when it does not. */
  readonly remarks: readonly AddressRemark[]
  /** What stands behind the `>`. */
  readonly rest: string
}

/** Octets of a path with its brackets. RFC 5321 §4.5.3.1.3. */
const maxPathOctets = 256

/** Reads the reverse path at the start of `text`: `<>` or `<mailbox>`. RFC 5321 §4.1.2. */
export function readReversePath(text: string): Result<ReadPath<ReversePath>> {
  if (text.startsWith('<>')) {
    return ok({ path: { type: 'null' }, utf8: false, remarks: [], rest: text.slice(2) })
  }
  return readMailboxPath(text)
}

/**
 * Reads the forward path at the start of `text`: `<mailbox>` or `<Postmaster>` in any case.
 * RFC 5321 §4.1.1.3.
 */
export function readForwardPath(text: string): Result<ReadPath<ForwardPath>> {
  const postmaster = '<postmaster>'
  if (text.slice(0, postmaster.length).toLowerCase() === postmaster) {
    const rest = text.slice(postmaster.length)
    return ok({ path: { type: 'postmaster' }, utf8: false, remarks: [], rest })
  }
  if (text.startsWith('<>')) return bad('the path is empty')
  return readMailboxPath(text)
}

/** Reads a whole reverse path, brackets included. */
export function parseReversePath(text: string): Result<ReversePath> {
  return whole(readReversePath(text))
}

/** Reads a whole forward path, brackets included. */
export function parseForwardPath(text: string): Result<ForwardPath> {
  return whole(readForwardPath(text))
}

/** The path on the wire, brackets included, source routes gone. */
export function formatPath(path: ReversePath | ForwardPath): string {
  switch (path.type) {
    case 'null':
      return '<>'
    case 'postmaster':
      return '<Postmaster>'
    case 'mailbox':
      return `<${formatMailbox(path.mailbox)}>`
  }
}

function whole<P>(read: Result<ReadPath<P>>): Result<P> {
  if (!read.ok) return read
  return read.value.rest === '' ? ok(read.value.path) : bad('text follows the closing bracket')
}

type MailboxPath = { readonly type: 'mailbox'; readonly mailbox: Mailbox }

function readMailboxPath(text: string): Result<ReadPath<MailboxPath>> {
  if (!text.startsWith('<')) return bad('the address must stand in angle brackets')
  const close = closingBracket(text)
  if (close < 0) return bad('the angle bracket is not closed')
  if (utf8Length(text, 0, close + 1) > maxPathOctets) {
    return bad(`the path is longer than ${maxPathOctets} octets`)
  }
  const inner = text.slice(1, close)
  const route = readSourceRoute(inner)
  if (!route.ok) return route
  const read = readMailbox(inner.slice(route.value.length))
  if (!read.ok) return read
  const { mailbox, remarks: own } = read.value
  const remarks = [...route.value.remarks, ...own]
  return ok({
    path: { type: 'mailbox', mailbox },
    utf8: !isAscii(inner),
    remarks,
    rest: text.slice(close + 1),
  })
}

interface SourceRoute {
  /** Characters before the mailbox. */
  readonly length: number
  readonly remarks: readonly AddressRemark[]
}

/** Where the `>` stands that is not inside a quoted local part. */
function closingBracket(text: string): number {
  let quoted = false
  for (let i = 1; i < text.length; i++) {
    const char = text[i]
    if (quoted && char === '\\') i++
    else if (char === '"') quoted = !quoted
    else if (char === '>' && !quoted) return i
  }
  return -1
}

/**
 * `@a,@b:` before the mailbox: checked, then ignored, as RFC 5321 §3.6.1 and appendix C ask.
 * A route holds domains only, so its first colon ends it.
 */
function readSourceRoute(inner: string): Result<SourceRoute> {
  if (!inner.startsWith('@')) return ok({ length: 0, remarks: [] })
  const colon = inner.indexOf(':')
  if (colon < 0) return bad('the source route has no address behind it')
  const remarks: AddressRemark[] = []
  for (const hop of inner.slice(0, colon).split(',')) {
    const read = hop.startsWith('@') ? readMailDomain(hop.slice(1)) : undefined
    if (read?.ok !== true || isAddressLiteral(read.value.domain)) {
      return bad('the source route is not valid')
    }
    remarks.push(...read.value.remarks)
  }
  return ok({ length: colon + 1, remarks })
}
