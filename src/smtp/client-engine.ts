import { type Engine, Outbox } from '../wire/engine.ts'
import { ClientDialogue } from './client-dialogue.ts'
import { abort, type Transfer } from './client-move.ts'
import type { ClientInput, ClientOptions, ClientOutput, Setback } from './client-types.ts'
import { refusedBy, setback } from './failure.ts'
import { effectOf } from './reply-effect.ts'
import { OctetQueue } from '../wire/octet-queue.ts'
import type { Reply } from './reply.ts'
import { ReplyReader } from './reply-reader.ts'
import { printable } from './transcript.ts'

/**
 * The client's side of SMTP, without I/O. `docs/smtp-dialogue.md` tells how to drive it.
 *
 * RFC 5321 with 1870, 2034, 2920, 3030, 3207, 3461, 4954, 6152 and 6531, or LMTP (RFC 2033) with the same.
 * Every transaction gets exactly one `outcome`, whatever happens to the connection.
 *
 * `Handshake` knows what comes before mail, a `Transfer` what a message needs: both turn replies into
 * a `Move`, and `ClientDialogue` carries it out. Here stands what inputs, lost connections and
 * passing time mean to whichever of them is under way.
 */
export class ClientEngine implements Engine<ClientInput, ClientOutput> {
  readonly #queue = new OctetQueue()
  readonly #out = new Outbox<ClientOutput>()
  readonly #replies: ReplyReader
  readonly #dialogue: ClientDialogue

  constructor(options: ClientOptions) {
    this.#replies = new ReplyReader(this.#queue, options.maxReplyBytes)
    this.#dialogue = new ClientDialogue(options, this.#out, this.#replies)
  }

  handle(input: ClientInput): readonly ClientOutput[] {
    this.#hear(input)
    return this.#out.take()
  }

  #hear(input: ClientInput): void {
    const { state } = this.#dialogue
    switch (input.type) {
      case 'connected':
        if (state.name !== 'new') throw new Error('ClientEngine: connected twice')
        this.#dialogue.begin()
        break
      case 'octets':
        this.#received(input.octets)
        break
      case 'transaction':
        this.#dialogue.give(input.transaction)
        break
      case 'message':
        this.#content(input.octets, input.last)
        break
      case 'messageFailed':
        // Without its final dot a message counts for nothing (RFC 5321 §4.1.1.4), so: no dot.
        if (this.#transfer?.wantsContent === true) {
          this.#abort(setback('messageUnreadable', 'MESSAGE'))
        }
        break
      case 'tlsStarted':
        if (!this.#startingTls) throw new Error('ClientEngine: TLS started unasked')
        this.#dialogue.carryOut(this.#dialogue.handshake.tlsStarted())
        break
      case 'tlsFailed':
        if (this.#startingTls) this.#abort(setback('tlsFailed', 'STARTTLS'))
        break
      case 'derived':
        // The connection may have ended while it was hashed.
        if (state.name !== 'handshake') break
        this.#dialogue.carryOut(this.#dialogue.handshake.derived(input.proof))
        break
      case 'deadline':
        if (state.name !== 'new' && state.name !== 'ready') this.#lost('timeout')
        break
      case 'peerClosed':
        this.#lost('connectionLost')
        break
      case 'quit':
        this.#dialogue.quit()
        break
      case 'breakOff':
        this.#brokenOff(input.why)
        break
    }
  }

  #received(octets: Uint8Array): void {
    const { name } = this.#dialogue.state
    // RFC 3207 §4.2: what came in clear text behind the 220 must not be taken as protected.
    if (name === 'closed' || name === 'new' || this.#startingTls) return
    this.#queue.push(octets)
    for (;;) {
      const read = this.#replies.next((line) =>
        this.#out.note({ type: 'line', from: 'server', text: printable(line) }),
      )
      if (read === undefined) return
      if (this.#dialogue.state.name === 'quit') this.#dialogue.close()
      else if (read.type === 'reply') this.#replied(read.reply)
      else this.#nonsense(capital(read.problem))
    }
  }

  /** To a message that was sent whole, nonsense is no answer: the peer may have taken it. */
  #nonsense(problem: string): void {
    const { doing } = this.#dialogue
    if (!this.#awaitsVerdict) this.#abort(setback('malformedReply', doing, problem))
    else {
      const text = `${problem}; the server may have taken the message`
      this.#abort(setback('unknownAfterMessage', 'MESSAGE', text))
    }
  }

  #replied(reply: Reply): void {
    const { state, handshake, doing } = this.#dialogue
    const effect = effectOf(reply, doing)
    if (effect === 'closes' || effect === 'judges-and-closes') {
      this.#abort(refusedBy(reply, doing))
      return
    }
    switch (state.name) {
      case 'handshake':
        this.#dialogue.carryOut(handshake.take(reply))
        break
      case 'transfer':
        this.#dialogue.carryOut(state.transfer.take(reply))
        break
      case 'reset':
        // Whatever it says, after RSET or a refused RSET nothing is open.
        this.#dialogue.goOn()
        break
      case 'ready':
        this.#abort(setback('malformedReply', 'CONNECT', 'The server spoke without being asked'))
        break
      case 'new':
      case 'quit':
      case 'closed':
        break
    }
  }

  #content(octets: Uint8Array, last: boolean): void {
    const { name } = this.#dialogue.state
    // The peer may have hung up while the driver was reading.
    if (name === 'closed' || name === 'quit') return
    const transfer = this.#transfer
    if (transfer?.wantsContent !== true) throw new Error('ClientEngine: content that nobody wants')
    this.#dialogue.carryOut(transfer.content(octets, last))
  }

  /** No answer comes any more, or none came in time. */
  #lost(because: 'timeout' | 'connectionLost'): void {
    const { state, doing } = this.#dialogue
    if (state.name === 'closed') return
    if (state.name === 'quit') this.#dialogue.close()
    else if (this.#awaitsVerdict) {
      this.#abort(setback('unknownAfterMessage', 'MESSAGE'))
    } else if (this.#transfer?.triesChunks === true) {
      const what = because === 'timeout' ? 'does not answer BDAT' : 'hangs up at BDAT'
      const text = `The server offers CHUNKING and ${what}`
      this.#abort(setback('chunkingFailed', 'MESSAGE', text))
    } else this.#abort(setback(because, doing))
  }

  #brokenOff(why: string): void {
    const { state, doing } = this.#dialogue
    if (state.name === 'closed') return
    if (state.name === 'quit') this.#dialogue.close()
    else if (this.#awaitsVerdict) {
      const text = `The whole message was sent, but its answer was not waited for, because ${why}; the server may have taken it`
      this.#abort(setback('unknownAfterMessage', 'MESSAGE', text))
    } else {
      this.#abort(setback('brokenOff', doing, `The connection was ended, because ${why}`))
    }
  }

  #abort(failure: Setback): void {
    this.#dialogue.carryOut(abort(failure))
  }

  get #transfer(): Transfer | undefined {
    const { state } = this.#dialogue
    return state.name === 'transfer' ? state.transfer : undefined
  }

  /** All of a message is said, and its answer is to come. */
  get #awaitsVerdict(): boolean {
    return this.#transfer?.allSent === true
  }

  /** Until TLS is there or has failed, octets from the server mean nothing. */
  get #startingTls(): boolean {
    const { state, handshake } = this.#dialogue
    return state.name === 'handshake' && handshake.startingTls
  }
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
