import type { Clock } from '../base/clock.ts'
import { newTicketKeys } from '../io/tls-context.ts'
import type { TicketKeys } from '../sessions/sessions.ts'

/** How long the keys of TLS tickets are used. */
const ticketKeysMs = 7 * 86_400_000

/**
 * The keys of TLS tickets, new ones every week (RFC 9325 §3.4): who gets one reads all sessions that
 * were resumed with it.
 */
export class WeeklyTicketKeys {
  readonly #clock: Clock
  #current = newKeys()
  #cancel = (): void => {}

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get current(): TicketKeys {
    return this.#current
  }

  /** @param renewed told each time that there are new ones */
  start(renewed: () => void): void {
    this.#cancel = this.#clock.setTimer(ticketKeysMs, () => {
      this.#current = newKeys()
      this.start(renewed)
      renewed()
    })
  }

  stop(): void {
    this.#cancel()
  }
}

function newKeys(): TicketKeys {
  return { strangers: newTicketKeys(), users: newTicketKeys() }
}
