import type { Clock } from '../base/clock.ts'
import type { CommonOutput, Engine } from '../wire/engine.ts'
import { concat, encodeUtf8 } from '../base/octets.ts'
import type { Peer, TlsStart } from './peer.ts'
import type { TlsRole } from './tls-role.ts'
import type { TlsFacts } from './tls-facts.ts'

/** What the driver tells an engine by itself. */
export type DriverInput =
  | { readonly type: 'connected'; readonly tls: TlsFacts | null }
  | { readonly type: 'octets'; readonly octets: Uint8Array }
  | { readonly type: 'tlsStarted'; readonly tls: TlsFacts }
  | { readonly type: 'tlsFailed' }
  | { readonly type: 'deadline' }
  | { readonly type: 'peerClosed' }

/** What the driver does for an engine. */
export type DriverOutput =
  | CommonOutput
  | { readonly type: 'startTls' }
  /** Send what is unsent, and close. Nothing is told to the engine any more. */
  | { readonly type: 'close' }

/** What a driver needs of a connection. */
export type DrivenPeer = Pick<
  Peer,
  | 'tls'
  | 'backlog'
  | 'open'
  | 'write'
  | 'hold'
  | 'flush'
  | 'drained'
  | 'pause'
  | 'resume'
  | 'end'
  | 'destroy'
  | 'startTls'
>

/** Whose engine is driven. */
export interface EngineUser<Out> {
  /** Each output in its order. What is the driver's to do goes on to `perform`. */
  take(output: Out): void
  /** The handshake that was asked for is over; the engine hears of it next. */
  tlsEnded(outcome: TlsStart): void
  /** The connection is gone, and the engine has heard of it. Called once, last. */
  closed(problem: string | undefined): void
}

/** How much is gathered, while it is held back, before it leaves all the same. */
const mostHeld = 64 * 1024

/**
 * Drives one engine over one connection: octets in, outputs out, one timer. What is sent in one turn
 * leaves in one write. A turn lasts until every input is worked off, also those that come up while
 * one is handled.
 */
export class EngineDriver<In, Out> {
  readonly #peer: DrivenPeer
  readonly #engine: Engine<In | DriverInput, Out>
  readonly #clock: Clock
  readonly #tlsRole: TlsRole | undefined
  readonly #lingerMs: number
  readonly #user: EngineUser<Out>
  readonly #inputs: (In | DriverInput)[] = []
  #state: 'idle' | 'turn' | 'closing' = 'idle'
  #cancelWake: () => void = () => {}
  /** What was said in this turn, and where octets followed, what stands before. */
  #text = ''
  #unsent: Uint8Array[] = []
  #unsentOctets = 0
  #gathering = false
  #wanted = true
  #holds = 0
  #flowing = true

  constructor(input: {
    readonly peer: DrivenPeer
    readonly engine: Engine<In | DriverInput, Out>
    readonly clock: Clock
    /** Absent: TLS is never started here. */
    readonly tlsRole: TlsRole | undefined
    /** How long the other side may take to close after us. */
    readonly lingerMs: number
    readonly user: EngineUser<Out>
  }) {
    this.#peer = input.peer
    this.#engine = input.engine
    this.#clock = input.clock
    this.#tlsRole = input.tlsRole
    this.#lingerMs = input.lingerMs
    this.#user = input.user
  }

  /** The engine has ended it. */
  get closing(): boolean {
    return this.#state === 'closing'
  }

  /** Octets that were said and have not left. */
  get backlog(): number {
    return this.#unsentOctets + this.#peer.backlog
  }

  /** Begins, and goes on until the connection ends. */
  start(): void {
    this.#peer.open({
      octets: (octets) => this.feed({ type: 'octets', octets }),
      ended: () => this.feed({ type: 'peerClosed' }),
      closed: (problem) => {
        this.feed({ type: 'peerClosed' })
        this.#cancelWake()
        this.#user.closed(problem)
      },
    })
    this.feed({ type: 'connected', tls: this.#peer.tls ?? null })
  }

  feed(input: In | DriverInput): void {
    this.#inputs.push(input)
    if (this.#state === 'turn') return
    if (this.#state === 'idle') this.#state = 'turn'
    for (let next = this.#inputs.shift(); next !== undefined; next = this.#inputs.shift()) {
      if (this.closing) continue
      for (const output of this.#engine.handle(next)) this.#user.take(output)
    }
    if (this.#state === 'turn') this.#state = 'idle'
    if (!this.#gathering || this.#unsentOctets > mostHeld) this.#leave()
    this.#follow()
  }

  /** Does what an engine wants of its driver. */
  perform(output: DriverOutput): void {
    switch (output.type) {
      case 'send':
        this.#gather(output.octets)
        return
      case 'read':
        this.#wanted = output.wanted
        return
      case 'wake':
        this.#cancelWake()
        this.#cancelWake = this.#clock.setTimer(output.afterMs, () =>
          this.feed({ type: 'deadline' }),
        )
        return
      case 'startTls':
        this.#leave()
        void this.#startTls()
        return
      case 'close':
        this.#state = 'closing'
        this.#cancelWake()
        this.#leave()
        this.#peer.end()
        // A peer that never closes its side must not keep the socket.
        this.#cancelWake = this.#clock.setTimer(this.#lingerMs, () => this.#peer.destroy())
        return
    }
  }

  /** Sends text, with all else that this turn sends. */
  say(text: string): void {
    this.#text += text
    this.#unsentOctets += text.length
  }

  /** Whether what is sent waits for more beyond the end of a turn. */
  gather(wanted: boolean): void {
    this.#gathering = wanted
    if (!wanted && this.#state !== 'turn') this.#leave()
  }

  /** Resolves when all that was said has left, or the connection is gone. */
  drained(): Promise<void> {
    this.#leave()
    return this.#peer.drained()
  }

  /** Lets the peer wait, whatever the engine wishes, until what is given is called. */
  hold(): () => void {
    this.#holds++
    this.#follow()
    return () => {
      this.#holds--
      this.#follow()
    }
  }

  /** Drops the connection at once. */
  destroy(): void {
    this.#peer.destroy()
  }

  #follow(): void {
    const flow = this.#holds === 0 && (this.#wanted || this.closing)
    if (flow === this.#flowing) return
    this.#flowing = flow
    if (flow) this.#peer.resume()
    else this.#peer.pause()
  }

  #gather(octets: Uint8Array): void {
    this.#gatherText()
    this.#unsent.push(octets)
    this.#unsentOctets += octets.length
  }

  #gatherText(): void {
    if (this.#text !== '') this.#unsent.push(encodeUtf8(this.#text))
    this.#text = ''
  }

  #leave(): void {
    this.#gatherText()
    if (this.#unsent.length === 0) return
    // A copy costs less than another write; of what is long it does not.
    const pieces = this.#unsentOctets > mostHeld ? this.#unsent : [concat(this.#unsent)]
    this.#unsent = []
    this.#unsentOctets = 0
    this.#peer.hold()
    for (const piece of pieces) this.#peer.write(piece)
    this.#peer.flush()
  }

  async #startTls(): Promise<void> {
    if (this.#tlsRole === undefined) throw new Error('EngineDriver: TLS without a role in it')
    const outcome = await this.#peer.startTls(this.#tlsRole)
    this.#user.tlsEnded(outcome)
    if (outcome.type === 'started') this.feed({ type: 'tlsStarted', tls: outcome.facts })
    else this.feed({ type: 'tlsFailed' })
  }
}
