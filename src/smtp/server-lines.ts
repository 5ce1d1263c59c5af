import { displayUtf8 } from '../base/utf8.ts'
import type { ServerMechanism } from '../sasl/mechanism.ts'
import { parseCommand, readCommandText, verbOf } from './command.ts'
import { LineReader, type ReadLine } from '../wire/line-reader.ts'
import type { OctetQueue } from '../wire/octet-queue.ts'
import * as replies from './reply.ts'
import { stepForResponse } from './server-auth.ts'
import { commandRules, stepFor, stepForUnreadable } from './server-rules.ts'
import { error, hangUp, type Step } from './server-step.ts'
import type { ServerOptions, Session } from './server-types.ts'
import type { Strikes } from './strikes.ts'
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
 * Hears the client's lines: takes them from the queue, puts them into the record (passwords as
 * `(hidden)`), and says for each what to do about it.
 */
export class ClientLines {
  readonly #queue: OctetQueue
  readonly #lines: LineReader
  readonly #options: ServerOptions
  readonly #strikes: Strikes
  readonly #heard: (text: string) => void
  /**
   * After any try to log in, in whatever form, a line that is no command may be a password. It stays
   * so: whoever stumbled once has lost the step of the dialogue, and may send anything.
   */
  #secretsMayCome = false

  /** `heard` gets each line as it is to be recorded, before its step is given. */
  constructor(
    queue: OctetQueue,
    parts: {
      readonly options: ServerOptions
      readonly strikes: Strikes
      readonly heard: (text: string) => void
    },
  ) {
    this.#queue = queue
    this.#lines = new LineReader(queue)
    this.#options = parts.options
    this.#strikes = parts.strikes
    this.#heard = parts.heard
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
    if (line.type !== 'line') return this.#broken(line, replies.lineTooLong)
    const text = readCommandText(line.octets)
    const verb = text.ok ? verbOf(text.value) : ''
    // AUTH alone may be longer, for the initial response in it. RFC 4954 §4.
    if (verb !== 'AUTH' && line.octets.length + 2 > this.#options.limits.commandLine) {
      return this.#broken({ type: 'tooLong' }, replies.lineTooLong)
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
      return this.#broken(line, replies.authLineTooLong)
    }
    const text = displayUtf8(line.octets)
    const cancelled = text === '*'
    this.#heard(cancelled ? text : hidden)
    const step = stepForResponse(text, mechanism)
    if (step.type === 'refuse' && !cancelled) this.expectSecrets()
    return step
  }

  #afterRefusal(line: ReadLine): Step {
    if (line.type !== 'line') return this.#broken(line, replies.lineTooLong)
    const text = readCommandText(line.octets)
    this.#hear(line.octets)
    const quits = text.ok && text.value.toUpperCase() === 'QUIT'
    return quits ? hangUp(replies.goodbye, 'quit') : error(replies.refusedSession)
  }

  /** Puts a line into the record. */
  #hear(octets: Uint8Array): void {
    this.#heard(commandForRecord(octets, this.#secretsMayCome))
    if (mayBeLogin(octets)) this.expectSecrets()
  }

  #broken(line: BrokenLine, tooLong: replies.Reply): Step {
    this.#heard(brokenLineForRecord(line, this.#secretsMayCome))
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
