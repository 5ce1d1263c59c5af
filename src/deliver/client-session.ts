import type { Clock } from '../base/clock.ts'
import type { Peer, TlsFacts } from '../io/peer.ts'
import { describeTlsProblem } from '../io/tls-problem.ts'
import { ClientEngine } from '../smtp/client-engine.ts'
import { setback } from '../smtp/failure.ts'
import type {
  ClientInput,
  ClientOptions,
  ClientOutput,
  ClientTransaction,
  FailureCause,
  RecipientOutcome,
  Setback,
} from '../smtp/client-types.ts'
import type { Extensions } from '../smtp/extensions.ts'
import type { Reply } from '../smtp/reply.ts'
import { describeReply } from '../smtp/reply-format.ts'

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
  /** PEM certificates to trust beside the system's; `undefined` is the system's alone. */
  readonly trustAnchors: readonly string[] | undefined
}

/** A message under way. */
interface Sending {
  readonly transaction: ClientTransaction
  readonly content: AsyncIterator<Uint8Array>
  /** How much of the content was read. */
  octets: number
  readonly tell: (recipients: readonly RecipientOutcome[]) => void
}

/** How much may wait in the socket before the next part of a message is read. */
const highWater = 256 * 1024

const lingerMs = 2000

/** Ways in which a server does not answer. */
const brokenWords: Partial<Record<FailureCause, string>> = {
  connectionLost: 'the server hung up instead of answering',
  timeout: 'the server did not answer in time',
  malformedReply: 'the server answered with nonsense',
}

/**
 * Drives the client engine over one connection: greets, sends messages one after the other, quits.
 */
export class ClientSession {
  readonly #peer: Peer
  readonly #engine: ClientEngine
  readonly #clock: Clock
  readonly #input: ClientSessionInput
  readonly #lines: SessionLine[] = []
  #cancelWake: () => void = () => {}
  #inputs: ClientInput[] = []
  #running = false
  #over = false
  readonly #closed = Promise.withResolvers<void>()
  #tlsProblem: string | undefined
  #closedBecause: string | undefined
  #greeted = false
  #onReady: ((greeted: Greeted) => void) | undefined
  #sending: Sending | undefined
  #lastFailure: Setback | undefined

  constructor(input: ClientSessionInput) {
    this.#input = input
    this.#peer = input.peer
    this.#clock = input.clock
    this.#engine = new ClientEngine(input.options)
  }

  /** The TLS session, once there is one. */
  get tls(): TlsFacts | undefined {
    return this.#peer.tls
  }

  /** The reply to STARTTLS, when it was a refusal and the session went on in clear text. */
  get tlsRefusal(): Reply | undefined {
    return this.#engine.tlsRefusal
  }

  /**
   * How TLS ended the session before mail could be sent: at STARTTLS, in the handshake, or before the
   * answer to the EHLO behind it. The same server may well be ready to talk in clear text.
   */
  get tlsFailure(): string | undefined {
    const failure = this.#lastFailure
    if (failure === undefined || failure.because === 'brokenOff' || this.#greeted) return undefined
    if (this.#tlsProblem !== undefined) return this.#tlsProblem
    const { because, atCommand, reply } = failure
    if (atCommand === 'STARTTLS' && reply !== null) {
      return `STARTTLS was refused with "${describeReply(reply)}"`
    }
    const how = because === 'reply' ? undefined : brokenWords[because]
    if (how === undefined) return undefined
    if (atCommand === 'STARTTLS') return `${how} to STARTTLS`
    if (this.tls === undefined) return undefined
    const why = this.#closedBecause === undefined ? '' : ` (${this.#closedBecause})`
    return `the handshake was done, and then ${how} to ${atCommand}${why}`
  }

  /** Whether the connection can take another message. */
  get usable(): boolean {
    return !this.#over
  }

  /** Resolves when the connection is gone: after `quit`, when the other side has heard it. */
  get closed(): Promise<void> {
    return this.#closed.promise
  }

  /** Why the session ended early, when it did. */
  get failure(): Setback | undefined {
    return this.#lastFailure
  }

  /** All of a message is said, and its answer is to come. */
  get awaitsVerdict(): boolean {
    return !this.#over && this.#engine.awaitsVerdict
  }

  /** The lines since the last call: those that belong to one message. */
  takeLines(): readonly SessionLine[] {
    return this.#lines.splice(0)
  }

  /** Waits for the greeting, says EHLO, starts TLS and logs in as the options say. */
  greet(): Promise<Greeted> {
    return new Promise((resolve) => {
      this.#onReady = resolve
      this.#peer.open({
        octets: (octets) => this.#feed({ type: 'octets', octets }),
        ended: () => this.#feed({ type: 'peerClosed' }),
        closed: (problem) => {
          if (problem !== undefined) this.#closedBecause = describeTlsProblem({ message: problem })
          this.#feed({ type: 'peerClosed' })
          this.#end()
          this.#closed.resolve()
        },
      })
      this.#feed({ type: 'connected' })
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
        tell: resolve,
      }
      if (this.#over) this.#settleAll()
      else this.#feed({ type: 'transaction', transaction })
    })
  }

