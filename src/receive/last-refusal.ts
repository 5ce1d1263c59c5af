import type { SmtpAnswer } from '../journey/record.ts'

/** Commands that need a sender before them. */
export const behindSender: ReadonlySet<string> = new Set(['RCPT TO', 'DATA', 'BDAT'])

/** Commands without which no letter comes. */
const decisive: ReadonlySet<string> = new Set([
  'EHLO',
  'HELO',
  'STARTTLS',
  'AUTH',
  'MAIL FROM',
  'RCPT TO',
  'DATA',
  'BDAT',
])

/**
 * What a client was refused last outside of letters, of what it needs to send one. It is how its
 * connection ended, unless the client has gone on since.
 */
export class LastRefusal {
  #answer: SmtpAnswer | undefined

  /** `undefined` when nothing was refused, or the client has gone on since. */
  get answer(): SmtpAnswer | undefined {
    return this.#answer
  }

  /** A command was refused outside of letters. */
  refused(answer: SmtpAnswer): void {
    const { atCommand, code } = answer
    if (!decisive.has(atCommand)) return
    // "MAIL first" is no reason where MAIL was refused: that it was, and why, is.
    if (code === 503 && behindSender.has(atCommand) && this.#answer !== undefined) return
    this.#answer = answer
  }

  /** The client has greeted, and was not refused. */
  greeted(verb: 'EHLO' | 'HELO'): void {
    if (this.#answer?.atCommand === verb) this.#answer = undefined
  }

  /** The client has tried to log in; `answer` when it was refused. */
  triedLogin(answer: SmtpAnswer | undefined): void {
    this.#answer = answer
  }

  /** A letter has begun. */
  begun(): void {
    this.#answer = undefined
  }
}
