import { makeId } from '../base/id.ts'
import { holdRuleAdd, holdRuleRemove } from '../desk/hold-rule-operations.ts'
import { type HoldRule, readHoldRules, ruleReason } from '../desk/hold-rules.ts'
import type { HeldLetters, QueuePart } from '../desk/queue.ts'
import { queueHold, queueRelease } from '../desk/queue-operations.ts'
import { chance, systemClock } from '../io/clock.ts'
import type { QueueFilter } from '../store/ports/queue-filter.ts'
import type { Store } from '../store/ports/store.ts'
import { atDesk, type Place } from './at-desk.ts'
import { Stores } from './data.ts'
import { queueDeskOver } from './queue-desk.ts'
import { changeLetters, chosenLetters } from './waiting-letters.ts'

/** Where rules are, and who wants something of them. */
export interface RulePlace {
  readonly folder: string
  readonly why: string | undefined
}

/** Makes a rule, and holds what waits and fits; gives for how many recipients that was. */
export async function holdByRule(
  { folder, why }: RulePlace,
  wanted: { readonly words: string; readonly until?: number },
): Promise<{ readonly rule: HoldRule; readonly letters: number; readonly left: number }> {
  // Short enough to be typed; of chance, so that two made at once differ.
  const id = makeId(systemClock.now(), chance).slice(-6)
  const rule = await atDesk(holdRuleAdd, { id, ...wanted }, queuePlace(folder, why))
  // Only now: what was taken out of the queue before the rule was there is found here.
  const chosen = await chosenLetters(folder, [wanted.words], {})
  const { letters, left } = await changeLetters(chosen, (part) => {
    const input: HeldLetters = { ...part, rule: id }
    return atDesk(queueHold, input, queuePlace(folder, why))
  })
  return { rule, letters, left }
}

/** Ends a rule, and lets go on what it holds; gives for how many recipients that was. */
export async function endRule(
  { folder, why }: RulePlace,
  id: string,
): Promise<{ readonly removed: boolean; readonly letters: number }> {
  const { removed } = await atDesk(holdRuleRemove, { id }, queuePlace(folder, why))
  const all = { all: true, narrowed: heldBy(id) }
  const chosen = { ...(await chosenLetters(folder, [], all)), words: [`rule ${id}`] }
  const { letters } = await changeLetters(chosen, (part) => {
    return atDesk(queueRelease, { ...part, rule: id }, queuePlace(folder, why))
  })
  return { removed, letters }
}

/** The rules of a folder. */
export async function rulesIn(folder: string): Promise<readonly HoldRule[]> {
  const stores = new Stores(folder)
  try {
    const now = systemClock.now()
    const all = stores.readers.map(({ register }) => readHoldRules(register, now))
    return (await Promise.all(all)).flat()
  } finally {
    stores.close()
  }
}

/** What a rule holds, also when it is no more. */
export function heldBy(id: string): QueueFilter {
  return { held: true, holdReason: ruleReason(id) }
}

/** Where what waits is changed. */
export function queuePlace(folder: string, why: string | undefined): Place<QueuePart> {
  return {
    opening: { folder },
    desk: (store: Store) => ({ queue: queueDeskOver(store) }),
    ...(why === undefined ? {} : { why }),
  }
}
