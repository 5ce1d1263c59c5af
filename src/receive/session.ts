import type { Clock } from '../base/clock.ts'
import type { Peer, TlsFacts, TlsRole } from '../io/peer.ts'
import type { Reply } from '../smtp/reply.ts'
import { ServerEngine } from '../smtp/server-engine.ts'
import type {
  Answer,
  CloseReason,
  MessageFacts,
  Question,
  References,
  ServerInput,
  ServerOptions,
  ServerOutput,
  Session,
} from '../smtp/server-types.ts'
import { faultReply } from './replies.ts'

/** Who answers the engine's questions and takes the message: one for each connection. */
export interface SessionHandler {
  /** Decides. An answer at once is as good as a promise, and cheaper. */
  answer(question: Question, session: Session): Answer | Promise<Answer>
  /** Message content as it arrives. While a promise is open the peer is not read from. */
  content(octets: Uint8Array): Promise<void> | undefined
  /** The content is over; for `complete` the `message` question follows. */
  contentEnd(ending: 'complete' | 'refused' | 'abandoned', facts: MessageFacts): void
  /**
   * The transaction was dropped before its message was whole; of content that was under way
   * `contentEnd` is told first. `closing`: why the session ends with it; `null` when it goes on.
   */
  dropped(closing: CloseReason | null): void
  /** The engine itself has refused the command of the last line. */
  refused(heard: 'command' | 'response'): void
  tlsStarted(facts: TlsFacts): void
  tlsFailed(problem: string): void
  /** One line of the dialogue, for the record. */
  line(from: 'client' | 'server', text: string): void
  /** The connection is over. Always called, once, last. */
  closed(reason: string): void
  /** What refusals refer to now. */
  references(): References
  /** A handler failed where it must not, and the letter under way with it. The client hears `reply`. */
  broken(problem: unknown, reply: Reply): void
}

/**
 * Drives the server engine over one connection: octets in, replies out, questions to the handler.
 * Everything that is protocol is in the engine; everything that is decision is in the handler.
 */
