import type { Clock } from '../base/clock.ts'
import { EngineDriver } from '../io/engine-driver.ts'
import type { Peer, TlsStart } from '../io/peer.ts'
import type { TlsRole } from '../io/tls-role.ts'
import type { TlsFacts } from '../io/tls-facts.ts'
import type { Reply } from '../smtp/reply.ts'
import { freshSession } from '../smtp/server-answers.ts'
import { ServerEngine } from '../smtp/server-engine.ts'
import type {
  Answer,
  CloseReason,
  MessageFacts,
  Question,
  ServerInput,
  ServerOptions,
  ServerOutput,
  Session,
} from '../smtp/server-types.ts'
import type { DueReply, Said } from './port.ts'
import { faultReply } from './replies.ts'

/** A line of the client, as the engine shows it. */
export type Heard = ServerOutput & { readonly type: 'heard' }

/** A reply, as the engine wants it said. */
export type Spoken = ServerOutput & { readonly type: 'reply' }

/** Who answers the engine's questions and takes the message: one for each connection. */
export interface SessionHandler {
  /** Decides. An answer at once is as good as a promise, and cheaper. */
  answer(question: Question, session: Session): Answer | Promise<Answer>
  /** Message content as it arrives. While a promise is open the peer is not read from. */
  content(octets: Uint8Array): Promise<void> | undefined
  /** The engine refuses the message, of which all has come; its reply is said next. */
  messageRefused(facts: MessageFacts, reply: Reply): void
  /**
   * The transaction was dropped before its message was whole. `closing`: why the session ends with
   * it; `null` when it goes on.
   */
  dropped(closing: CloseReason | null): void
  /** One line of the client, for the record. */
  heard(line: Heard): void
  /** Writes a reply down, and gives the lines in which it is said. */
  reply(spoken: Spoken): readonly string[]
  /** How a reply is said; absent: as it is. */
  readonly say?: ((due: DueReply) => Said) | undefined
  tlsStarted(facts: TlsFacts): void
  tlsFailed(problem: string): void
  /** The connection is over. Always called, once, last. */
  closed(reason: string, session: Session): void
  /** A handler failed where it must not, and the letter under way with it. The client hears `reply`. */
  broken(problem: unknown, reply: Reply): void
}

/**
 * A connection of a client: questions go to the handler, and so does content, which may take its
 * time. Everything that is protocol is in the engine, and everything that is decision in the handler.
 */
export class ReceiveSession {
  readonly #driver: EngineDriver<ServerInput, ServerOutput>
  readonly #handler: SessionHandler
  readonly #onClosed: () => void
  /** What is known of the session, as the engine has told last. */
  #session: Session = freshSession(null)
  #reason: CloseReason | 'lost' | 'fault' = 'lost'
  /** The handler is still busy with content that it was given. */
  #held: Promise<void> | undefined
  /** The command that came last. */
  #heard: Heard | undefined
  /** Why the message under way cannot be taken, once its content could not be kept. */
  #fault: Reply | undefined

  constructor(input: {
    readonly peer: Peer
    readonly options: ServerOptions
    readonly handler: SessionHandler
    readonly tlsRole: TlsRole | undefined
    readonly clock: Clock
    /** Called last of all, when the connection is gone. */
    readonly onClosed: () => void
  }) {
    const { peer, options, clock, tlsRole } = input
    this.#handler = input.handler
    this.#onClosed = input.onClosed
    const engine = new ServerEngine(options)
    const user = {
      take: (output: ServerOutput) => this.#take(output),
      tlsEnded: (outcome: TlsStart) => this.#tlsEnded(outcome),
      closed: (problem: string | undefined) => this.#gone(problem),
    }
    this.#driver = new EngineDriver({ peer, engine, clock, tlsRole, lingerMs, user })
  }

  /** Greets, and lives until the connection ends. */
  start(): void {
    this.#driver.start()
  }

  /** Ends with 421 as soon as nothing is under way. */
  shutdown(): void {
    this.#driver.feed({ type: 'shutdown' })
  }

