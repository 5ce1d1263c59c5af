import { ManualClock } from '../../base/clock.ts'
import { silent } from '../../base/log.ts'
import { openMemoryHooks } from '../../store/memory/hooks.ts'
import type { Store } from '../../store/ports/store.ts'
import { Webhooks, type WebhookParts } from '../webhooks.ts'
import { cameAt } from './letters.ts'

/** Webhooks of a store in memory, whose clock stands still; what they post goes nowhere. */
export function testWebhooks(store: Store, parts: Partial<WebhookParts> = {}): Webhooks {
  let ids = 0
  return new Webhooks({
    port: openMemoryHooks(),
    sources: [{ ...store, name: '' }],
    acts: store.acts,
    send: () => Promise.resolve({ status: 204, text: '', retryAfter: '' }),
    clock: new ManualClock(cameAt),
    trueNow: () => cameAt,
    random: () => 0,
    checkUrl: () => undefined,
    newId: () => `${++ids}`,
    log: silent,
    report(problem) {
      throw problem
    },
    ...parts,
  })
}