export class ReceiveSession {
  readonly #peer: Peer
  readonly #engine: ServerEngine
  readonly #handler: SessionHandler
  readonly #tlsRole: TlsRole | undefined
  readonly #clock: Clock
  readonly #onClosed: () => void
  #cancelWake: () => void = () => {}
  #inputs: ServerInput[] = []
  #running = false
  #paused = 0
  #reading = true
  #reason: CloseReason | 'lost' = 'lost'
  #closing = false
  /** The handler is still busy with content that it was given. */
  #held: Promise<void> | undefined
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
    this.#peer = input.peer
    this.#engine = new ServerEngine(input.options)
    this.#onClosed = input.onClosed
    this.#handler = input.handler
    this.#tlsRole = input.tlsRole
    this.#clock = input.clock
  }

  /** Greets, and lives until the connection ends. */
  start(): void {
    this.#peer.open({
      octets: (octets) => this.#feed({ type: 'octets', octets }),
      ended: () => this.#feed({ type: 'peerClosed' }),
      closed: (problem) => this.#gone(problem),
    })
    this.#feed({ type: 'connected' })
  }

  /** Ends with 421 as soon as nothing is under way. */
  shutdown(): void {
    this.#feed({ type: 'shutdown' })
  }

  /** Ends with 421 now, in the middle of a message too. */
  stop(): void {
    // Even when the connection has to be cut off before the engine can say anything.
    if (!this.#closing) this.#reason = 'shutdown'
    this.#feed({ type: 'graceOver' })
  }

  /** Drops the connection at once. It is we who do: the record must not say that the client left. */
  abort(): void {
    this.stop()
    this.#peer.destroy()
  }

  /** Inputs are worked off one after the other, also those that come up while one is handled. */
  #feed(input: ServerInput): void {
    this.#inputs.push(input)
    if (this.#running) return
    this.#running = true
    // The replies to commands that came together leave together (RFC 2920 §3.2).
    this.#peer.hold()
    for (let next = this.#inputs.shift(); next !== undefined; next = this.#inputs.shift()) {
      if (this.#closing && next.type !== 'peerClosed') continue
      this.#engine.setReferences(this.#handler.references())
      for (const output of this.#engine.handle(next)) this.#do(output)
    }
    this.#peer.flush()
    this.#running = false
    this.#followWishes()
  }

  /**
   * Reads no further while the engine has enough waiting. After the end all is read and thrown away:
   * the client's own end stands behind it.
   */
  #followWishes(): void {
    const wants = this.#closing || this.#engine.wantsOctets
    if (wants === this.#reading) return
    this.#reading = wants
    if (wants) this.#release()
    else this.#pause()
  }

  #do(output: ServerOutput): void {
    switch (output.type) {
      case 'send':
        this.#peer.write(output.octets)
        return
      case 'ask':
        this.#ask(output.question)
        return
      case 'message':
        if (this.#fault === undefined) this.#hold(this.#content(output.octets))
        return
      case 'messageEnd':
        if (output.ending !== 'complete') this.#fault = undefined
        this.#handler.contentEnd(output.ending, output.facts)
        if (output.ending === 'abandoned') this.#handler.dropped(output.closing)
        return
      case 'transactionDropped':
        this.#handler.dropped(output.closing)
        return
      case 'refused':
        this.#handler.refused(output.heard)
        return
      case 'startTls':
        void this.#startTls()
        return
      case 'close':
        this.#reason = output.reason
        this.#closing = true
        this.#cancelWake()
        this.#closePeer()
        return
      case 'wake':
        this.#cancelWake()
        this.#cancelWake = this.#clock.setTimer(output.afterMs, () =>
          this.#feed({ type: 'deadline' }),
        )
        return
      case 'line':
        this.#handler.line(output.from, output.text)
        return
    }
  }

  #ask(question: Question): void {
    if (question.type === 'message' && this.#held !== undefined) {
      void this.#held.then(() => this.#ask(question))
      return
    }
    if (question.type === 'message' && this.#fault !== undefined) {
      this.#feed({ type: 'answer', answer: { type: 'reject', reply: this.#fault } })
      this.#fault = undefined
      return
    }
    const answer = this.#answerTo(question)
    if (!(answer instanceof Promise)) {
      this.#feed({ type: 'answer', answer })
      return
    }
    answer.then(
      (value) => this.#feed({ type: 'answer', answer: value }),
      (problem: unknown) => {
        const reply = faultReply(problem)
        this.#handler.broken(problem, reply)
        this.#feed({ type: 'answer', answer: { type: 'reject', reply } })
      },
    )
  }

  #answerTo(question: Question): Answer | Promise<Answer> {
    try {
      return this.#handler.answer(question, this.#engine.session)
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
    this.#pause()
    const held = done
      .catch((problem: unknown) => {
        // What is left of the message is read and thrown away; its answer is this.
        this.#fault = faultReply(problem)
        this.#handler.broken(problem, this.#fault)
      })
      .then(() => {
        if (this.#held === held) this.#held = undefined
        this.#release()
      })
    this.#held = held
  }

  #pause(): void {
    this.#paused++
    this.#peer.pause()
  }

  #release(): void {
    this.#paused--
    if (this.#paused === 0) this.#peer.resume()
  }

  async #startTls(): Promise<void> {
    if (this.#tlsRole === undefined)
      throw new Error('ReceiveSession: STARTTLS without a certificate')
    const started = await this.#peer.startTls(this.#tlsRole)
    if (started.type === 'started') {
      this.#handler.tlsStarted(started.facts)
      this.#feed({ type: 'tlsStarted' })
    } else {
      // When the time for it was over, that is why, and not what was then done.
      this.#handler.tlsFailed(this.#reason === 'timeout' ? tlsTookTooLong : started.problem)
      this.#feed({ type: 'peerClosed' })
    }
  }

  #closePeer(): void {
    this.#peer.end()
    // A client that never closes its side must not keep the socket.
    this.#cancelWake = this.#clock.setTimer(lingerMs, () => this.#peer.destroy())
  }

  #gone(problem: string | undefined): void {
    this.#feed({ type: 'peerClosed' })
    this.#cancelWake()
    this.#handler.closed(this.#reason === 'lost' ? (problem ?? 'lost') : this.#reason)
    this.#onClosed()
  }
}

const lingerMs = 5000
const tlsTookTooLong = 'the TLS handshake took too long'
