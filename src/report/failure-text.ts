import { oneLine } from '../message/field.ts'
import { shownText } from './remote-text.ts'

/** A failure report in sentences, as some servers send it in place of RFC 6591's fields. */
export interface FailureText {
  readonly domain: string
  readonly sourceIp: string
  readonly receivedDate: string | null
  /** The methods whose alignment is said to be missing. */
  readonly notAligned: readonly ('dkim' | 'spf')[]
  readonly deliveryResult: string | null
  /** The lines of the message's header, when they follow. */
  readonly header: readonly string[]
}

const line = /^\s{0,20}([A-Za-z][A-Za-z ]{2,30}?)\s{0,10}:\s{0,20}(\S.*)$/
const copyFollows = /^-{2,}.{0,60}\bcopy of the (?:headers?|message)/i
const maxLines = 200

/** Reads `Sender Domain: …`, `Sender IP Address: …` and so on; `undefined` when the two are missing. */
export function readFailureText(lines: readonly string[]): FailureText | undefined {
  const told = new Map<string, string>()
  const copyAt = lines.findIndex((text) => copyFollows.test(text.slice(0, 200)))
  const end = Math.min(copyAt < 0 ? lines.length : copyAt, maxLines)
  for (const text of lines.slice(0, end)) {
    const [, name = '', value = ''] = line.exec(text.slice(0, 1000)) ?? []
    const key = name.toLowerCase()
    if (key !== '' && !told.has(key)) told.set(key, oneLine(shownText(value), 300))
  }
  const domain = told.get('sender domain')
  const sourceIp = told.get('sender ip address')
  if (domain === undefined || sourceIp === undefined) return undefined
  const failed = (method: 'dkim' | 'spf'): boolean => {
    return /^no\b/i.test(told.get(`${method} alignment`) ?? '')
  }
  return {
    domain,
    sourceIp,
    receivedDate: told.get('received date') ?? null,
    notAligned: (['dkim', 'spf'] as const).filter(failed),
    deliveryResult: deliveryOf(told.get('dmarc results') ?? ''),
    header: copyAt < 0 ? [] : lines.slice(copyAt + 1),
  }
}

/** RFC 6591 §3.2.2 has words for what these say. */
function deliveryOf(results: string): string | null {
  if (/\breject/i.test(results)) return 'reject'
  if (/\bquarantine/i.test(results)) return 'spam'
  return /\baccept/i.test(results) ? 'delivered' : null
}
