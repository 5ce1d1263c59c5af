import type { Clock } from '../base/clock.ts'
import { JourneyBuilder } from '../journey/builder.ts'
import type { SmtpAnswer } from '../journey/spoken.ts'
import type { Endpoint } from '../io/peer.ts'
import type { TlsFacts } from '../io/tls-facts.ts'
import { type Reply, formatReply, spokenReply, withReference } from '../smtp/reply.ts'
import type { LimitMet } from './guard.ts'

/** What every journey of one connection begins with. */
export interface ConnectionFacts {
  readonly remote: Endpoint
  /** `http`, `sendmail`: no connection of SMTP, but somebody who hands one letter in. */
  readonly listener: 'smtp' | 'submission' | 'submissions' | 'http' | 'sendmail'
  readonly tls: TlsFacts | undefined
  /** What its client had used up when it came. `ask`: the guard is asked when the greeting is due. */
  readonly met: LimitMet | 'ask' | undefined
}

/** To whom what is said belongs. */
type State =
  /** No letter is under way: to the connection, or to the letter that begins with it. */
  { readonly name: 'between' } | { readonly name: 'letter'; readonly journey: JourneyBuilder }

/** What was heard last and how it is answered: all of it stands in one journey. */
interface Exchange {
  readonly number: number
  readonly journey: JourneyBuilder
  /** A line that is not written down yet: it may be the one that begins a letter. */
  readonly waiting: string | undefined
}

/** A reply as it is said. */
export interface Said {
  /** With what it refers to, when it refuses. */
  readonly reply: Reply
  /** Without CRLF. */
  readonly lines: readonly string[]
}

/**
 * Keeps what belongs to the connection (its steps, its lines), and hands each letter a journey that
 * begins with them. A connection that brings no letter has a journey as well. Each refusal is told
 * the id of the journey that it stands in.
 */
export class ConnectionLog {
  readonly #newId: () => string
  /** What stands outside of letters; the next letter begins with it, and has its id. */
  #base: JourneyBuilder
  /** Somebody was told the id of `#base`, or nothing else tells of this connection. */
  #owed = true
  /** The id of what comes behind the letter under way. */
  #next: string
  #state: State = { name: 'between' }
  #exchange: Exchange | undefined

  constructor(facts: ConnectionFacts, clock: Clock, newId: () => string) {
    this.#newId = newId
    this.#base = new JourneyBuilder(newId(), clock)
    this.#next = this.#base.id
    const { ip, port } = facts.remote
    this.#base.step({ type: 'connect', ip, port, listener: facts.listener })
    if (facts.tls !== undefined) this.tlsStarted(facts.tls)
  }

  /** The journey under way: that of the letter, else that of the connection. */
  get journey(): JourneyBuilder {
    return this.#state.name === 'letter' ? this.#state.journey : this.#base
  }

  /** A line of the client: a command, or with the same number what was asked for within it. */
  heard({ exchange, text }: { readonly exchange: number; readonly text: string }): void {
    this.#writeWaiting()
    const { journey } = this
    if (this.#state.name === 'between' && this.#exchange?.number !== exchange) {
      this.#exchange = { number: exchange, journey, waiting: text }
      return
    }
    if (this.#exchange?.number !== exchange) {
      this.#exchange = { number: exchange, journey, waiting: undefined }
    }
    journey.line('client', text)
  }

  /** Something is said; it belongs to what was heard under the same number. */
  reply({ exchange, reply }: { readonly exchange: number; readonly reply: Reply }): Said {
    this.#writeWaiting()
    const { journey } = this
    if (this.#exchange?.number !== exchange) {
      this.#exchange = { number: exchange, journey, waiting: undefined }
    }
    return this.#say(reply, this.#exchange.journey)
  }

  /**
   * The letter under way ends with this reply, which is said when the record is on disk: what is
   * said later to the same line is not written down again.
   *
   * @returns the reply with the id of the letter
   */
  answered(reply: Reply): Reply {
    const { journey } = this
    const told = withReference(reply, journey.id)
    this.#write(told, journey)
    return told
  }

  /** A letter begins: its journey has all that the connection has so far, and the line of its MAIL. */
  begin(): JourneyBuilder {
    const journey = this.#base.fork(this.#base.id)
    this.#state = { name: 'letter', journey }
    this.#next = this.#newId()
    this.#owed = false
    if (this.#exchange !== undefined) this.#exchange = { ...this.#exchange, journey }
    this.#writeWaiting()
    return journey
  }

  /** The letter is over; the next one begins with the connection's steps alone. */
  end(): void {
    if (this.#state.name === 'letter') this.#base = this.#base.fork(this.#next)
    this.#state = { name: 'between' }
  }

  /**
   * The journey of a connection that is over, with all that was said outside of letters; `undefined`
   * when there were letters and nobody was told of another journey.
   */
  close(): JourneyBuilder | undefined {
    this.#writeWaiting()
    return this.#owed ? this.#base : undefined
  }

  helloSaid({ verb, name }: { readonly verb: 'EHLO' | 'HELO'; readonly name: string }): void {
    this.#base.step({ type: 'helo', verb, name })
  }

  /** `account` is empty when the name is nobody's here; `refusal` is what the client is told. */
  loggedIn(login: {
    readonly mechanism: string
    readonly account: string
    readonly refusal: SmtpAnswer | undefined
  }): void {
    const { mechanism, account, refusal } = login
    const said = refusal === undefined ? {} : { answer: refusal }
    const accepted = refusal === undefined
    this.#base.step({ type: 'login', mechanism, account, accepted, ...said })
  }

  tlsStarted({ protocol, cipher }: TlsFacts): void {
    this.#base.step({ type: 'tls', protocol, cipher })
  }

  tlsFailed(problem: string): void {
    this.#base.step({ type: 'tls-failed', problem })
  }

  #say(reply: Reply, journey: JourneyBuilder): Said {
    const refuses = reply.code >= 400
    const told = refuses ? withReference(reply, journey.id) : reply
    if (refuses && journey === this.#base) this.#owed = true
    // A letter that is over has what it ends with already.
    const lines = journey === this.journey ? this.#write(told, journey) : formatReply(told)
    return { reply: spokenReply(told), lines }
  }

  #write(told: Reply, journey: JourneyBuilder): readonly string[] {
    const lines = formatReply(told)
    for (const line of lines) journey.line('server', line)
    return lines
  }

  #writeWaiting(): void {
    const exchange = this.#exchange
    if (exchange?.waiting === undefined) return
    exchange.journey.line('client', exchange.waiting)
    this.#exchange = { ...exchange, waiting: undefined }
  }
}
