import { type Domain, parseDomain } from '../address/domain.ts'
import { decodeUtf8 } from '../base/octets.ts'

/** A place for reports, from `rua` or `ruf`. RFC 9989 §4.6, §4.8. */
export interface ReportUri {
  /** Without the obsolete size. */
  readonly uri: string
  /** Lower case; a receiver ignores schemes that it does not support. */
  readonly scheme: string
  /** Where reports would go: the domain of a `mailto:` address, the host of other URIs. */
  readonly host: Domain | null
  /** The address of a `mailto:` URI, percent-decoded. */
  readonly mailbox: string | null
  /** What stood behind `!`: RFC 7489's size limit, which RFC 9989 §4.8 tells reporters to ignore. */
  readonly size: string | null
}

// RFC 3986 appendix A, without `!` and `,`, which RFC 9989 §4.8 wants encoded.
const uriText = /^([A-Za-z][A-Za-z0-9+.-]*):(?:[A-Za-z0-9\-._~:/?#[\]@$&'()*+;=]|%[0-9A-Fa-f]{2})*$/
const sizeText = /!([0-9]{1,20}[kmgt]?)$/i

/** Reads one element of a list of URIs; `undefined` when it is not a URI. */
export function parseReportUri(text: string): ReportUri | undefined {
  const trimmed = text.trim()
  const size = sizeText.exec(trimmed)
  const uri = size === null ? trimmed : trimmed.slice(0, size.index)
  const scheme = uriText.exec(uri)?.[1]?.toLowerCase()
  if (scheme === undefined) return undefined
  const rest = uri.slice(scheme.length + 1)
  const mailbox = scheme === 'mailto' ? mailtoAddress(rest) : null
  const host = scheme === 'mailto' ? mailbox?.slice(mailbox.lastIndexOf('@') + 1) : hostOf(rest)
  return {
    uri,
    scheme,
    host: host === undefined ? null : (parseDomain(host) ?? null),
    mailbox,
    size: size?.[1] ?? null,
  }
}

/** RFC 6068 §2: the part before `?`, percent-encoded. Several addresses are none to report to. */
function mailtoAddress(rest: string): string | null {
  const to = decodePercent(rest.split('?', 1)[0] ?? '')
  if (to === undefined || /[\x00-\x20\x7f,]/.test(to)) return null
  const at = to.lastIndexOf('@')
  return at > 0 && parseDomain(to.slice(at + 1)) !== undefined ? to : null
}

/** The host of the authority, RFC 3986 §3.2.2. */
function hostOf(rest: string): string | undefined {
  const authority = /^\/\/([^/?#]*)/.exec(rest)?.[1]
  return authority?.slice(authority.lastIndexOf('@') + 1).replace(/:[0-9]*$/, '')
}

function decodePercent(text: string): string | undefined {
  if (!text.includes('%')) return text
  const octets = new Uint8Array(text.length)
  let length = 0
  for (let i = 0; i < text.length; i++) {
    const escaped = text.charCodeAt(i) === 37
    octets[length++] = escaped ? Number.parseInt(text.slice(i + 1, i + 3), 16) : text.charCodeAt(i)
    if (escaped) i += 2
  }
  return decodeUtf8(octets.subarray(0, length))
}
