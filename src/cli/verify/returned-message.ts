import { octetsOf } from '../../base/octets.ts'
import { decodedLines, type MimePart, readParts } from '../../report/mime-parts.ts'

/** The message that a bounce brings back. */
export interface ReturnedMessage {
  readonly octets: Uint8Array
  /** Only its header came back. */
  readonly headerOnly: boolean
}

const maxOctets = 64_000_000

/** Kinds of parts that hold the message, and those that hold its header. RFC 6522 §3, RFC 6533 §5. */
const whole: ReadonlySet<string> = new Set(['message/rfc822', 'message/global'])
const headers: ReadonlySet<string> = new Set(['text/rfc822-headers', 'message/global-headers'])

/** Takes the returned message out of a bounce; `undefined` when this is none, or brings none. */
export function returnedMessage(message: Uint8Array): ReturnedMessage | undefined {
  const outer = readParts(message, maxOctets)
  if (kindOf(outer) !== 'multipart/report') return undefined
  const part = outer.parts.find((one) => whole.has(kindOf(one)) || headers.has(kindOf(one)))
  if (part === undefined) return undefined
  const octets = octetsOf(decodedLines(part).join('\r\n'))
  return { octets, headerOnly: headers.has(kindOf(part)) }
}

function kindOf({ mediaType }: MimePart): string {
  return `${mediaType.type}/${mediaType.subtype}`
}
