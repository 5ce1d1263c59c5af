import * as replies from './reply.ts'
import type { Reply } from './reply.ts'
import type { CloseReason, ServerLimits } from './server-types.ts'

/** How a session ends. */
export interface Ending {
  readonly reply: Reply
  readonly reason: CloseReason
}

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

  /** A command that was wrong in form or order. */
  error(): Ending | undefined {
    if (++this.#errors < this.#limits.errors) return undefined
    return { reply: replies.tooManyErrors, reason: 'tooManyErrors' }
  }

  /** Policy refused a name, sender, recipient or message. */
  rejection(): Ending | undefined {
    if (++this.#rejections < this.#limits.rejections) return undefined
    return { reply: replies.tooManyRejections, reason: 'tooMuch' }
  }

  /** Policy refused a log-in; with a 4xx it could not tell, and that is not the client's doing. */
  failedLogin(reply: Reply): Ending | undefined {
    if (reply.code >= 500) this.#failedLogins++
    if (this.#failedLogins < this.#limits.authFailures) return undefined
    return { reply: replies.tooManyLogins, reason: 'tooMuch' }
  }

  /** A command; those that move no mail are counted from one message to the next. */
  command(verb: string): Ending | undefined {
    if (verb === 'MAIL' || verb === 'RCPT' || verb === 'DATA' || verb === 'BDAT') return undefined
    if (++this.#idleCommands <= this.#limits.idleCommands) return undefined
    return { reply: replies.tooManyCommands, reason: 'tooMuch' }
  }

  /** A message has come. */
  message(): void {
    this.#idleCommands = 0
  }
}
