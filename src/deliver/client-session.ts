import type { Clock } from '../base/clock.ts'
import { EngineDriver } from '../io/engine-driver.ts'
import type { Peer, TlsStart } from '../io/peer.ts'
import type { TlsCheck } from '../io/tls-role.ts'
import type { TlsFacts } from '../io/tls-facts.ts'
import { scramProof } from '../io/scram.ts'
import { describeTlsProblem } from '../io/tls-problem.ts'
import { ClientEngine } from '../smtp/client-engine.ts'
import type {
  AtCommand,
  ClientInput,
  ClientOptions,
  ClientOutput,
  ClientTransaction,
  RecipientOutcome,
  RefusedLogin,
  Setback,
} from '../smtp/client-types.ts'
import type { Extensions } from '../smtp/ehlo.ts'
import { setback } from '../smtp/failure.ts'
import type { Reply } from '../smtp/reply.ts'
import { letGo, nextOf, type Sending } from './session-content.ts'
import { describeTlsFailure, type TlsHandshake } from './tls-failure.ts'

/** A line of the dialogue, with its time. */
export interface SessionLine {
  readonly from: 'client' | 'server'
  readonly text: string
  readonly at: number
}

export type Greeted =
  | { readonly type: 'ready'; readonly extensions: Extensions }
  | { readonly type: 'failed'; readonly failure: Setback }

export interface ClientSessionInput {
  readonly peer: Peer
  readonly options: ClientOptions
  readonly clock: Clock
  /** Name that the other server's certificate is asked for and checked against. */
  readonly serverName: string
  /** PEM certificates to trust; `undefined` is the system's own set. */
  readonly trustAnchors: readonly string[] | undefined
  /** What a TLS session lacks, so that it must not begin; absent: any will do. */
  readonly lacks?: TlsCheck | undefined
}

/** How much may wait in the socket before the next part of a message is read. */
const highWater = 256 * 1024

const lingerMs = 2000

/** A connection to a server: greets, sends messages one after the other, quits. */
export class ClientSession {
  readonly #peer: Peer
  readonly #driver: EngineDriver<ClientInput, ClientOutput>
  readonly #clock: Clock
  readonly #lines: SessionLine[] = []
  readonly #closed = Promise.withResolvers<void>()
  #handshake: TlsHandshake
  #tlsRefusal: Reply | undefined
  #refusedLogins: readonly RefusedLogin[] = []
  #closedBecause: string | undefined
  #greeted = false
  #takesEightBit = false
  #onReady: ((greeted: Greeted) => void) | undefined
  #sending: Sending | undefined
  /** The engine has asked for the next part of the content. */
  #wanted = false
  #lastFailure: Setback | undefined
  #doing: AtCommand = 'CONNECT'

