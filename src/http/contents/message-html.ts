import { encodeBase64 } from '../../base/base64.ts'
import { octetString } from '../../base/octets.ts'
import { decodedBody } from '../../mime/body.ts'
import type { Part } from '../../mime/part.ts'
import { decodeReferences } from '../../mime/references.ts'

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
    const part = byId.get(percentDecoded(decodeReferences(id)))
    if (part === undefined || part.size > left) return whole
    const octets = decodedBody(message, part)
    const type = pictureType(part, octets)
    if (type === undefined) return whole
    left -= part.size
    return `data:${type};base64,${encodeBase64(octets)}`
  })
  return remote ? shown : shown.replace(/<link(?![a-z0-9-])/gi, '<x-link')
}

/** What a picture is; many programs only say that it is octets (RFC 2046 §4.5.1). */
function pictureType({ type }: Part, octets: Uint8Array): string | undefined {
  if (type.startsWith('image/')) return type
  if (type !== 'application/octet-stream') return undefined
  const start = octetString(octets, 0, Math.min(octets.length, 12))
  return pictures.find(([begin]) => begin.test(start))?.[1]
}

const pictures: readonly (readonly [RegExp, string])[] = [
  [/^\x89PNG\r\n\x1a\n/, 'image/png'],
  [/^\xff\xd8\xff/, 'image/jpeg'],
  [/^GIF8[79]a/, 'image/gif'],
  [/^RIFF[^]{4}WEBP/, 'image/webp'],
]

function percentDecoded(id: string): string {
  try {
    return decodeURIComponent(id)
  } catch {
    // It is no UTF-8: then it is no name of a part either.
    return id
  }
}
