import { displayUtf8 } from '../base/octets.ts'
import type { ServerMechanism } from '../sasl/mechanism.ts'
import * as replies from './reply.ts'
import { parseCommand, readCommandText, verbOf } from './command.ts'
import { type Exchanges, error, hangUp, type Step } from './server-step.ts'
import { LineReader, type OctetQueue, type ReadLine } from '../wire/octet-queue.ts'
import type { Outbox } from '../wire/engine.ts'
import { stepForResponse } from './server-auth.ts'
import { commandRules, stepFor, stepForUnreadable, type Strikes } from './server-rules.ts'
import type { ServerOptions, ServerOutput, Session } from './server-types.ts'
import { brokenLineForRecord, commandForRecord, hidden, mayBeLogin } from './transcript.ts'

/** As what the next line of the client is heard. */
export type Hearing =
  | { readonly type: 'command' }
  /** The response to a challenge of this mechanism. */
  | { readonly type: 'response'; readonly mechanism: ServerMechanism }
  /** Greeted with 554: nothing but QUIT is heard. RFC 5321 §3.1. */
  | { readonly type: 'refused' }

type BrokenLine = Exclude<ReadLine, { readonly type: 'line' }>

/**
 * Hears the client's lines: takes them from the queue, puts them out for the record (passwords as
 * `(hidden)`), and says for each what to do about it.
 */
export class ClientLines {
  readonly #queue: OctetQueue
  readonly #lines: LineReader
  readonly #options: ServerOptions
  readonly #strikes: Strikes
  readonly #out: Outbox<ServerOutput>
  readonly #exchanges: Exchanges
  /**
   * After any try to log in, in whatever form, a line that is no command may be a password. It stays
   * so: whoever stumbled once has lost the step of the dialogue, and may send anything.
   */
  #secretsMayCome = false

  constructor(
    queue: OctetQueue,
    parts: {
      readonly options: ServerOptions
      readonly strikes: Strikes
      readonly out: Outbox<ServerOutput>
      readonly exchanges: Exchanges
    },
  ) {
    this.#queue = queue
    this.#lines = new LineReader(queue)
    this.#options = parts.options
    this.#strikes = parts.strikes
    this.#out = parts.out
    this.#exchanges = parts.exchanges
  }

  /** What to do about the next line; `undefined` until more octets come. */
  next(hearing: Hearing, session: Session): Step | undefined {
    // A TLS handshake record starts with 22, which no command does.
    if (this.#queue.view()[0] === 22) return hangUp(replies.notTlsYet, 'notSmtp')
    const { commandLine, authLine } = this.#options.limits
    const line = this.#lines.next(Math.max(commandLine, authLine))
    if (line === undefined) return undefined
    switch (hearing.type) {
      case 'command':
        return this.#command(line, session)
      case 'response':
        return this.#response(line, hearing.mechanism)
      case 'refused':
        return this.#afterRefusal(line)
    }
  }

  /** A log-in was refused: more of its secrets may follow. */
  expectSecrets(): void {
    this.#secretsMayCome = true
  }

  /** Forgets all that waits. */
  forget(): void {
    this.#queue.clear()
    this.#lines.reset()
  }

  #command(line: ReadLine, session: Session): Step {
    if (line.type !== 'line') return this.#brokenCommand(line)
    const text = readCommandText(line.octets)
    const verb = text.ok ? verbOf(text.value) : ''
    // AUTH alone may be longer, for the initial response in it. RFC 4954 §4.
    if (verb !== 'AUTH' && line.octets.length + 2 > this.#options.limits.commandLine) {
      return this.#brokenCommand({ type: 'tooLong' })
    }
    const rules = commandRules(session, this.#options)
    const command = text.ok ? parseCommand(text.value, rules) : text
    this.#hear(line.octets)
    const step = command.ok
      ? stepFor(command.value, session, this.#options)
      : stepForUnreadable(verb, command.problem)
    return this.#strikes.command(verb) ?? step
  }

  #response(line: ReadLine, mechanism: ServerMechanism): Step {
    if (line.type !== 'line') {
      this.expectSecrets()
      const shown = brokenLineForRecord(line, this.#secretsMayCome)
      this.#out.push(this.#exchanges.goOn(shown))
      return this.#broken(line, replies.authLineTooLong)
    }
    const text = displayUtf8(line.octets)
    const cancelled = text === '*'
    this.#out.push(this.#exchanges.goOn(cancelled ? text : hidden))
    const step = stepForResponse(text, mechanism)
    if (step.type === 'refuse' && !cancelled) this.expectSecrets()
    return step
  }

  #afterRefusal(line: ReadLine): Step {
    if (line.type !== 'line') return this.#brokenCommand(line)
    const text = readCommandText(line.octets)
    this.#hear(line.octets)
    const quits = text.ok && text.value.toUpperCase() === 'QUIT'
    return quits ? hangUp(replies.goodbye, 'quit') : error(replies.refusedSession)
  }

  /** Puts a line into the record. */
  #hear(octets: Uint8Array): void {
    this.#out.push(this.#exchanges.begin(commandForRecord(octets, this.#secretsMayCome)))
    if (mayBeLogin(octets)) this.expectSecrets()
  }

  #brokenCommand(line: BrokenLine): Step {
    this.#out.push(this.#exchanges.begin(brokenLineForRecord(line, this.#secretsMayCome)))
    return this.#broken(line, replies.lineTooLong)
  }

  /** What to do about a line that is none, once it was heard. */
  #broken(line: BrokenLine, tooLong: replies.Reply): Step {
    // Nobody knows what stood in a line that was too long.
    if (line.type !== 'bareNewline' || mayBeLogin(line.octets)) this.expectSecrets()
    switch (line.type) {
      case 'bareNewline':
        return error(replies.lineNotEnded)
      case 'tooLong':
        return error(tooLong)
      case 'endless':
        return hangUp(replies.endlessLine, 'tooMuch')
    }
  }
}