  constructor(input: ClientSessionInput) {
    const { peer, options, clock, serverName, trustAnchors, lacks } = input
    const { tlsMs: timeoutMs } = options.timeouts
    this.#peer = peer
    this.#clock = clock
    this.#handshake = { type: peer.tls === undefined ? 'none' : 'done' }
    this.#driver = new EngineDriver({
      peer,
      engine: new ClientEngine(options),
      clock,
      tlsRole: { side: 'client', serverName, trustAnchors, timeoutMs, lacks },
      lingerMs,
      user: {
        take: (output: ClientOutput) => this.#take(output),
        tlsEnded: (outcome: TlsStart) => {
          this.#handshake = outcome.type === 'started' ? { type: 'done' } : outcome
        },
        closed: (problem: string | undefined) => this.#gone(problem),
      },
    })
  }

  /** The TLS session, once there is one. */
  get tls(): TlsFacts | undefined {
    return this.#peer.tls
  }

  /** Our address that the server was called from; empty for a socket of this machine. */
  get from(): string {
    return this.#peer.local.ip
  }

  /** The server has greeted us, and we it. */
  get greeted(): boolean {
    return this.#greeted
  }

  /** It offers 8BITMIME. RFC 6152. */
  get takesEightBit(): boolean {
    return this.#takesEightBit
  }

  /** The reply to STARTTLS, when it was a refusal and the session went on in clear text. */
  get tlsRefusal(): Reply | undefined {
    return this.#tlsRefusal
  }

  /**
   * How TLS ended the session before mail could be sent: at STARTTLS, in the handshake, or before the
   * answer to the EHLO behind it. The same server may well be ready to talk in clear text.
   */
  get tlsFailure(): string | undefined {
    const failure = this.#lastFailure
    if (failure === undefined || this.#greeted) return undefined
    return describeTlsFailure(failure, {
      handshake: this.#handshake,
      closedBecause: this.#closedBecause,
    })
  }

  /** Whether the connection can take another message. */
  get usable(): boolean {
    return !this.#driver.closing
  }

  /** Resolves when the connection is gone: after `quit`, when the other side has heard it. */
  get closed(): Promise<void> {
    return this.#closed.promise
  }

  /** All of a message is said, and its answer is to come: breaking off now may send it twice. */
  get awaitsVerdict(): boolean {
    return this.#sending?.allSent === true
  }

  /** How it refused to let us log in, by mechanisms that it offers, before it did. */
  get refusedLogins(): readonly RefusedLogin[] {
    return this.#refusedLogins
  }

  /** What is waited for now: the answer to this command, or room for more of the message. */
  get doing(): AtCommand {
    return this.#doing
  }

  /** The lines since the last call: those that belong to one message. */
  takeLines(): readonly SessionLine[] {
    return this.#lines.splice(0)
  }

  /** Waits for the greeting, says EHLO, starts TLS and logs in as the options say. */
  greet(): Promise<Greeted> {
    return new Promise((resolve) => {
      this.#onReady = resolve
      this.#driver.start()
    })
  }

  /**
   * Sends one message. Gives one outcome for each recipient, in order; never rejects, and never waits
   * for a session that is over: ask `usable` before, to know that it can be sent.
   */
  send(
    transaction: ClientTransaction,
    content: AsyncIterable<Uint8Array>,
  ): Promise<readonly RecipientOutcome[]> {
    if (this.#sending !== undefined) throw new Error('ClientSession: one message at a time')
    return new Promise((resolve) => {
      this.#sending = {
        transaction,
        content: content[Symbol.asyncIterator](),
        octets: 0,
        allSent: false,
        tell: resolve,
      }
      if (this.usable) this.#driver.feed({ type: 'transaction', transaction })
      else this.#settleAll()
    })
  }

  /** Says QUIT and closes. */
  quit(): void {
    this.#driver.feed({ type: 'quit' })
  }

  /** Ends the session whatever is under way; the outcome says `why`, which stands behind "because". */
  breakOff(why: string): void {
    this.#driver.feed({ type: 'breakOff', why })
  }

  #take(output: ClientOutput): void {
    switch (output.type) {
      case 'send':
      case 'read':
      case 'wake':
      case 'startTls':
        this.#driver.perform(output)
        return
      case 'derive':
        void scramProof(output.wish).then((proof) => this.#driver.feed({ type: 'derived', proof }))
        return
      case 'ready':
        this.#greeted = true
        this.#takesEightBit = output.extensions.eightBitMime
        this.#tlsRefusal = output.tlsRefusal ?? undefined
        this.#refusedLogins = output.refusedLogins
        this.#ready({ type: 'ready', extensions: output.extensions })
        return
      case 'wantMessage':
        // What is short leaves with its end, in one piece.
        this.#driver.gather(true)
        this.#wanted = true
        void this.#nextPart()
        return
      case 'doing':
        this.#doing = output.atCommand
        return
      case 'allSent':
        if (this.#sending !== undefined) this.#sending.allSent = true
        this.#driver.gather(false)
        return
      case 'outcome':
        this.#driver.gather(false)
        this.#outcome(output.recipients)
        return
      case 'sessionFailed':
        this.#lastFailure = output.failure
        this.#ready({ type: 'failed', failure: output.failure })
        return
      case 'close':
        this.#driver.perform(output)
        this.#settleAll()
        return
      case 'line':
        this.#lines.push({ from: output.from, text: output.text, at: this.#clock.now() })
        return
    }
  }

  #ready(greeted: Greeted): void {
    const tell = this.#onReady
    this.#onReady = undefined
    tell?.(greeted)
  }

  #outcome(recipients: readonly RecipientOutcome[]): void {
    const sending = this.#sending
    this.#sending = undefined
    if (sending === undefined) return
    letGo(sending.content)
    sending.tell(recipients)
  }

  #gone(problem: string | undefined): void {
    if (problem !== undefined) this.#closedBecause = describeTlsProblem({ message: problem })
    this.#settleAll()
    this.#closed.resolve()
  }

  /** Nothing more comes of this session: whoever still waits for something is told so. */
  #settleAll(): void {
    const failure = this.#lastFailure ?? setback('connectionLost', 'CONNECT')
    this.#ready({ type: 'failed', failure })
    this.#outcome(this.#sending?.transaction.recipients.map(() => failure) ?? [])
  }

  async #nextPart(): Promise<void> {
    const sending = this.#sending
    if (sending === undefined) return
    if (this.#driver.backlog > highWater) await this.#driver.drained()
    const part = await nextOf(sending)
    // The session may have ended meanwhile, or another message may be under way.
    if (this.#sending !== sending) return
    // What cannot be read to its end must not get a final dot: nothing half is ever taken.
    if (part === 'unreadable') this.#driver.feed({ type: 'messageFailed' })
    else {
      this.#wanted = false
      this.#driver.feed({ type: 'message', ...part })
      // What was said waits for its answer, and nothing comes with it.
      if (!this.#wanted) this.#driver.gather(false)
    }
  }
}
