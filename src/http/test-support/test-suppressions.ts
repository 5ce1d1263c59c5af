import type { DeskPlace } from '../../desk/named.ts'
import type { SuppressionPart } from '../../desk/suppressions.ts'
import type { Store } from '../../store/ports/store.ts'
import { defaultSuppressionRules } from '../../suppression/strikes.ts'
import { SuppressionList } from '../../suppression/suppression-list.ts'

/** The list of a store, as a server of one's own has it. */
export function testSuppressions(store: Store, now: () => number): DeskPlace<SuppressionPart> {
  const { register, acts } = store
  const list = new SuppressionList({ register, now, rules: () => defaultSuppressionRules })
  return { desk: { suppressions: { list, register, clock: { now } } }, acts, now }
}
