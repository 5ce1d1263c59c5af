import { JourneyBuilder } from '../journey/builder.ts'
import type { QueueItem } from '../store/ports/queue.ts'
import type { Settling } from './deliverer.ts'
import { settleDecided, type Settled } from './settle.ts'
import type { DeliverWorld } from './world.ts'

/** Items for a destination that did not answer a moment ago. */
export interface HeldBack {
  readonly items: readonly QueueItem[]
  readonly owner: string
  /** Not before this time; Unix milliseconds. */
  readonly until: number
  readonly because: string
}

/**
 * Puts items off untried: no attempt is counted, and their own schedule goes on from where it was.
 * None is given up here, and none waits beyond its end: whose time is over has one more attempt, so
 * that a clock that jumped ahead ends nothing that was not tried since.
 */
export function postponeBatch(
  world: DeliverWorld,
  { items, owner, until, because }: HeldBack,
): Promise<Settling> {
  const now = world.clock.now()
  const settled = items.map((item) => putOff(world, item, { now, until, because }))
  return settleDecided(world, settled, { log: new JourneyBuilder('', world.clock), owner })
}

function putOff(
  world: DeliverWorld,
  item: QueueItem,
  { now, until, because }: { readonly now: number } & Pick<HeldBack, 'until' | 'because'>,
): Settled {
  const result = { result: 'deferred', status: '4.4.1', because, outcome: undefined } as const
  const attempt = { item, host: '', ip: '', result, lines: [], refusedToTalk: false }
  const nextAttemptAt = now < item.expiresAt ? Math.min(until, item.expiresAt) : until
  return {
    attempt,
    outcome: { type: 'deferred', nextAttemptAt, problem: because, attempted: false },
    status: '4.4.1',
    because,
    warn: world.warnOfDelay(item, nextAttemptAt),
  }
}