  /** Ends with 421 now, in the middle of a message too. */
  stop(): void {
    // Even when the connection has to be cut off before the engine can say anything.
    if (!this.#driver.closing) this.#reason = 'shutdown'
    this.#driver.feed({ type: 'graceOver' })
  }

  /** Drops the connection at once without a word, as a server does that breaks. */
  drop(): void {
    this.#reason = 'fault'
    this.#driver.destroy()
  }

  /** Drops the connection at once. It is we who do: the record must not say that the client left. */
  abort(): void {
    this.stop()
    this.#driver.destroy()
  }

  #take(output: ServerOutput): void {
    switch (output.type) {
      case 'send':
      case 'read':
      case 'wake':
        this.#driver.perform(output)
        return
      case 'startTls':
        // A fault has ended the session instead.
        if (!this.#driver.closing) this.#driver.perform(output)
        return
      case 'heard':
        this.#heard = output
        this.#handler.heard(output)
        return
      case 'reply':
        this.#say(output)
        return
      case 'ask':
        this.#session = output.session
        this.#ask(output.question)
        return
      case 'message':
        if (this.#fault === undefined) this.#hold(this.#content(output.octets))
        return
      case 'messageEnd':
        if (output.ending === 'complete') return
        this.#fault = undefined
        if (output.ending === 'abandoned') this.#handler.dropped(output.closing)
        else this.#handler.messageRefused(output.facts, output.reply)
        return
      case 'transactionDropped':
        this.#handler.dropped(output.closing)
        return
      case 'close':
        this.#reason = output.reason
        this.#session = output.session
        this.#driver.perform(output)
        return
    }
  }

  #say(spoken: Spoken): void {
    const text = `${this.#handler.reply(spoken).join('\r\n')}\r\n`
    if (this.#handler.say === undefined) {
      this.#driver.say(text)
      return
    }
    const command = this.#heard?.exchange === spoken.exchange ? this.#heard.command : ''
    const said = this.#handler.say({ command, code: spoken.reply.code, text })
    this.#driver.say(said.text)
    if (said.next === 'drop') this.drop()
    if (said.next === 'close') {
      this.#reason = 'fault'
      this.#driver.perform({ type: 'close' })
    }
  }

  #ask(question: Question): void {
    if (question.type === 'message' && this.#held !== undefined) {
      void this.#held.then(() => this.#ask(question))
      return
    }
    if (question.type === 'message' && this.#fault !== undefined) {
      this.#answer({ type: 'reject', reply: this.#fault })
      this.#fault = undefined
      return
    }
    const answer = this.#answerTo(question)
    if (!(answer instanceof Promise)) {
      this.#answer(answer)
      return
    }
    answer.then(
      (value) => this.#answer(value),
      (problem: unknown) => {
        const reply = faultReply(problem)
        this.#handler.broken(problem, reply)
        this.#answer({ type: 'reject', reply })
      },
    )
  }

  #answer(answer: Answer): void {
    this.#driver.feed({ type: 'answer', answer })
  }

  #answerTo(question: Question): Answer | Promise<Answer> {
    try {
      return this.#handler.answer(question, this.#session)
    } catch (problem) {
      // One session's fault must not end the others.
      return Promise.reject(problem instanceof Error ? problem : new Error(String(problem)))
    }
  }

  #content(octets: Uint8Array): Promise<void> | undefined {
    try {
      return this.#handler.content(octets)
    } catch (problem) {
      return Promise.reject(problem instanceof Error ? problem : new Error(String(problem)))
    }
  }

  /** Stops reading while the handler is behind: that is all of back-pressure. */
  #hold(done: Promise<void> | undefined): void {
    if (done === undefined) return
    const release = this.#driver.hold()
    const held = done
      .catch((problem: unknown) => {
        // What is left of the message is read and thrown away; its answer is this.
        this.#fault = faultReply(problem)
        this.#handler.broken(problem, this.#fault)
      })
      .then(() => {
        if (this.#held === held) this.#held = undefined
        release()
      })
    this.#held = held
  }

  #tlsEnded(outcome: TlsStart): void {
    if (outcome.type === 'started') this.#handler.tlsStarted(outcome.facts)
    // When the time for it was over, that is why, and not what was then done.
    else this.#handler.tlsFailed(this.#reason === 'timeout' ? tlsTookTooLong : outcome.problem)
  }

  #gone(problem: string | undefined): void {
    const reason = this.#reason === 'lost' ? (problem ?? 'lost') : this.#reason
    this.#handler.closed(reason, this.#session)
    this.#onClosed()
  }
}

const lingerMs = 5000
const tlsTookTooLong = 'the TLS handshake took too long'
