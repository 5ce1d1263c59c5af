import { displayText, octetString, octetsOf } from '../base/octets.ts'
import { decodeEncodedWords } from '../message/encoded-word.ts'
import {
  type MediaType,
  parseDisposition,
  parseMediaType,
  plainText,
} from '../message/media-type.ts'
import { harmlessName } from './file-name.ts'
import type { Part } from './part.ts'

/** How much of the header of one part is read. */
export const maxHeaderOctets: number = 1 << 18
/** How much of one of its fields is read. */
const maxFieldOctets = 1 << 14

/** What the header of a part says of it. */
export type PartFacts = Pick<
  Part,
  'type' | 'parameters' | 'encoding' | 'disposition' | 'name' | 'contentId'
>

/**
 * Reads the fields of MIME in the header of a part; of equal ones the first counts.
 *
 * @param fallback what a part without a readable Content-Type is: `message/rfc822` in a digest
 *   (RFC 2046 §5.1.5)
 */
export function readPartHeader(header: Uint8Array, fallback: MediaType = plainText): PartFacts {
  const fields = mimeFields(octetString(header, 0, Math.min(header.length, maxHeaderOctets)))
  const { type, subtype, parameters } = parseMediaType(fields.get('content-type') ?? '') ?? fallback
  const encoding = /[^\s;()]+/.exec(fields.get('content-transfer-encoding') ?? '')?.[0]
  const disposition = parseDisposition(fields.get('content-disposition') ?? '')
  const named = disposition?.parameters.get('filename') ?? parameters.get('name')
  const name = named === undefined ? undefined : harmlessName(shownText(named))
  const contentId = fields.get('content-id')?.replace(/[\s<>]/g, '')
  return {
    type: `${type}/${subtype}`,
    parameters,
    encoding: encoding?.toLowerCase() ?? '7bit',
    ...(disposition === undefined ? {} : { disposition: disposition.word }),
    ...(name === undefined ? {} : { name }),
    ...(contentId === undefined || contentId === '' ? {} : { contentId }),
  }
}

/** The values of the fields whose names begin with `content-`, unfolded; lines end with LF or CRLF. */
function mimeFields(header: string): ReadonlyMap<string, string> {
  const fields = new Map<string, string>()
  let open: { readonly name: string; value: string } | undefined
  const close = (): void => {
    if (open !== undefined && !fields.has(open.name)) fields.set(open.name, open.value)
  }
  for (const line of header.split(/\r?\n/)) {
    if (/^[ \t]/.test(line)) {
      if (open !== undefined && open.value.length < maxFieldOctets) open.value += line
      continue
    }
    close()
    const [, name, value] = /^(content-[a-z-]{1,40})[ \t]*:(.*)$/is.exec(line) ?? []
    open = name === undefined ? undefined : { name: name.toLowerCase(), value: value ?? '' }
  }
  close()
  return fields
}

/** Names hold raw UTF-8, what RFC 2231 made of them, or encoded words where those may not stand. */
function shownText(value: string): string {
  const isOctets = /^[\x00-\xff]*$/.test(value)
  return decodeEncodedWords(isOctets ? displayText(octetsOf(value)) : value)
}