  /** Says QUIT and closes. */
  quit(): void {
    if (!this.#over) this.#feed({ type: 'quit' })
  }

  /** Ends the session whatever is under way; the outcome says `why`, which stands behind "because". */
  breakOff(why: string): void {
    if (!this.#over) this.#feed({ type: 'breakOff', why })
  }

  #feed(input: ClientInput): void {
    this.#inputs.push(input)
    if (this.#running) return
    this.#running = true
    for (let next = this.#inputs.shift(); next !== undefined; next = this.#inputs.shift()) {
      if (this.#over) continue
      for (const output of this.#engine.handle(next)) this.#do(output)
    }
    this.#running = false
  }

  #do(output: ClientOutput): void {
    switch (output.type) {
      case 'send':
        this.#peer.write(output.octets)
        return
      case 'startTls':
        void this.#startTls()
        return
      case 'ready':
        this.#greeted = true
        this.#ready({ type: 'ready', extensions: output.extensions })
        return
      case 'wantMessage':
        void this.#nextPart()
        return
      case 'outcome':
        this.#outcome(output.recipients)
        return
      case 'sessionFailed':
        this.#lastFailure = output.failure
        this.#ready({ type: 'failed', failure: output.failure })
        return
      case 'close':
        this.#end()
        this.#peer.end()
        // A server that never closes its side must not keep the socket.
        this.#cancelWake = this.#clock.setTimer(lingerMs, () => this.#peer.destroy())
        return
      case 'wake':
        this.#cancelWake()
        this.#cancelWake = this.#clock.setTimer(output.afterMs, () =>
          this.#feed({ type: 'deadline' }),
        )
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

  #end(): void {
    this.#over = true
    this.#cancelWake()
    this.#settleAll()
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
    if (this.#peer.backlog > highWater) await this.#peer.drained()
    const part = await nextOf(sending)
    // The session may have ended meanwhile, or another message may be under way.
    if (this.#sending !== sending) return
    // What cannot be read to its end must not get a final dot: nothing half is ever taken.
    if (part === 'unreadable') this.#feed({ type: 'messageFailed' })
    else this.#feed({ type: 'message', ...part })
  }

  async #startTls(): Promise<void> {
    const { serverName, trustAnchors, options } = this.#input
    const timeoutMs = options.timeouts.tlsMs
    const started = await this.#peer.startTls({
      side: 'client',
      serverName,
      trustAnchors,
      timeoutMs,
    })
    if (started.type === 'failed') this.#tlsProblem = started.problem
    this.#feed({ type: started.type === 'started' ? 'tlsStarted' : 'tlsFailed' })
  }
}

/** The next part of the content; `unreadable` also when it is not as long as the envelope said. */
async function nextOf(
  sending: Sending,
): Promise<{ readonly octets: Uint8Array; readonly last: boolean } | 'unreadable'> {
  const { size } = sending.transaction
  try {
    const { done, value } = await sending.content.next()
    if (done === true) {
      const whole = size === null || sending.octets === size
      return whole ? { octets: new Uint8Array(0), last: true } : 'unreadable'
    }
    sending.octets += value.length
    return { octets: value, last: false }
  } catch {
    return 'unreadable'
  }
}

/** What was not read is let go, so that a file behind it is closed; how that ends tells nothing. */
function letGo(content: AsyncIterator<Uint8Array>): void {
  content.return?.().catch(() => {})
}
