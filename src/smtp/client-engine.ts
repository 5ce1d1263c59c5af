import { decodeBase64, encodeBase64 } from '../base/base64.ts'
import type { Engine } from '../base/engine.ts'
import type { ClientMechanism } from '../sasl/mechanism.ts'
import { clientMechanism, formatInitialResponse } from '../sasl/sasl.ts'
import type {
  AtCommand,
  ClientInput,
  ClientOptions,
  ClientOutput,
  ClientTransaction,
  Setback,
} from './client-types.ts'
import { DataEncoder } from './data-encoder.ts'
import { noExtensions, parseExtensions } from './ehlo.ts'
import { Envelope } from './envelope.ts'
import type { Extensions } from './extensions.ts'
import { refusedBy, refusedForNow, setback } from './failure.ts'
import { OctetQueue } from './octet-queue.ts'
import { Outbox } from './outbox.ts'
import type { Reply } from './reply.ts'
import { ReplyReader } from './reply-reader.ts'
import { hidden, printable } from './transcript.ts'

/** What the engine waits for. */
type State =
  | { readonly name: 'new' }
  | { readonly name: 'greeting' }
  | { readonly name: 'hello'; readonly verb: 'EHLO' | 'HELO' }
  | { readonly name: 'startTls' }
  | { readonly name: 'tls' }
  | { readonly name: 'auth'; readonly mechanism: ClientMechanism }
  | { readonly name: 'ready' }
  | { readonly name: 'envelope'; readonly envelope: Envelope }
  | { readonly name: 'content'; readonly envelope: Envelope; readonly encoder: DataEncoder }
  | { readonly name: 'contentSent'; readonly envelope: Envelope }
  | { readonly name: 'reset' }
  | { readonly name: 'quit' }
  | { readonly name: 'closed' }

/**
 * The client's side of SMTP, without I/O. `docs/smtp-dialogue.md` tells how to drive it.
 *
 * RFC 5321 with 1870, 2034, 2920, 3207, 3461, 4954, 6152 and 6531. Every transaction gets exactly
 * one `outcome`, whatever happens to the connection.
 */
export class ClientEngine implements Engine<ClientInput, ClientOutput> {
  readonly #options: ClientOptions
  readonly #queue = new OctetQueue()
  readonly #replies: ReplyReader
  readonly #out = new Outbox<ClientOutput>()
  #state: State = { name: 'new' }
  #extensions: Extensions = noExtensions
  #tlsActive: boolean
  #authenticated = false
  /** Given, but not begun. */
  #transaction: ClientTransaction | undefined
  #wantsQuit = false
  #failure: Setback | undefined

  constructor(options: ClientOptions) {
    this.#options = options
    this.#replies = new ReplyReader(this.#queue, options.maxReplyBytes)
    this.#tlsActive = options.tls === 'active'
  }

  /** Whether a transaction may be given without waiting for another one. */
  get ready(): boolean {
    return this.#state.name === 'ready' && this.#transaction === undefined
  }

