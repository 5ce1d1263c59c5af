/** Which header fields a signature of ours covers (RFC 6376 §5.4). */

import {
  letterFields,
  listFields,
  mimeFields,
  resentFields,
  threadFields,
  tlsReportFields,
} from '../signature/field-names.ts'
import type { FieldSelection } from '../signature/field-selection.ts'

/** Names in lower case. */
export interface DkimHeaderPolicy {
  /** Fields that are signed when the message has them, each as often as it has them. */
  readonly signed: readonly string[]
  /**
   * Fields that nobody may add one more of (§8.15). `from` always; the others only when the message
   * has them, so that a mailing list may still add its own List-Id to a letter that had none.
   */
  readonly oversigned: readonly string[]
}

const singletons = [...letterFields, ...mimeFields]

/**
 * What RFC 6376 §5.4.1 names, the fields of MIME, those of lists, which RFC 8058 §4 wants signed,
 * and those of TLS reports.
 * No trace fields: they change on the way.
 */
export const defaultHeaderPolicy: DkimHeaderPolicy = {
  signed: [
    ...singletons,
    ...threadFields,
    ...resentFields,
    ...listFields,
    ...tlsReportFields,
    'feedback-id',
    'autocrypt',
  ],
  oversigned: [...singletons, ...listFields],
}

/** A policy as it is used: each name to sign once. */
type Plan = readonly { readonly name: string; readonly oversigned: boolean }[]

/** Policies are few and live long; each is worked out once. */
const plans = new WeakMap<DkimHeaderPolicy, Plan>()

function planOf(policy: DkimHeaderPolicy): Plan {
  const known = plans.get(policy)
  if (known !== undefined) return known
  const oversigned = new Set(policy.oversigned.map((name) => name.toLowerCase()))
  const signed = new Set(['from', ...policy.signed.map((name) => name.toLowerCase())])
  const plan = Array.from(signed, (name) => ({ name, oversigned: oversigned.has(name) }))
  plans.set(policy, plan)
  return plan
}

/** The names for `h=`: `from` is always there, whatever the policy says (§5.4). */
export function namesToSign(fields: FieldSelection, policy: DkimHeaderPolicy): readonly string[] {
  const names: string[] = []
  for (const { name, oversigned } of planOf(policy)) {
    const count = fields.count(name)
    for (let i = 0; i < count; i++) names.push(name)
    // §5.4: From is named in every signature, even of a message that has none.
    if ((oversigned && count > 0) || (name === 'from' && count === 0)) names.push(name)
  }
  return names
}
