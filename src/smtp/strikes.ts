import * as replies from './reply.ts'
import type { Reply } from './reply.ts'
import { type Ending, hangUp, type Strike } from './server-step.ts'
import type { ServerLimits } from './server-types.ts'

/** Counts what a client does too often. Each call gives the ending once a limit is reached. */
export class Strikes {
  readonly #limits: ServerLimits
  #errors = 0
  #rejections = 0
  #failedLogins = 0
  #idleCommands = 0

  constructor(limits: ServerLimits) {
    this.#limits = limits
  }

  /** Something was refused with `reply`. */
  refused(strike: Strike, reply: Reply): Ending | undefined {
    switch (strike) {
      case 'error':
        if (++this.#errors < this.#limits.errors) return undefined
        return hangUp(replies.tooManyErrors, 'tooManyErrors')
      case 'rejection':
        if (++this.#rejections < this.#limits.rejections) return undefined
        return hangUp(replies.tooManyRejections, 'tooMuch')
      case 'failedLogin':
        // With a 4xx policy could not tell, and that is not the client's doing.
        if (reply.code >= 500) this.#failedLogins++
        if (this.#failedLogins < this.#limits.authFailures) return undefined
        return hangUp(replies.tooManyLogins, 'tooMuch')
    }
  }

  /** A command; those that move no mail are counted from one message to the next. */
  command(verb: string): Ending | undefined {
    if (verb === 'MAIL' || verb === 'RCPT' || verb === 'DATA' || verb === 'BDAT') return undefined
    if (++this.#idleCommands <= this.#limits.idleCommands) return undefined
    return hangUp(replies.tooManyCommands, 'tooMuch')
  }

  /** A message has come. */
  message(): void {
    this.#idleCommands = 0
  }
}
