/** Which header fields a message signature of ours covers (RFC 8617 §4.1.2). */

import { WaybillError } from '../base/error.ts'
import {
  letterFields,
  listFields,
  mimeFields,
  resentFields,
  threadFields,
} from '../signature/field-names.ts'
import type { FieldSelection } from '../signature/field-selection.ts'

/** Fields that stand once: they are named once more, so that nobody can add another. */
const singletons = [...letterFields, ...threadFields, ...mimeFields]

/**
 * Fields that are covered as often as they are there. RFC 8617 §4.1.2: the signature "SHOULD include
 * any DKIM-Signature header fields already present".
 */
const repeated = ['dkim-signature', ...resentFields, ...listFields]

/** RFC 8617 §4.1.2: fields that a message signature MUST NOT cover. */
const forbidden: ReadonlySet<string> = new Set([
  'authentication-results',
  'arc-authentication-results',
  'arc-message-signature',
  'arc-seal',
])

/** The names for `h=` when nobody chose others; From is always among them (RFC 6376 §5.4). */
export function namesToSign(fields: FieldSelection): readonly string[] {
  const names: string[] = []
  const name = (one: string, count: number): void => {
    for (let i = 0; i < count; i++) names.push(one)
  }
  for (const one of singletons) {
    const count = fields.count(one)
    name(one, count > 0 || one === 'from' ? count + 1 : 0)
  }
  for (const one of repeated) name(one, fields.count(one))
  // What reads the field refuses more names; so many fields of a kind are no letter.
  return names.slice(0, 1000)
}

/**
 * Names that the caller chose, in lower case.
 *
 * @throws WaybillError `usage`, when they are no field names, lack From, or have one that RFC 8617
 * forbids
 */
export function checkNames(names: readonly string[]): readonly string[] {
  const lower = names.map((name) => name.toLowerCase())
  for (const name of lower) {
    if (!/^[\x21-\x39\x3b-\x7e]+$/.test(name)) {
      throw new WaybillError('usage', `"${name}" is not the name of a header field.`)
    }
    if (forbidden.has(name)) {
      throw new WaybillError('usage', `An ARC message signature must not cover ${name}.`)
    }
  }
  if (!lower.includes('from')) {
    throw new WaybillError('usage', 'An ARC message signature must cover From.')
  }
  return lower
}
