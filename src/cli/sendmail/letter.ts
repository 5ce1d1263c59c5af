import { parseMailbox } from '../../address/mailbox.ts'
import { parseForwardPath } from '../../address/path.ts'
import { concat, encodeUtf8, isAscii, octetString } from '../../base/octets.ts'
import { withCrlf } from '../../http/line-ends.ts'
import { parseAddressList } from '../../message/address-list.ts'
import { formatField, type HeaderField, unfoldedValue } from '../../message/field.ts'
import { splitMessage } from '../../message/header-reader.ts'
import type { ListedMailbox } from '../../message/listed-mailbox.ts'
import { postmarkOctets } from '../../message/submitted-header.ts'
import type { SendmailCall } from './arguments.ts'

/** A letter that is ready to be handed in. Addresses without brackets; empty for the null sender. */
export interface ReadyLetter {
  readonly from: string
  readonly to: readonly string[]
  /** Lines end with CRLF. */
  readonly octets: Uint8Array
}

export type MadeLetter =
  | { readonly type: 'ready'; readonly letter: ReadyLetter }
  /** `usage`: nobody is to get it. `data`: what is written cannot be read. */
  | { readonly type: 'wrong'; readonly what: 'usage' | 'data'; readonly problem: string }

/** What an address without a domain means. */
export interface LocalNames {
  readonly domain: string
  readonly user: string
}

/**
 * Makes a letter of what a program has written: each line ended by CRLF, names without a domain
 * completed in the envelope and in the header, From added where there is none. Bcc is taken out by
 * the server (RFC 5322 §3.6.3), which also adds Date and Message-ID.
 */
export function makeLetter(
  written: Uint8Array,
  call: Pick<SendmailCall, 'recipients' | 'fromHeader' | 'sender' | 'fullName'>,
  local: LocalNames,
): MadeLetter {
  const whole = withCrlf(withEmptyLine(written))
  const { header } = splitMessage(whole)
  const octets = whole.subarray(postmarkOctets(header))
  const { fields } = splitMessage(octets).header
  const from = qualified(call.sender ?? local.user, local.domain)
  if (from !== '' && !parseMailbox(from).ok) {
    return { type: 'wrong', what: 'usage', problem: `the sender "${from}" is no address` }
  }
  const typed = call.recipients.flatMap((text) => typedAddresses(text, local.domain))
  const named = call.fromHeader ? recipientsIn(fields, local.domain) : []
  const to = Array.from(new Set([...typed, ...named]))
  if (to.length === 0) {
    const hint = call.fromHeader ? 'To, Cc and Bcc name nobody' : 'name the recipients, or say -t'
    return { type: 'wrong', what: 'usage', problem: `nobody is to get it: ${hint}` }
  }
  const wrong = to.find((address) => !parseForwardPath(`<${address}>`).ok)
  if (wrong !== undefined) {
    return { type: 'wrong', what: 'data', problem: `"${wrong}" is no address` }
  }
  const made = completed(octets, fields, { ...local, from, fullName: call.fullName })
  return { type: 'ready', letter: { from, to, octets: made } }
}

/** What a program leaves away at the end of a header without a body. */
function withEmptyLine(octets: Uint8Array): Uint8Array {
  return octets.length === 0 || octets.at(-1) === 10 ? octets : concat([octets, encodeUtf8('\n')])
}

function qualified(address: string, domain: string): string {
  return address === '' || address.includes('@') ? address : `${address}@${domain}`
}

/** One argument may hold several addresses, with names: `Ann <ann@example.org>, bob`. */
function typedAddresses(text: string, domain: string): readonly string[] {
  const { mailboxes } = parseAddressList(text, { form: 'text' })
  if (mailboxes.length === 0) return [qualified(text.trim(), domain)]
  return mailboxes.map((one) => addressOf(one, domain))
}

function addressOf({ localPart, domain }: ListedMailbox, ours: string): string {
  const plain = /^[^\s()<>[\]:;@\\,"]+$/.test(localPart)
  const local = plain ? localPart : `"${localPart.replace(/["\\]/g, '\\$&')}"`
  return `${local}@${domain === '' ? ours : domain}`
}

/** RFC 5322 §3.6.6: who sends something again names those whom it is for in the Resent fields. */
function recipientsIn(fields: readonly HeaderField[], domain: string): readonly string[] {
  const resent = fields.some(({ name }) => /^resent-(?:to|cc|bcc)$/.test(name))
  const wanted = resent ? /^resent-(?:to|cc|bcc)$/ : /^(?:to|cc|bcc)$/
  return fields
    .filter(({ name }) => wanted.test(name))
    .flatMap((field) => parseAddressList(unfoldedValue(field)).mailboxes)
    .map((one) => addressOf(one, domain))
}

const addressFields =
  /^(?:from|sender|reply-to|to|cc|resent-from|resent-sender|resent-to|resent-cc)$/

/** The header with what only this machine knows: which domain a bare name is in, and who writes. */
function completed(
  octets: Uint8Array,
  fields: readonly HeaderField[],
  by: LocalNames & { readonly from: string; readonly fullName: string | undefined },
): Uint8Array {
  const pieces: Uint8Array[] = []
  if (!fields.some(({ name }) => name === 'from')) {
    const author = by.from === '' ? `${by.user}@${by.domain}` : by.from
    pieces.push(encodeUtf8(formatField('From', named(by.fullName ?? '', author))))
  }
  let end = 0
  for (const field of fields) {
    const anew = addressFields.test(field.name) ? qualifiedField(field, by.domain) : undefined
    if (anew === undefined) continue
    const start = field.raw.byteOffset - octets.byteOffset
    pieces.push(octets.subarray(end, start), encodeUtf8(anew))
    end = start + field.raw.length
  }
  return concat([...pieces, octets.subarray(end)])
}

/** The field with its bare names completed; `undefined` where it has none, or cannot be read. */
function qualifiedField(field: HeaderField, domain: string): string | undefined {
  const { mailboxes, problems, groups } = parseAddressList(unfoldedValue(field))
  const broken = problems.some(
    ({ type, ...one }) => type === 'error' && one.what !== 'missing-domain',
  )
  if (broken || groups.length > 0) return undefined
  if (!mailboxes.some((one) => one.domain === '' && one.localPart !== '')) return undefined
  // As it is written, without its colon.
  const name = octetString(field.raw.subarray(0, field.raw.indexOf(colon))).trim()
  const values = mailboxes.map((one, at) => {
    const text = named(one.displayName || one.comment, addressOf(one, domain))
    return at < mailboxes.length - 1 ? `${text},` : text
  })
  return formatField(name, values)
}

const colon = 58

/** `"Ann Smith" <ann@example.org>`; the address alone without a name. */
function named(name: string, address: string): string {
  const clean = name.replace(/[\p{Cc}]+/gu, ' ').trim()
  if (clean === '') return address
  return `${phrase(clean)} <${address}>`
}

/** RFC 5322 §3.2.5, RFC 2047 §5. */
function phrase(name: string): string {
  if (isAscii(name)) {
    return name.startsWith('=?') || /^[\w !#$%&'*+/=?^`{|}~-]+$/.test(name)
      ? name
      : `"${name.replace(/["\\]/g, '\\$&')}"`
  }
  const words: string[] = []
  let word = ''
  for (const character of name) {
    if (encodeUtf8(word + character).length > 42) {
      words.push(word)
      word = ''
    }
    word += character
  }
  return [...words, word]
    .map((one) => `=?utf-8?B?${Buffer.from(one).toString('base64')}?=`)
    .join(' ')
}
