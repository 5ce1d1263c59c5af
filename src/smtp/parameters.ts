/** The parameters of MAIL and RCPT, read. RFC 5321 §4.1.1.11 and the extensions. */
import { type Mailbox, formatMailbox, parseMailbox } from '../address/mailbox.ts'
import { type Result, bad, ok } from '../base/result.ts'
import { type Reply, badParameter, unknownParameter } from './reply.ts'
import { decodeUtf8Address, decodeXtext, encodeUtf8Address, encodeXtext } from './xtext.ts'

/** What followed the path of MAIL. `null` means: not given. */
export interface MailParameters {
  /** Octets the client expects to send. RFC 1870 §6. */
  readonly size: number | null
  /** RFC 6152 §2. */
  readonly body: '7BIT' | '8BITMIME' | null
  /** RFC 6531 §3.4. */
  readonly smtpUtf8: boolean
  /** How much of the message a failure report returns. RFC 3461 §4.3. */
  readonly ret: 'FULL' | 'HDRS' | null
  /** Envelope identifier, xtext undone. RFC 3461 §4.4. */
  readonly envid: string | null
  /** Who submitted it first: `'<>'` for "not known or not trusted". RFC 4954 §5. */
  readonly auth: Mailbox | '<>' | null
  /** The message must go by TLS on all its further way. RFC 8689 §2. */
  readonly requireTls: boolean
}

/** What followed the path of RCPT. `null` means: not given. */
export interface RcptParameters {
  /** Either `['NEVER']` alone or any of the others. RFC 3461 §4.1. */
  readonly notify: readonly NotifyWhen[] | null
  /** The address the sender first meant, encoding undone. RFC 3461 §4.2, RFC 6533 §3. */
  readonly orcpt: OriginalRecipient | null
}

export type NotifyWhen = 'NEVER' | 'SUCCESS' | 'FAILURE' | 'DELAY'

export interface OriginalRecipient {
  /** `rfc822`, `utf-8`, or another registered address type, as it was spelled. */
  readonly addressType: string
  readonly address: string
}

/** Which extensions are on offer, and so which parameters are known. */
export interface OfferedParameters {
  readonly size: boolean
  readonly eightBitMime: boolean
  readonly smtpUtf8: boolean
  readonly dsn: boolean
  readonly auth: boolean
  readonly requireTls: boolean
}

export const noMailParameters: MailParameters = {
  size: null,
  body: null,
  smtpUtf8: false,
  ret: null,
  envid: null,
  auth: null,
  requireTls: false,
}

export const noRcptParameters: RcptParameters = { notify: null, orcpt: null }

// RFC 5321 §4.1.2; RFC 6531 §3.3 adds UTF-8 to esmtp-value.
const parameter = /^([A-Za-z0-9][A-Za-z0-9-]*)(?:=([!-<>-~\u0080-\uffff]+))?$/

/** Reads what follows the path of MAIL. */
export function parseMailParameters(
  rest: string,
  offered: OfferedParameters,
): Result<MailParameters, Reply> {
  const words = splitParameters(rest)
  if (!words.ok) return words
  let parameters = noMailParameters
  for (const [keyword, value] of words.value) {
    const read = readMailParameter(keyword, value, offered)
    if (!read.ok) return read
    parameters = { ...parameters, ...read.value }
  }
  return ok(parameters)
}

/** Reads what follows the path of RCPT. */
export function parseRcptParameters(
  rest: string,
  offered: OfferedParameters,
): Result<RcptParameters, Reply> {
  const words = splitParameters(rest)
  if (!words.ok) return words
  let parameters = noRcptParameters
  for (const [keyword, value] of words.value) {
    const read = readRcptParameter(keyword, value, offered)
    if (!read.ok) return read
    parameters = { ...parameters, ...read.value }
  }
  return ok(parameters)
}

type Words = ReadonlyMap<string, string | undefined>

function splitParameters(rest: string): Result<Words, Reply> {
  const words = new Map<string, string | undefined>()
  // No text may stick to the closing bracket. More than one space between parameters harms nobody.
  for (const word of rest.split(' ')) {
    if (word === '') continue
    const [, keyword, value] = parameter.exec(word) ?? []
    if (keyword === undefined) return bad(badParameter(word.slice(0, 40), 'it is malformed'))
    const name = keyword.toUpperCase()
    if (words.has(name)) return bad(badParameter(name, 'it was given twice'))
    words.set(name, value)
  }
  return ok(words)
}

