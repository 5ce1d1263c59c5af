import type { Log } from '../base/log.ts'
import { andThen, type Soon } from '../base/result.ts'
import type { TlsFacts } from '../io/tls-facts.ts'
import type { SmtpAnswer } from '../journey/spoken.ts'
import type { Reply } from '../smtp/reply.ts'
import type { Answer } from '../smtp/server-types.ts'
import type { ConnectionFacts, ConnectionLog } from './connection-log.ts'
import type { Guard, LimitMet } from './guard.ts'
import type { NoRoom } from './intake.ts'
import type { Port } from './port.ts'
import { answerOf, replies } from './replies.ts'

type ClientGuard = Pick<
  Guard,
  'closedForMail' | 'closedForLogins' | 'refusedRecipient' | 'turnedAway'
>

/** What the client of one connection may still use, and who is told when that is nothing. */
export class ClientLimits {
  readonly #guard: ClientGuard
  readonly #tell: Log
  readonly #facts: ConnectionFacts
  /** Strangers come in, users go out; each has limits of its own. */
  readonly #direction: Port['direction']
  readonly #log: ConnectionLog

  constructor(
    { guard, log }: { readonly guard: ClientGuard; readonly log: Log },
    connection: {
      readonly facts: ConnectionFacts
      readonly direction: Port['direction']
      readonly log: ConnectionLog
    },
  ) {
    this.#guard = guard
    this.#tell = log
    this.#facts = connection.facts
    this.#direction = connection.direction
    this.#log = connection.log
  }

  /** Whoever used up what one may use is not heard: another one comes in instead. */
  atGreeting(): Soon<Answer> {
    const { met: known } = this.#facts
    return andThen(known === 'ask' ? this.#closed() : known, (met): Answer => {
      if (met === undefined) return { type: 'accept' }
      this.#tellGuard(met)
      return this.refused(met, replies.heardTooMuch, 'connect')
    })
  }

  /** A stranger who tries names is not heard any more: the last one is answered with that. */
  countRefused(refusal: Reply): Soon<Reply> {
    if (refusal.code < 500 || this.#direction === 'out') return refusal
    const guard = this.#guard
    const { ip } = this.#facts.remote
    guard.refusedRecipient(ip)
    return andThen(guard.closedForMail(ip), (met) => {
      if (met === undefined) return refusal
      this.#tellGuard(met)
      this.#step(met, answerOf(replies.heardTooMuch, 'RCPT TO'))
      return replies.heardTooMuch
    })
  }

  /** A refusal for what the client has used up, and not for what it says now. */
  refused(met: LimitMet, reply: Reply, atCommand: string): Answer {
    this.#step(met, answerOf(reply, atCommand))
    return { type: 'reject', reply }
  }

  /** No fault of ours, and not of this letter. */
  noRoom({ of }: NoRoom, answer: SmtpAnswer): void {
    const met = { limit: 'limits.memory_bytes', of }
    this.#tellGuard(met)
    this.#step(met, answer)
  }

  /** RFC 9325 §4.1: `TLS_RSA_WITH_…` has no forward secrecy. Taken where the settings say so, and told. */
  tlsStarted({ cipher }: TlsFacts): void {
    if (cipher.startsWith('TLS_RSA_')) this.#tellStaticRsa(`taken: ${cipher}`)
  }

  tlsFailed(problem: string): void {
    if (!/no cipher suits both sides/.test(problem)) return
    this.#tellStaticRsa('refused: the client has no cipher with forward secrecy')
  }

  #closed(): Soon<LimitMet | undefined> {
    const { ip } = this.#facts.remote
    return this.#direction === 'in'
      ? this.#guard.closedForMail(ip)
      : this.#guard.closedForLogins(ip)
  }

  #step({ limit, of }: LimitMet, answer: SmtpAnswer): void {
    this.#log.journey.step({ type: 'limit', limit, of, answer })
  }

  #tellGuard(met: LimitMet): void {
    const { remote, listener } = this.#facts
    this.#guard.turnedAway(remote.ip, met, { listener })
  }

  /** An old server is no attacker, and sends in clear text when it cannot have TLS. */
  #tellStaticRsa(why: string): void {
    const { remote, listener } = this.#facts
    const fields = { limit: 'tls.static_rsa', client: remote.ip, listener, why }
    this.#tell({ level: 'info', event: 'limit', fields })
  }
}

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
