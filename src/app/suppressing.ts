import type { Clock } from '../base/clock.ts'
import { andThen } from '../base/result.ts'
import { suppressedBecause, type Suppressions } from '../deliver/suppressed.ts'
import type { RecipientAdmission } from '../receive/recipient.ts'
import { suppressedRecipient } from '../receive/replies.ts'
import type { Store } from '../store/ports/store.ts'
import { defaultSuppressionRules, type SuppressionRules } from '../suppression/strikes.ts'
import { SuppressionList } from '../suppression/suppression-list.ts'

/**
 * Tells users of ours in the dialogue that nothing is sent to an address: they can act at once, and no
 * report has to follow. Strangers, and mail for people here, are for whoever else has a word.
 */
export function suppressing(
  list: Suppressions,
  others: RecipientAdmission | undefined,
): RecipientAdmission {
  const { hint } = others ?? {}
  const onlyUsers = others === undefined || others.onlyUsers === true
  return {
    ...(hint === undefined ? {} : { hint }),
    ...(onlyUsers ? { onlyUsers: true } : {}),
    refusal(asked, lead) {
      if (asked.by === 'stranger' || lead.type !== 'remote') return others?.refusal(asked, lead)
      const { recipient } = lead
      return andThen(list.find(recipient), (found) => {
        if (found === undefined) return others?.refusal(asked, lead)
        return suppressedRecipient(suppressedBecause(recipient, found))
      })
    },
  }
}

/** The list in a store. @param rules those that hold now; as always when absent */
export function suppressionList(
  { store, clock }: { readonly store: Pick<Store, 'register'>; readonly clock: Clock },
  rules: () => SuppressionRules | undefined,
): SuppressionList {
  return new SuppressionList({
    register: store.register,
    now: () => clock.now(),
    rules: () => rules() ?? defaultSuppressionRules,
  })
}