  handle(input: ClientInput): readonly ClientOutput[] {
    switch (input.type) {
      case 'connected':
        if (this.#state.name !== 'new') throw new Error('ClientEngine: connected twice')
        this.#wait({ name: 'greeting' }, this.#options.timeouts.greetingMs)
        break
      case 'octets':
        this.#received(input.octets)
        break
      case 'transaction':
        this.#given(input.transaction)
        break
      case 'message':
        this.#content(input.octets, input.last)
        break
      case 'messageFailed':
        this.#contentFailed()
        break
      case 'tlsStarted':
        this.#tlsStarted()
        break
      case 'tlsFailed':
        if (this.#state.name === 'tls') this.#abort(setback('tlsFailed', 'STARTTLS'))
        break
      case 'deadline':
        this.#deadline()
        break
      case 'peerClosed':
        this.#peerClosed()
        break
      case 'quit':
        this.#wantsQuit = true
        if (this.#state.name === 'ready') this.#next()
        else if (this.#state.name === 'new') this.#close()
        break
    }
    return this.#out.take()
  }

  // Inputs.

  #received(octets: Uint8Array): void {
    const { name } = this.#state
    // RFC 3207 §4.2: what came in clear text behind the 220 must not be taken as protected.
    if (name === 'closed' || name === 'tls' || name === 'new') return
    this.#queue.push(octets)
    for (;;) {
      const read = this.#replies.next((line) => this.#out.received('server', printable(line)))
      if (read === undefined) return
      if (read.type === 'reply') this.#replied(read.reply)
      else if (this.#state.name === 'quit') this.#close()
      else this.#abort(setback('malformedReply', this.#doing(), capital(read.problem)))
    }
  }

  #given(transaction: ClientTransaction): void {
    if (this.#transaction !== undefined || this.#underWay() !== undefined) {
      throw new Error('ClientEngine: one transaction at a time')
    }
    if (transaction.recipients.length === 0) throw new Error('ClientEngine: nobody to send to')
    const { name } = this.#state
    if (name === 'closed' || name === 'quit') {
      this.#outcome(transaction, this.#failure ?? setback('connectionLost', 'MAIL'))
      return
    }
    this.#transaction = transaction
    if (name === 'ready') this.#next()
  }

  #content(octets: Uint8Array, last: boolean): void {
    const state = this.#state
    // The peer may have hung up while the driver was reading.
    if (state.name === 'closed' || state.name === 'quit') return
    if (state.name !== 'content') throw new Error('ClientEngine: content that nobody wants')
    this.#out.sendOctets(state.encoder.push(octets))
    if (last) {
      this.#out.sendOctets(state.encoder.end())
      const { messageMs } = this.#options.timeouts
      this.#wait({ name: 'contentSent', envelope: state.envelope }, messageMs)
    } else {
      this.#wantContent()
    }
  }

  #contentFailed(): void {
    if (this.#state.name !== 'content') return
    // Without its final dot a message counts for nothing (RFC 5321 §4.1.1.4), so: no dot.
    this.#abort(setback('messageUnreadable', 'MESSAGE'))
  }

  #tlsStarted(): void {
    if (this.#state.name !== 'tls') throw new Error('ClientEngine: TLS started unasked')
    this.#tlsActive = true
    // RFC 3207 §4.2: what was offered before does not count.
    this.#extensions = noExtensions
    this.#hello('EHLO')
  }

  #deadline(): void {
    switch (this.#state.name) {
      case 'new':
      case 'ready':
      case 'closed':
        break
      case 'quit':
        this.#close()
        break
      case 'contentSent':
        this.#abort(setback('unknownAfterMessage', 'MESSAGE'))
        break
      default:
        this.#abort(setback('timeout', this.#doing()))
    }
  }

  #peerClosed(): void {
    switch (this.#state.name) {
      case 'closed':
        break
      case 'quit':
        this.#close()
        break
      case 'contentSent':
        this.#abort(setback('unknownAfterMessage', 'MESSAGE'))
        break
      default:
        this.#abort(setback('connectionLost', this.#doing()))
    }
  }

  // Replies.

