import type { Clock } from '../base/clock.ts'
import { JourneyBuilder } from '../journey/builder.ts'
import type { SmtpAnswer } from '../journey/record.ts'
import type { Endpoint, TlsFacts } from '../io/peer.ts'
import type { ReceivedFacts } from '../message/received.ts'
import { formatReply } from '../smtp/reply-format.ts'
import type { Reply } from '../smtp/reply.ts'
import type { Question, References } from '../smtp/server-types.ts'

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
  /** What stands outside of messages; the next message begins with it, and has its id. */
  #base: JourneyBuilder
  #current: JourneyBuilder | undefined
  /** The id of the message that began last. */
  #last: string
  /** The id of what comes behind the message under way. */
  #next: string
  /** Somebody was told the id of `#base`, so there must be a journey with it. */
  #told = false
  #lastLine = ''
  /** The last line of the client. */
  #lastSaid = ''
  #refusal: SmtpAnswer | undefined
  /** A line of the client outside of a message: it may be the one that begins the next. */
  #heard: string | undefined
  /** The sender was refused, so what comes behind it has no sender. */
  #senderRefused = false
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
    this.#last = this.#base.id
    this.#next = this.#base.id
    const { ip, port } = facts.remote
    this.#base.step({ type: 'connect', ip, port, listener: facts.listener })
    if (facts.tls !== undefined) this.tlsStarted(facts.tls)
  }

  get helo(): string {
    return this.#helo
  }

  get login(): string | undefined {
    return this.#login
  }

  /** The journey under way: that of the message, else that of the connection. */
  get journey(): JourneyBuilder {
    return this.#current ?? this.#base
  }

  /** The ids of the journeys that refusals belong to. */
  get references(): References {
    if (this.#current === undefined) return { transaction: this.#last, outside: this.#base.id }
    return { transaction: this.#last, outside: this.#senderRefused ? this.#last : this.#next }
  }

  /**
   * The journey of a connection that is over, with all that was said outside of messages; `undefined`
   * when there were messages and nobody was told of another journey.
   */
  close(): JourneyBuilder | undefined {
    if (this.#heard !== undefined) this.#base.line('client', this.#heard)
    this.#heard = undefined
    return this.#messages === 0 || this.#told ? this.#base : undefined
  }

  /** A message begins: its journey has all that the connection has so far. */
  begin(): JourneyBuilder {
    this.#current = this.#base.fork(this.#base.id)
    this.#last = this.#base.id
    this.#next = this.#newId()
    this.#told = false
    this.#messages++
    this.#refusal = undefined
    if (this.#heard !== undefined) this.#current.line('client', this.#heard)
    this.#heard = undefined
    return this.#current
  }

  /** The message goes no further than its sender; what its client has sent behind belongs to it. */
  senderRefused(): void {
    this.#senderRefused = true
  }

  /** Whether a line can only have been meant for a message whose sender is known. */
  isBehindSender(line: string): boolean {
    return behindSender.has(commandOf(line))
  }

  /** The message is over; the next one begins with the connection's steps alone. */
  end(): void {
    if (this.#current !== undefined) this.#base = this.#base.fork(this.#next)
    this.#current = undefined
    this.#senderRefused = false
    this.#ending = true
  }

  line(from: 'client' | 'server', text: string): void {
    if (this.#heard !== undefined) this.#base.line('client', this.#heard)
    this.#heard = undefined
    if (from === 'server') {
      this.#lastLine = text
      const told = this.#current === undefined && text.endsWith(` Ref ${this.#base.id}`)
      if (told) this.#told = true
      // Else it belongs to the message before, whose record has it from `answered`.
      if (told || !this.#ending) this.journey.line('server', text)
      return
    }
    this.#ending = false
    this.#lastSaid = text
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
    if (this.#refusal?.atCommand === question.verb) this.#refusal = undefined
    this.#base.step({ type: 'helo', verb: question.verb, name: question.name })
  }

  /** `account` is empty when the name is nobody's here; `answer` refuses. */
  loggedIn(login: {
    readonly mechanism: string
    readonly account: string
    readonly answer: SmtpAnswer | undefined
  }): void {
    const { mechanism, answer } = login
    const account = login.account.slice(0, 320)
    if (answer === undefined) this.#login = account
    this.#refusal = answer
    const said = answer === undefined ? {} : { answer }
    const accepted = answer === undefined
    this.#base.step({ type: 'login', mechanism, account, accepted, ...said })
  }

  /** The engine has refused the last command by itself, with the last words of the server. */
  commandRefused(heard: 'command' | 'response'): {
    readonly command: string
    readonly answer: SmtpAnswer
  } {
    const command = heard === 'response' ? 'AUTH' : commandOf(this.#lastSaid)
    const answer = this.lastAnswer(command)
    this.journey.step({ type: 'command-refused', command, answer })
    // "MAIL first" is no reason where MAIL was refused: that it was, and why, is.
    const follows = answer.code === 503 && behindSender.has(command) && this.#refusal !== undefined
    if (this.#current === undefined && decisive.has(command) && !follows) this.#refusal = answer
    return { command, answer }
  }

  /**
   * What the client was refused last outside of messages, of what it needs to send one; `undefined`
   * when it has gone on since.
   */
  get refusal(): SmtpAnswer | undefined {
    return this.#refusal
  }

  tlsStarted({ protocol, cipher, ...facts }: TlsFacts): void {
    this.#tls = { protocol, cipher, ...facts }
    this.#base.step({ type: 'tls', protocol, cipher })
  }

  tlsFailed(problem: string): void {
    this.#base.step({ type: 'tls-failed', problem })
  }

  /** What a Received field says of how a message comes. */
  transport({ smtpUtf8 }: { readonly smtpUtf8: boolean }): Pick<ReceivedFacts, 'protocol' | 'tls'> {
    const tls = this.#tls
    const authenticated = this.#login !== undefined
    const extended = this.#extended
    return {
      protocol: { extended, tls: tls !== undefined, authenticated, utf8: smtpUtf8 },
      ...(tls === undefined ? {} : { tls: { version: tls.protocol, cipher: tls.cipher } }),
    }
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

/** Commands that need a sender before them. */
const behindSender: ReadonlySet<string> = new Set(['RCPT TO', 'DATA', 'BDAT'])

/** Commands without which no message comes. */
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

/** The command in a line of the record, as `atCommand` has it. */
function commandOf(line: string): string {
  const verb = /^[a-z]{1,20}(?![a-z])/i.exec(line)?.[0].toUpperCase() ?? ''
  if (verb === 'MAIL') return 'MAIL FROM'
  if (verb === 'RCPT') return 'RCPT TO'
  return verb
}
