import type { Clock } from '../base/clock.ts'
import type { Peer, TlsFacts } from '../io/peer.ts'
import { ClientEngine } from '../smtp/client-engine.ts'
import type {
  ClientInput,
  ClientOptions,
  ClientOutput,
  ClientTransaction,
  Failure,
  RecipientOutcome,
} from '../smtp/client-types.ts'
import type { Extensions } from '../smtp/extensions.ts'

/** A line of the dialogue, with its time. */
export interface SessionLine {
  readonly from: 'client' | 'server'
  readonly text: string
  readonly at: number
}

export type Greeted =
  | { readonly type: 'ready'; readonly extensions: Extensions }
  | { readonly type: 'failed'; readonly failure: Failure }

export interface ClientSessionInput {
  readonly peer: Peer
  readonly options: ClientOptions
  readonly clock: Clock
  /** Name that the other server's certificate is asked for and checked against. */
  readonly serverName: string
  /** PEM certificates to trust beside the system's; `undefined` is the system's alone. */
  readonly trustAnchors: readonly string[] | undefined
}

/** How much may wait in the socket before the next part of a message is read. */
const highWater = 256 * 1024

const lingerMs = 2000

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
  #onReady: ((greeted: Greeted) => void) | undefined
  #onOutcome: ((recipients: readonly RecipientOutcome[]) => void) | undefined
  #content: AsyncIterator<Uint8Array> | undefined
  #lastFailure: Failure | undefined

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

  /** Why the handshake failed, when it did. */
  get tlsProblem(): string | undefined {
    return this.#tlsProblem
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
  get failure(): Failure | undefined {
    return this.#lastFailure
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
        closed: () => {
          this.#feed({ type: 'peerClosed' })
          this.#end()
          this.#closed.resolve()
        },
      })
      this.#feed({ type: 'connected' })
    })
  }

  /** Sends one message. Gives one outcome for each recipient, in order; never rejects. */
  send(
    transaction: ClientTransaction,
    content: AsyncIterable<Uint8Array>,
  ): Promise<readonly RecipientOutcome[]> {
    return new Promise((resolve) => {
      this.#onOutcome = resolve
      this.#content = content[Symbol.asyncIterator]()
      this.#feed({ type: 'transaction', transaction })
    })
  }

  /** Says QUIT and closes. */
  quit(): void {
    if (!this.#over) this.#feed({ type: 'quit' })
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
    const tell = this.#onOutcome
    this.#onOutcome = undefined
    // What was not read is let go, so that a file behind it is closed.
    void this.#content?.return?.()
    this.#content = undefined
    tell?.(recipients)
  }

  #end(): void {
    this.#over = true
    this.#cancelWake()
  }

  async #nextPart(): Promise<void> {
    const content = this.#content
    if (content === undefined) return
    if (this.#peer.backlog > highWater) await this.#peer.drained()
    try {
      const { done, value } = await content.next()
      if (this.#content !== content) return
      const octets = done === true ? new Uint8Array(0) : value
      this.#feed({ type: 'message', octets, last: done === true })
    } catch {
      // The message cannot be read from disk: the engine breaks off, so nothing half is taken.
      this.#feed({ type: 'messageFailed' })
    }
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