function readMailParameter(
  keyword: string,
  value: string | undefined,
  offered: OfferedParameters,
): Result<Partial<MailParameters>, Reply> {
  switch (keyword) {
    case 'SIZE':
      if (!offered.size) return bad(unknownParameter(keyword))
      // RFC 1870 §6: 1*20DIGIT.
      if (value === undefined || !/^\d{1,20}$/.test(value)) return bad(wanted(keyword, 'a number'))
      return ok({ size: Number(value) })
    case 'BODY': {
      if (!offered.eightBitMime) return bad(unknownParameter(keyword))
      const body = value?.toUpperCase()
      if (body !== '7BIT' && body !== '8BITMIME') return bad(wanted(keyword, '7BIT or 8BITMIME'))
      return ok({ body })
    }
    case 'SMTPUTF8':
      if (!offered.smtpUtf8) return bad(unknownParameter(keyword))
      if (value !== undefined) return bad(wanted(keyword, 'no value'))
      return ok({ smtpUtf8: true })
    case 'RET': {
      if (!offered.dsn) return bad(unknownParameter(keyword))
      const ret = value?.toUpperCase()
      if (ret !== 'FULL' && ret !== 'HDRS') return bad(wanted(keyword, 'FULL or HDRS'))
      return ok({ ret })
    }
    case 'ENVID': {
      if (!offered.dsn) return bad(unknownParameter(keyword))
      // RFC 3461 §4.4: at most 100 characters, printable ASCII once decoded.
      const envid = value === undefined || value.length > 100 ? undefined : decodeXtext(value)
      if (envid === undefined || !/^[\x20-\x7e]+$/.test(envid)) {
        return bad(wanted(keyword, 'up to 100 characters of xtext'))
      }
      return ok({ envid })
    }
    case 'AUTH': {
      if (!offered.auth) return bad(unknownParameter(keyword))
      const auth = value === undefined ? undefined : readAuth(value)
      return auth === undefined ? bad(wanted(keyword, 'an address in xtext')) : ok({ auth })
    }
    case 'REQUIRETLS':
      if (!offered.requireTls) return bad(unknownParameter(keyword))
      if (value !== undefined) return bad(wanted(keyword, 'no value'))
      return ok({ requireTls: true })
    default:
      return bad(unknownParameter(keyword))
  }
}

function readRcptParameter(
  keyword: string,
  value: string | undefined,
  offered: OfferedParameters,
): Result<Partial<RcptParameters>, Reply> {
  if (!offered.dsn) return bad(unknownParameter(keyword))
  switch (keyword) {
    case 'NOTIFY': {
      const notify = readNotify(value ?? '')
      if (notify === undefined) {
        return bad(wanted(keyword, 'NEVER, or a list of SUCCESS, FAILURE and DELAY'))
      }
      return ok({ notify })
    }
    case 'ORCPT': {
      const orcpt = readOrcpt(value ?? '')
      return orcpt === undefined ? bad(wanted(keyword, 'type;address in xtext')) : ok({ orcpt })
    }
    default:
      return bad(unknownParameter(keyword))
  }
}

/** RFC 4954 §5: a mailbox in xtext, or `<>`. */
function readAuth(value: string): Mailbox | '<>' | undefined {
  const text = value.length > 500 ? undefined : decodeXtext(value)
  if (text === undefined) return undefined
  if (text === '<>') return text
  const mailbox = parseMailbox(text)
  return mailbox.ok ? mailbox.value : undefined
}

/** RFC 3461 §4.1: NEVER stands alone; a keyword given twice is given once. */
function readNotify(value: string): readonly NotifyWhen[] | undefined {
  const words = value.toUpperCase().split(',')
  if (words.length === 1 && words[0] === 'NEVER') return ['NEVER']
  const notify = new Set<NotifyWhen>()
  for (const word of words) {
    if (word !== 'SUCCESS' && word !== 'FAILURE' && word !== 'DELAY') return undefined
    notify.add(word)
  }
  return Array.from(notify)
}

/** RFC 3461 §4.2: at most 500 characters. */
function readOrcpt(value: string): OriginalRecipient | undefined {
  const semicolon = value.indexOf(';')
  if (semicolon < 1 || value.length > 500) return undefined
  // RFC 3461 §5.2.1 (d): no letter of it changes its case on the way.
  const addressType = value.slice(0, semicolon)
  const encoded = value.slice(semicolon + 1)
  if (!/^[A-Za-z0-9-]+$/.test(addressType)) return undefined
  const utf8 = isUtf8Type(addressType)
  const address = utf8 ? decodeUtf8Address(encoded) : decodeXtext(encoded)
  if (address === undefined || address === '') return undefined
  if (!utf8 && !/^[\x20-\x7e]+$/.test(address)) return undefined
  return { addressType, address }
}

function wanted(keyword: string, what: string): Reply {
  return badParameter(keyword, `${what} expected`)
}

/** What follows the path of MAIL: empty, or each parameter with a space before it. */
export function formatMailParameters(parameters: MailParameters): string {
  const { size, body, smtpUtf8, ret, envid, auth, requireTls } = parameters
  let text = ''
  if (size !== null) text += ` SIZE=${size}`
  if (body !== null) text += ` BODY=${body}`
  if (smtpUtf8) text += ' SMTPUTF8'
  if (ret !== null) text += ` RET=${ret}`
  if (envid !== null) text += ` ENVID=${encodeXtext(envid)}`
  if (auth !== null) text += ` AUTH=${auth === '<>' ? auth : encodeXtext(formatMailbox(auth))}`
  if (requireTls) text += ' REQUIRETLS'
  return text
}

/** What follows the path of RCPT. */
export function formatRcptParameters(parameters: RcptParameters): string {
  const { notify, orcpt } = parameters
  let text = ''
  if (notify !== null) text += ` NOTIFY=${notify.join(',')}`
  if (orcpt !== null) text += ` ORCPT=${formatOrcpt(orcpt)}`
  return text
}

/** `type;address`, in ASCII whatever the address. RFC 3461 §4.2, RFC 6533 §3. */
function formatOrcpt({ addressType, address }: OriginalRecipient): string {
  const encoded = isUtf8Type(addressType) ? encodeUtf8Address(address) : encodeXtext(address)
  return `${addressType};${encoded}`
}

/** RFC 3464 §2.1.2: types compare without case. */
function isUtf8Type(addressType: string): boolean {
  return addressType.toLowerCase() === 'utf-8'
}
