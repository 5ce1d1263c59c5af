import { member, type Operation, textMember } from './act.ts'
import type { HoldRule } from './hold-rules.ts'
import type { QueuePart } from './queue.ts'

/** A rule that somebody wants. */
export interface NewHoldRule {
  /** Made by who asks. */
  readonly id: string
  readonly words: string
  /** Unix milliseconds; absent: it does not end by itself. */
  readonly until?: number
}

/** `waybill queue rule add`. */
export const holdRuleAdd: Operation<QueuePart, NewHoldRule, HoldRule> = {
  name: 'queue rule add',
  read(input) {
    const until = member(input, 'until')
    return {
      id: textMember('queue rule add', input, 'id'),
      words: textMember('queue rule add', input, 'words'),
      ...(typeof until === 'number' && Number.isFinite(until) ? { until } : {}),
    }
  },
  run: ({ queue }, rule, actor) => queue.rules.add(rule, actor),
  tell: ({ id, words, until }) => ({
    rule: id,
    words,
    ...(until === undefined ? {} : { until: new Date(until).toISOString() }),
  }),
}

/** `waybill queue rule remove`. */
export const holdRuleRemove: Operation<
  QueuePart,
  { readonly id: string },
  { readonly removed: boolean }
> = {
  name: 'queue rule remove',
  read: (input) => ({ id: textMember('queue rule remove', input, 'id') }),
  run: async ({ queue }, { id }) => ({ removed: await queue.rules.remove(id) }),
  tell: ({ id }, { removed }) => (removed ? { rule: id } : undefined),
}
