import { encodeBase64 } from '../../base/base64.ts'
import { decodedBody } from '../../mime/body.ts'
import type { Part } from '../../mime/part.ts'

/** How many octets of pictures a page of HTML brings along. */
const maxPictures = 20 * 1024 * 1024

/**
 * The policy under which the HTML of a stranger is shown: it runs nothing, sends nothing and opens
 * nothing, and fetches only what a person asked for.
 */
export function htmlPolicy(remote: boolean): string {
  const from = remote ? 'data: https: http:' : 'data:'
  return [
    'sandbox',
    "default-src 'none'",
    `img-src ${from}`,
    `media-src ${from}`,
    `font-src ${from}`,
    `style-src 'unsafe-inline'${remote ? ' https: http:' : ''}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'self'",
  ].join('; ')
}

/**
 * HTML with the pictures that the message brings along (RFC 2392: `cid:` names a part). They are put
 * into it: what is shown in a sandbox has no session to fetch them with. Unless what is remote is
 * wanted, no `<link>` stays: a policy does not keep it from connecting ahead.
 */
export function shownHtml(
  html: string,
  from: { readonly message: Uint8Array; readonly parts: readonly Part[]; readonly remote: boolean },
): string {
  const { message, parts, remote } = from
  const byId = new Map(parts.map((part) => [part.contentId, part]))
  let left = maxPictures
  const shown = html.replace(/\bcid:([^\s"'<>()\\]{1,500})/gi, (whole, id: string) => {
    const part = byId.get(percentDecoded(id))
    if (part === undefined || !part.type.startsWith('image/') || part.size > left) return whole
    left -= part.size
    return `data:${part.type};base64,${encodeBase64(decodedBody(message, part))}`
  })
  return remote ? shown : shown.replace(/<link(?![a-z0-9-])/gi, '<x-link')
}

function percentDecoded(id: string): string {
  try {
    return decodeURIComponent(id)
  } catch {
    // It is no UTF-8: then it is no name of a part either.
    return id
  }
}