  #replied(reply: Reply): void {
    const state = this.#state
    // RFC 5321 §3.8: the server may close with 421 whatever we asked.
    if (reply.code === 421 && state.name !== 'quit') {
      this.#abort(refusedBy(reply, this.#doing()))
      return
    }
    switch (state.name) {
      case 'greeting':
        this.#must(reply, 2, 'CONNECT', () => this.#hello('EHLO'))
        break
      case 'hello':
        this.#helloReplied(reply, state.verb)
        break
      case 'startTls':
        this.#startTlsReplied(reply)
        break
      case 'auth':
        this.#authReplied(reply, state.mechanism)
        break
      case 'envelope':
        state.envelope.take(reply)
        this.#envelopeMoves(state.envelope)
        break
      case 'content':
        this.#earlyVerdict(reply, state.envelope)
        break
      case 'contentSent':
        state.envelope.finish(reply)
        this.#transactionOver(state.envelope)
        break
      case 'reset':
        // Whatever it says, after RSET or a refused RSET nothing is open.
        this.#next()
        break
      case 'quit':
        this.#close()
        break
      case 'ready':
        this.#abort(setback('malformedReply', 'CONNECT', 'The server spoke without being asked'))
        break
      case 'new':
      case 'tls':
      case 'closed':
        break
    }
  }

  /** Goes on when the reply is of this kind; ends the session politely when not. */
  #must(reply: Reply, kind: 2 | 3, atCommand: AtCommand, goOn: () => void): void {
    const got = Math.floor(reply.code / 100)
    if (got === kind) goOn()
    else if (got > 3) this.#fail(refusedBy(reply, atCommand))
    else this.#abort(setback('malformedReply', atCommand, `${reply.code} is no answer here`))
  }

  #hello(verb: 'EHLO' | 'HELO'): void {
    this.#command(`${verb} ${this.#options.hostname}`)
    this.#wait({ name: 'hello', verb }, this.#options.timeouts.commandMs)
  }

  #helloReplied(reply: Reply, verb: 'EHLO' | 'HELO'): void {
    // RFC 5321 §3.2: a server that does not know EHLO says 5xx, and is greeted with HELO.
    if (verb === 'EHLO' && reply.code >= 500) {
      this.#hello('HELO')
      return
    }
    this.#must(reply, 2, verb, () => {
      this.#extensions = verb === 'EHLO' ? parseExtensions(reply) : noExtensions
      this.#secure()
    })
  }

  /** STARTTLS, when it is wanted and can be had. */
  #secure(): void {
    const { tls, timeouts } = this.#options
    const wanted = (tls === 'whenOffered' || tls === 'required') && !this.#tlsActive
    if (wanted && this.#extensions.starttls) {
      this.#command('STARTTLS')
      this.#wait({ name: 'startTls' }, timeouts.commandMs)
    } else if (wanted && tls === 'required') {
      this.#fail(setback('tlsNotOffered', 'STARTTLS'))
    } else {
      this.#logIn()
    }
  }

  #startTlsReplied(reply: Reply): void {
    if (reply.code === 220) {
      this.#queue.clear()
      this.#replies.reset()
      this.#wait({ name: 'tls' }, this.#options.timeouts.tlsMs)
      this.#out.push({ type: 'startTls' })
    } else if (this.#options.tls === 'required') {
      // A server that cannot do TLS today may do it tomorrow.
      this.#fail(refusedForNow(reply, 'STARTTLS'))
    } else {
      this.#logIn()
    }
  }

  #logIn(): void {
    const { auth, timeouts } = this.#options
    if (auth === null || this.#authenticated) {
      this.#next()
      return
    }
    const safe = this.#tlsActive || auth.allowClearText
    const mechanism = safe ? clientMechanism(this.#extensions.auth, auth) : undefined
    if (mechanism === undefined) {
      this.#fail(setback('authNotOffered', 'AUTH'))
      return
    }
    const initial = mechanism.start()
    const command = `AUTH ${mechanism.name}`
    if (initial === null) this.#command(command)
    else this.#command(`${command} ${formatInitialResponse(initial)}`, `${command} ${hidden}`)
    this.#wait({ name: 'auth', mechanism }, timeouts.commandMs)
  }

  #authReplied(reply: Reply, mechanism: ClientMechanism): void {
    if (reply.code === 334) {
      const challenge = decodeBase64(reply.lines[0] ?? '')
      const response = challenge === undefined ? undefined : mechanism.respond(challenge)
      // RFC 4954 §4: `*` gives up.
      if (response === undefined) this.#command('*')
      else this.#command(encodeBase64(response), hidden)
      this.#wait({ name: 'auth', mechanism }, this.#options.timeouts.commandMs)
      return
    }
    if (reply.code >= 400) {
      // That we cannot log in says nothing about the mail.
      this.#fail(refusedForNow(reply, 'AUTH'))
      return
    }
    this.#must(reply, 2, 'AUTH', () => {
      this.#authenticated = true
      this.#next()
    })
  }

  // Transactions.

  /** Free for the next thing to do. */
  #next(): void {
    this.#state = { name: 'ready' }
    const transaction = this.#transaction
    this.#transaction = undefined
    if (transaction !== undefined) {
      const obstacle = this.#obstacle(transaction)
      if (obstacle === undefined) {
        const envelope = new Envelope(transaction, this.#extensions)
        this.#envelopeMoves(envelope)
        return
      }
      this.#outcome(transaction, obstacle)
    }
    if (this.#wantsQuit) this.#quit()
    else this.#out.push({ type: 'ready', extensions: this.#extensions })
  }

  /** What this peer cannot do for this message, known without asking. */
  #obstacle(transaction: ClientTransaction): Setback | undefined {
    const { size, smtpUtf8, eightBitMime } = this.#extensions
    if (transaction.smtpUtf8 && !smtpUtf8) return setback('smtpUtf8NotOffered', 'MAIL')
    const sevenBit = !eightBitMime && this.#options.eightBitToSevenBitPeer === 'fail'
    if (transaction.eightBit && sevenBit) return setback('eightBitNotOffered', 'MAIL')
    // RFC 1870 §6.1; 0 means no fixed limit.
    const tooBig = size !== null && size > 0 && (transaction.size ?? 0) > size
    return tooBig ? setback('messageTooBig', 'MAIL') : undefined
  }

  #envelopeMoves(envelope: Envelope): void {
    switch (envelope.state) {
      case 'waiting': {
        for (const line of envelope.nextCommands()) this.#command(line)
        const { mailMs, rcptMs, dataMs } = this.#options.timeouts
        const waitMs = { MAIL: mailMs, RCPT: rcptMs, DATA: dataMs }[envelope.awaited]
        this.#wait({ name: 'envelope', envelope }, waitMs)
        break
      }
      case 'content':
        this.#state = { name: 'content', envelope, encoder: new DataEncoder() }
        this.#wantContent()
        break
      case 'nothing':
        this.#out.sendOctets(new DataEncoder().end())
        this.#wait({ name: 'contentSent', envelope }, this.#options.timeouts.messageMs)
        break
      case 'over':
        this.#transactionOver(envelope)
        break
      case 'broken': {
        const broken = setback('malformedReply', envelope.awaited)
        this.#abort(broken)
        break
      }
    }
  }

  #wantContent(): void {
    this.#out.wake(this.#options.timeouts.blockMs)
    this.#out.push({ type: 'wantMessage' })
  }

  /** A reply in the middle of the content: the rest is of no use, and only closing ends DATA. */
  #earlyVerdict(reply: Reply, envelope: Envelope): void {
    if (reply.code >= 400) envelope.finish(reply)
    const failure =
      reply.code >= 400 ? refusedBy(reply, 'MESSAGE') : setback('malformedReply', 'MESSAGE')
    this.#abort(failure)
  }

  #transactionOver(envelope: Envelope): void {
    const contentSent = this.#state.name === 'contentSent'
    this.#out.push({ type: 'outcome', recipients: envelope.outcomes() })
    if (envelope.begun && !contentSent) {
      // The peer still holds our MAIL.
      this.#command('RSET')
      this.#wait({ name: 'reset' }, this.#options.timeouts.commandMs)
    } else {
      this.#next()
    }
  }

  /** The same outcome for every recipient of a transaction that was not begun. */
  #outcome(transaction: ClientTransaction, outcome: Setback): void {
    this.#out.push({ type: 'outcome', recipients: transaction.recipients.map(() => outcome) })
  }

  // Ends.

  #quit(): void {
    this.#command('QUIT')
    this.#wait({ name: 'quit' }, this.#options.timeouts.quitMs)
  }

  /** The session is of no use, but the peer still listens. */
  #fail(failure: Setback): void {
    this.#settle(failure)
    this.#quit()
  }

  /** The session is of no use, and the peer does not listen or cannot be trusted. */
  #abort(failure: Setback): void {
    this.#settle(failure)
    this.#close()
  }

  #settle(failure: Setback): void {
    this.#failure = failure
    const envelope = this.#underWay()
    if (envelope !== undefined) {
      if (envelope.state !== 'over' && envelope.state !== 'broken') envelope.settle(failure)
      this.#out.push({ type: 'outcome', recipients: envelope.outcomes() })
    } else if (this.#transaction !== undefined) {
      this.#outcome(this.#transaction, failure)
    }
    this.#transaction = undefined
    this.#out.push({ type: 'sessionFailed', failure })
  }

  #close(): void {
    this.#queue.clear()
    this.#state = { name: 'closed' }
    this.#out.forgetWake()
    this.#out.push({ type: 'close' })
  }

  #underWay(): Envelope | undefined {
    const state = this.#state
    return 'envelope' in state ? state.envelope : undefined
  }

  #command(line: string, shown?: string): void {
    this.#out.sendLine('client', line, shown)
  }

  #wait(state: State, ms: number): void {
    this.#state = state
    this.#out.wake(ms)
  }

  /** What we are doing, for a failure to name. */
  #doing(): AtCommand {
    const state = this.#state
    switch (state.name) {
      case 'new':
      case 'greeting':
      case 'ready':
      case 'closed':
        return 'CONNECT'
      case 'hello':
        return state.verb
      case 'startTls':
      case 'tls':
        return 'STARTTLS'
      case 'auth':
        return 'AUTH'
      case 'envelope':
        return state.envelope.awaited
      case 'content':
      case 'contentSent':
        return 'MESSAGE'
      case 'reset':
        return 'RSET'
      case 'quit':
        return 'QUIT'
    }
  }
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
