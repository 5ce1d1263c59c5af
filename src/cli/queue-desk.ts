import { silent } from '../base/log.ts'
import { giveUp } from '../deliver/give-up.ts'
import { QueueDesk } from '../desk/queue.ts'
import { systemClock } from '../io/clock.ts'
import type { FullStore } from '../store/store.ts'

/** The queue's desk over a store that no server has. */
export function queueDeskOver(store: FullStore): QueueDesk {
  const clock = systemClock
  return new QueueDesk({
    store,
    now: () => clock.now(),
    canTell: false,
    giveUp: (items, given) => giveUp(items, given, { clock, log: silent }),
  })
}
