import { parseIp } from '../base/ip.ts'
import { parseDate } from '../message/date.ts'
import { oneLine } from '../message/field.ts'
import type { FailureReport, Feedback } from './feedback.ts'
import type { PartField } from './mime-parts.ts'
import { shownText } from './remote-text.ts'
import { quoted } from './report-problem.ts'
import type { ValueReader } from './reported-value.ts'

/** A field that stands more often is read so often. */
export const maxRepeats = 100

/** One line of text, harmless to show; `null` when there is none. */
export function textOf(value: string | undefined): string | null {
  const text = value === undefined ? '' : oneLine(shownText(value), 2000)
  return text === '' ? null : text
}

/** Every value of a field. */
export function many(fields: readonly PartField[], name: string): readonly string[] {
  return fields
    .filter((field) => field.name === name)
    .slice(0, maxRepeats)
    .flatMap(({ value }) => textOf(value) ?? [])
}

/** `<user@example>` and `rfc822; user@example` to `user@example`; `<>` and nothing to nothing. */
export function addressOf(value: string | undefined): string | null {
  if (value === undefined) return null
  const text = (textOf(value) ?? '').replace(/^rfc822[ \t]*;[ \t]*/i, '')
  return /^<([^<>]*)>/.exec(text)?.[1] ?? text
}

/** Arrival-Date, as it is written and in Unix seconds. */
export function readArrival(
  written: string | null,
  values: ValueReader,
): Pick<Feedback, 'arrivalDate' | 'arrivedAt'> {
  if (written === null) return { arrivalDate: null, arrivedAt: null }
  const date = parseDate(written)
  if (date === undefined) {
    const text = `Arrival-Date is ${quoted(written)}, which is no date.`
    values.problem('invalid-value', 'Arrival-Date', text)
  }
  return {
    arrivalDate: written,
    arrivedAt: date === undefined ? null : Math.floor(date.unixMs / 1000),
  }
}

/** Source-IP. */
export function readSource(written: string | null, values: ValueReader): string | null {
  if (written === null) return null
  // Some add the name of the host behind the address.
  const first = /^[^\s(;]+/.exec(written)?.[0] ?? written
  return values.address(parseIp(first) === undefined ? written : first, 'Source-IP')
}

/** A number of reports or messages. */
export function readNumber(
  written: string | null,
  name: string,
  values: ValueReader,
): number | null {
  return written === null ? null : values.whole(written, name)
}

/** Identity-Alignment: RFC 9991 §4. */
export function readAlignment(
  written: string | null,
  values: ValueReader,
): FailureReport['identityAlignment'] {
  if (written === null) return null
  const plain = written.replace(/\([^()]*\)/g, ' ').toLowerCase()
  const words = plain.split(/[\s,]+/).filter((one) => one !== '')
  if (words.length === 1 && words[0] === 'none') return []
  const methods = (['dkim', 'spf'] as const).filter((method) => words.includes(method))
  if (methods.length !== words.length) {
    const text = `Identity-Alignment is ${quoted(written)}, which is not "none" or a list of methods.`
    values.problem('invalid-value', 'Identity-Alignment', text)
  }
  return methods
}

/** Base64 without what does not belong to it. */
export function base64Of(value: string | undefined): string | null {
  return value === undefined ? null : value.replace(/[^A-Za-z0-9+/=]/g, '')
}
