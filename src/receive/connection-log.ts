import type { Clock } from '../base/clock.ts'
import { JourneyBuilder } from '../journey/builder.ts'
import type { SmtpAnswer } from '../journey/record.ts'
import type { Endpoint, TlsFacts } from '../io/peer.ts'
import { formatReply } from '../smtp/reply-format.ts'
import type { Reply } from '../smtp/reply.ts'
import type { Question } from '../smtp/server-types.ts'

/** What every journey of one connection begins with, and the dialogue so far. */
export interface ConnectionFacts {
  readonly remote: Endpoint
  readonly listener: 'smtp' | 'submission' | 'submissions'
  readonly tls: TlsFacts | undefined
}

/**
 * Keeps what belongs to the connection (its steps, its lines), and hands each message a journey that
 * begins with them. A connection that brings no message has a journey as well.
 */
export class ConnectionLog {
  readonly #newId: () => string
  readonly #base: JourneyBuilder
  #current: JourneyBuilder | undefined
  #lastLine = ''
  /** A line of the client outside of a message: it may be the one that begins the next. */
  #heard: string | undefined
  /** The message is over, but the answer to its last command is still to be said. */
  #ending = false
  #messages = 0
  #helo = ''
  #extended = false
  #login: string | undefined
  #tls: TlsFacts | undefined

  constructor(facts: ConnectionFacts, clock: Clock, newId: () => string) {
    this.#newId = newId
    this.#base = new JourneyBuilder(newId(), clock)
    const { ip, port } = facts.remote
    this.#base.step({ type: 'connect', ip, port, listener: facts.listener })
    if (facts.tls !== undefined) this.tlsStarted(facts.tls)
  }

  get helo(): string {
    return this.#helo
  }

  /** EHLO was said, not HELO. */
  get extended(): boolean {
    return this.#extended
  }

  get login(): string | undefined {
    return this.#login
  }

  get tls(): TlsFacts | undefined {
    return this.#tls
  }

  /** The journey under way: that of the message, else that of the connection. */
  get journey(): JourneyBuilder {
    return this.#current ?? this.#base
  }

  /** The journey of a connection that is over, with all that was said. */
  close(): JourneyBuilder {
    if (this.#heard !== undefined) this.#base.line('client', this.#heard)
    this.#heard = undefined
    return this.#base
  }

  /** How many messages had a journey of their own. */
  get messages(): number {
    return this.#messages
  }

  /** A message begins: its journey has all that the connection has so far. */
  begin(): JourneyBuilder {
    // The first one has the connection's own id, so that there is one for both.
    this.#current = this.#base.fork(this.#messages === 0 ? this.#base.id : this.#newId())
    this.#messages++
    if (this.#heard !== undefined) this.#current.line('client', this.#heard)
    this.#heard = undefined
    return this.#current
  }

  /** The message is over; the next one begins with the connection's steps alone. */
  end(): void {
    this.#current = undefined
    this.#ending = true
  }

  line(from: 'client' | 'server', text: string): void {
    if (this.#heard !== undefined) this.#base.line('client', this.#heard)
    this.#heard = undefined
    if (from === 'server') {
      this.#lastLine = text
      // It belongs to the message before, whose record has it from `answered`.
      if (!this.#ending) this.journey.line('server', text)
      return
    }
    this.#ending = false
    if (this.#current === undefined) this.#heard = text
    else this.#current.line('client', text)
  }

  /**
   * Writes down what will be said to the message, because its record is closed before: the answer
   * leaves when the record is on disk.
   */
  answered(reply: Reply): void {
    for (const line of formatReply(reply)) this.journey.line('server', line)
  }

  helloSaid(question: Question & { readonly type: 'helo' }): void {
    this.#helo = question.name
    this.#extended = question.verb === 'EHLO'
    this.#base.step({ type: 'helo', verb: question.verb, name: question.name })
  }

  loggedIn(mechanism: string, account: string, accepted: boolean): void {
    if (accepted) this.#login = account
    this.#base.step({ type: 'login', mechanism, account, accepted })
  }

  tlsStarted({ protocol, cipher, ...facts }: TlsFacts): void {
    this.#tls = { protocol, cipher, ...facts }
    this.#base.step({ type: 'tls', protocol, cipher })
  }

  tlsFailed(problem: string): void {
    this.#base.step({ type: 'tls-failed', problem })
  }

  /** The server's last words as an answer to `atCommand`. */
  lastAnswer(atCommand: string): SmtpAnswer {
    const match = /^(\d{3})[ -](?:(\d\.\d{1,3}\.\d{1,3}) )?(.*)$/s.exec(this.#lastLine)
    return {
      code: Number(match?.[1] ?? 0),
      enhanced: match?.[2] ?? '',
      text: match?.[3] ?? this.#lastLine,
      atCommand,
    }
  }
}
