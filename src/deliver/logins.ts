import type { Clock } from '../base/clock.ts'
import type { JourneyBuilder } from '../journey/builder.ts'
import type { ClientAuth } from '../smtp/client-types.ts'
import { describeReply } from '../smtp/reply.ts'
import { Avoided } from './avoided.ts'
import type { ClientSession } from './client-session.ts'
import type { Demand } from './proof.ts'
import type { Way } from './way.ts'

/** How we log in to servers of others, and what is remembered of them for that. */
export class Logins {
  readonly #clock: Clock
  readonly #random: (() => number) | undefined
  /** Host and user name, for which SCRAM is refused. */
  readonly #refusedScram = new Avoided()

  /** @param random numbers in [0, 1) that nobody can guess. Absent: no log-in is by SCRAM */
  constructor(clock: Clock, random: (() => number) | undefined) {
    this.#clock = clock
    this.#random = random
  }

  /**
   * SCRAM first. Where the server must prove by its certificate who it is, and refuses SCRAM itself, the
   * password may be shown to it; it is then not asked for SCRAM for a day.
   */
  of({ login }: Way, demand: Demand, host: string): ClientAuth | null {
    if (login === null || this.#random === undefined) return login
    const fallsBack = demand.type === 'verified' || demand.type === 'dane'
    const refused = this.#refusedScram.has(`${host} ${login.username}`, this.#clock.now())
    if (fallsBack && refused) return login
    return { ...login, nonce: newNonce(this.#random), fallsBack }
  }

  /** It has let us in, by another way to log in than the one that it was asked for first. */
  tell(host: string, { login }: Way, session: ClientSession, log: JourneyBuilder): void {
    const [first] = session.refusedLogins
    if (first === undefined || login === null) return
    this.#refusedScram.note(`${host} ${login.username}`, this.#clock.now())
    const refused = session.refusedLogins.map(({ mechanism, reply }) => {
      return { mechanism, said: describeReply(reply).slice(0, 500) }
    })
    log.step({ type: 'peer-login', host, refused })
  }
}

const nonceSigns = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/** 144 bits (RFC 5802 §5.1: another one for each log-in). */
function newNonce(random: () => number): string {
  return Array.from({ length: 24 }, () => nonceSigns[Math.floor(random() * 64)] ?? 'A').join('')
}
