import { silent } from '../base/log.ts'
import { giveUp } from '../deliver/give-up.ts'
import { HoldRules } from '../desk/hold-rules.ts'
import { PersonPauses } from '../desk/pauses.ts'
import { QueueDesk } from '../desk/queue.ts'
import { systemClock } from '../io/clock.ts'
import type { Store } from '../store/ports/store.ts'

/** The queue's desk over a store that no server has. */
export function queueDeskOver(store: Store): QueueDesk {
  const clock = systemClock
  return new QueueDesk({
    queue: store.queue,
    rules: new HoldRules({ register: store.register, queue: store.queue, now: () => clock.now() }),
    pauses: new PersonPauses({ register: store.register, now: () => clock.now() }),
    now: () => clock.now(),
    // Nobody delivers: what a server has left leased when it ended is free.
    withdraw: async () => {
      await store.queue.releaseLeases()
      return []
    },
    canTell: false,
    giveUp: (items, given) => giveUp(items, given, { clock, log: silent }),
  })
}
