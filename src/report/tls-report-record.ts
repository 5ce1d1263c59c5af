import { type Domain, parseDomain } from '../address/domain.ts'
import { formatMailbox, parseMailbox } from '../address/mailbox.ts'
import { parseIp } from '../base/ip.ts'
import { decodeUtf8, octetsOf } from '../base/octets.ts'
import { bad, ok, type Result } from '../base/result.ts'
import {
  type FieldRecordAnswer,
  type FieldRecordReason,
  lookupFieldRecord,
  quoted,
  readFieldRecord,
  type RecordRefusal,
  trimSpace,
} from '../dns/field-record.ts'
import type { Resolver } from '../dns/resolver.ts'

/** A place that TLS reports may be sent to. RFC 8460 §3, `rua`. */
export type TlsReportDestination =
  /** `mailbox` is the address, percent-decoded. */
  | { readonly type: 'mailto'; readonly uri: string; readonly mailbox: string }
  /** `host` is a domain name in lower case, or an address, that of IPv6 in brackets. */
  | { readonly type: 'https'; readonly uri: string; readonly host: string }

/** The record at `_smtp._tls.` of a domain: it wants reports. Plain data. */
export interface TlsReportRecord {
  /** At least one, in the order of the text. A report has arrived when one of them took it. */
  readonly rua: readonly TlsReportDestination[]
  /** URIs that nothing can be sent to: of other schemes, or without one address or host. */
  readonly unusable: readonly string[]
  /** Names of fields that RFC 8460 does not know, once each. They are ignored. */
  readonly unknown: readonly string[]
}

export type TlsReportRecordReason =
  | FieldRecordReason
  | 'missing-rua'
  /** Something in `rua` is no URI. */
  | 'bad-rua'
  /** No URI in `rua` is one of `mailto:` or `https:` that something can be sent to. */
  | 'no-destination'

const tlsReportVersion = 'v=TLSRPTv1'

// RFC 3986 appendix A, without "!", "," and ";", which RFC 8460 §3 wants encoded. Square brackets
// stand in the authority only.
const uriText =
  /^([A-Za-z][A-Za-z0-9+.-]*):(?:\/\/([^/?#]*))?((?:[\w\-.~:/?@$&'()*+=]|%[0-9A-Fa-f]{2})*)(?:#(?:[\w\-.~:/?@$&'()*+=]|%[0-9A-Fa-f]{2})*)?$/
const authorityText =
  /^(?:(?:[\w\-.~:$&'()*+=]|%[0-9A-Fa-f]{2})*@)?(\[[0-9A-Fa-f:.]+\]|(?:[\w\-.~$&'()*+=]|%[0-9A-Fa-f]{2})*)(?::[0-9]*)?$/

/**
 * Reads a record of TLS reporting. RFC 8460 §3.
 *
 * The version comes first, the order of the others is free; case counts in names. `rua` may stand
 * several times, and each may be a list.
 *
 * @param text the character-strings of the record joined, as an octet string
 */
export function readTlsReportRecord(
  text: string,
): Result<TlsReportRecord, RecordRefusal<TlsReportRecordReason>> {
  const fields = readFieldRecord(text, { version: tlsReportVersion, ownValues: ['rua'] })
  if (!fields.ok) return fields
  const rua: TlsReportDestination[] = []
  const unusable: string[] = []
  const unknown = new Set<string>()
  for (const { name, value } of fields.value) {
    if (name !== 'rua') {
      unknown.add(name)
      continue
    }
    // White space may stand around each comma. Some records have it at their end too; unlike RFC
    // 8461, RFC 8460 has no rule that such a record is to be refused.
    for (const piece of value.split(',')) {
      const uri = trimSpace(piece)
      const parts = uriParts(uri)
      if (parts === undefined) {
        return bad({ reason: 'bad-rua', text: `rua has ${quoted(uri)}, which is no URI.` })
      }
      const destination = destinationOf(parts)
      if (destination === undefined) unusable.push(uri)
      else rua.push(destination)
    }
  }
  const [other] = unusable
  if (rua.length > 0) return ok({ rua, unusable, unknown: Array.from(unknown) })
  if (other === undefined) return bad({ reason: 'missing-rua', text: 'It has no rua.' })
  return bad({
    reason: 'no-destination',
    text: `rua has ${quoted(other)} and no place by mailto: or https: to send to.`,
  })
}

/** What stands at `_smtp._tls.` of a domain. Only `record` asks for reports. */
export type TlsReportRecordAnswer = FieldRecordAnswer<TlsReportRecord, TlsReportRecordReason>

/**
 * Asks whether `domain` wants TLS reports, and where. One question to DNS.
 *
 * @param domain the policy domain: that of the recipients, or of the MX host for DANE
 * @see RFC 8460 §3
 */
export function lookupTlsReportRecord(
  domain: Domain,
  resolver: Resolver,
): Promise<TlsReportRecordAnswer> {
  const name = `_smtp._tls.${domain}`
  const question = { name, version: tlsReportVersion, read: readTlsReportRecord }
  return lookupFieldRecord(question, resolver)
}

interface UriParts {
  readonly uri: string
  readonly scheme: string
  /** Without user and port; `undefined` when the URI has no authority. */
  readonly host: string | undefined
  /** Path and query. */
  readonly rest: string
}

function uriParts(uri: string): UriParts | undefined {
  const [, scheme, authority, rest = ''] = uriText.exec(uri) ?? []
  if (scheme === undefined) return undefined
  const host = authority === undefined ? undefined : authorityText.exec(authority)?.[1]
  if (authority !== undefined && host === undefined) return undefined
  return { uri, scheme: scheme.toLowerCase(), host, rest }
}

function destinationOf(parts: UriParts): TlsReportDestination | undefined {
  const { uri, scheme } = parts
  if (scheme === 'mailto') {
    const mailbox = parts.host === undefined ? mailtoAddress(parts.rest) : undefined
    return mailbox === undefined ? undefined : { type: 'mailto', uri, mailbox }
  }
  if (scheme !== 'https') return undefined
  const host = hostOf(parts.host ?? '')
  return host === undefined ? undefined : { type: 'https', uri, host }
}

/** RFC 6068 §2: the part before `?`, percent-encoded UTF-8. Several addresses are none to send to. */
function mailtoAddress(rest: string): string | undefined {
  const [to = ''] = rest.split('?', 1)
  const octets = to.replace(/%([0-9A-Fa-f]{2})/g, (_, hex) => {
    return String.fromCharCode(Number.parseInt(hex, 16))
  })
  const mailbox = parseMailbox(decodeUtf8(octetsOf(octets)) ?? '')
  return mailbox.ok ? formatMailbox(mailbox.value) : undefined
}

function hostOf(host: string): string | undefined {
  if (!host.startsWith('[')) return parseDomain(host)
  const address = parseIp(host.slice(1, -1))
  return address?.family === 6 ? host.toLowerCase() : undefined
}
