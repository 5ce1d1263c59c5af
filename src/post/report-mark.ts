import { rawValue } from '../message/field.ts'
import type { MessageHeader } from '../message/header-reader.ts'
import type { Placed } from './placing.ts'

/** Under this kind the register keeps which letters that came in may be reports about ours. */
export const reportInKind = 'report-in'

/** Whoever reads them has done so long before. */
const keptMs = 7 * 86_400_000

/** What is known of a letter that came in. */
interface ArrivedLetter {
  readonly id: string
  readonly mailFrom: string
  readonly header: MessageHeader
  /** Unix milliseconds. */
  readonly now: number
}

/**
 * Marks a letter that may be a delivery report or a complaint, to be read when it is in the store: it
 * has no sender (RFC 3464 §2), or says that it is a report (RFC 6522). Others cost nothing.
 */
export function marked(placed: Placed, { id: key, mailFrom, header, now }: ArrivedLetter): Placed {
  const says = header.fields.some((field) => {
    return field.name === 'content-type' && /^\s*multipart\/report\b/i.test(rawValue(field))
  })
  if (mailFrom !== '' && !says) return placed
  const mark = { kind: reportInKind, key, json: '{}', changedAt: now, expiresAt: now + keptMs }
  return { ...placed, acceptance: { ...placed.acceptance, register: [mark] } }
}
