import { Handshake } from './client-handshake.ts'
import { ChunkTransfer, goesInChunks } from './client-chunks.ts'
import { type Line, type Move, say, type Transfer } from './client-move.ts'
import { DataTransfer, obstacleTo } from './client-transfer.ts'
import type {
  AtCommand,
  ClientOptions,
  ClientOutput,
  ClientTransaction,
  Setback,
} from './client-types.ts'
import { setback } from './failure.ts'
import type { Outbox } from '../wire/engine.ts'
import { describeReply } from './reply.ts'
import type { ReplyReader } from './reply-reader.ts'

/** What the session is doing. */
export type State =
  | { readonly name: 'new' }
  | { readonly name: 'handshake' }
  | { readonly name: 'ready' }
  | { readonly name: 'transfer'; readonly transfer: Transfer }
  | { readonly name: 'reset' }
  | { readonly name: 'quit' }
  | { readonly name: 'closed' }

/**
 * Where the session stands, and the one place where it moves: from the handshake through one
 * transaction after the other to QUIT. Gives each transaction its one outcome.
 */
export class ClientDialogue {
  readonly handshake: Handshake
  readonly #options: ClientOptions
  readonly #out: Outbox<ClientOutput>
  readonly #replies: ReplyReader
  #state: State = { name: 'new' }
  /** Given, but not begun. */
  #transaction: ClientTransaction | undefined
  #wantsQuit = false
  /** The server has taken a chunk in this session. */
  #takesChunks = false
  /** What was told of what we do. */
  #told: AtCommand = 'CONNECT'
  #failure: Setback | undefined

  constructor(options: ClientOptions, out: Outbox<ClientOutput>, replies: ReplyReader) {
    this.handshake = new Handshake(options)
    this.#options = options
    this.#out = out
    this.#replies = replies
  }

  get state(): State {
    return this.#state
  }

  /** What we are doing, for a failure to name. */
  get doing(): AtCommand {
    const state = this.#state
    switch (state.name) {
      case 'new':
      case 'ready':
      case 'closed':
        return 'CONNECT'
      case 'handshake':
        return this.handshake.doing
      case 'transfer':
        return state.transfer.doing
      case 'reset':
        return 'RSET'
      case 'quit':
        return 'QUIT'
    }
  }

  /** The connection is there. */
  begin(): void {
    this.#state = { name: 'handshake' }
    this.carryOut(this.handshake.begin())
  }

  /** Something to send, now or as soon as we are free. */
  give(transaction: ClientTransaction): void {
    if (this.#transaction !== undefined || this.#state.name === 'transfer') {
      throw new Error('ClientEngine: one transaction at a time')
    }
    if (transaction.recipients.length === 0) throw new Error('ClientEngine: nobody to send to')
    const { name } = this.#state
    if (name === 'closed' || name === 'quit') {
      this.#outcome(transaction, this.#failure ?? setback('connectionLost', 'MAIL'))
      return
    }
    this.#transaction = transaction
    if (name === 'ready') this.goOn()
  }

  /** QUIT as soon as nothing is under way. */
  quit(): void {
    this.#wantsQuit = true
    if (this.#state.name === 'ready') this.goOn()
    else if (this.#state.name === 'new') this.close()
  }

  carryOut(move: Move): void {
    this.#tellDoing()
    switch (move.type) {
      case 'say':
        this.#sayLines(move.lines)
        this.#out.wake(move.waitMs)
        break
      case 'startTls':
        this.#replies.forget()
        this.#out.wake(move.waitMs)
        this.#out.push({ type: 'startTls' })
        break
      case 'derive':
        this.#out.wake(move.waitMs)
        this.#out.push({ type: 'derive', wish: move.wish })
        break
      case 'ready':
        this.goOn()
        break
      case 'content':
        this.#sayLines(move.lines ?? [])
        for (const octets of move.octets) this.#out.sendOctets(octets)
        this.#out.wake(move.waitMs)
        if (move.next === 'more') this.#out.push({ type: 'wantMessage' })
        else if (move.next === 'verdict') this.#out.push({ type: 'allSent' })
        break
      case 'over':
        this.#out.push({ type: 'outcome', recipients: move.recipients })
        if (this.#state.name === 'transfer' && this.#state.transfer.takesChunks === true) {
          this.#takesChunks = true
        }
        if (move.reset) this.#reset()
        else this.goOn()
        break
      case 'fail':
        this.#settle(this.#withEhlo(move.failure))
        this.#sayQuit()
        break
      case 'abort':
        this.#settle(this.#withEhlo(move.failure))
        this.close()
        break
    }
  }

  #tellDoing(): void {
    const { doing } = this
    if (doing === this.#told) return
    this.#told = doing
    this.#out.note({ type: 'doing', atCommand: doing })
  }

  /** What HELO came to, with why EHLO was refused before: that may be the real reason. */
  #withEhlo(failure: Setback): Setback {
    const { ehloRefusal } = this.handshake
    if (ehloRefusal === undefined || failure.atCommand !== 'HELO') return failure
    const text = `${failure.text}; EHLO was refused before with "${describeReply(ehloRefusal)}"`
    return { ...failure, text }
  }

  /** Nothing is under way: the next thing to do. */
  goOn(): void {
    this.#state = { name: 'ready' }
    const transaction = this.#transaction
    this.#transaction = undefined
    const { extensions, tlsRefusal = null, refusedLogins } = this.handshake
    if (transaction !== undefined) {
      const obstacle = obstacleTo(transaction, extensions, this.#options)
      if (obstacle === undefined) {
        const transfer = goesInChunks(transaction, extensions, this.#options)
          ? new ChunkTransfer(transaction, extensions, this.#options, this.#takesChunks)
          : new DataTransfer(transaction, extensions, this.#options)
        this.#state = { name: 'transfer', transfer }
        this.carryOut(transfer.begin())
        return
      }
      this.#outcome(transaction, obstacle)
    }
    if (this.#wantsQuit) this.#sayQuit()
    else this.#out.push({ type: 'ready', extensions, tlsRefusal, refusedLogins })
  }

  close(): void {
    this.#replies.forget()
    this.#state = { name: 'closed' }
    this.#out.forgetWake()
    this.#out.push({ type: 'close' })
  }

  #sayLines(lines: readonly Line[]): void {
    for (const { text, shown } of lines) {
      this.#out.sendLine(text)
      this.#out.note({ type: 'line', from: 'client', text: shown })
    }
  }

  #reset(): void {
    this.#state = { name: 'reset' }
    this.carryOut(say('RSET', this.#options.timeouts.commandMs))
  }

  #sayQuit(): void {
    this.#state = { name: 'quit' }
    this.carryOut(say('QUIT', this.#options.timeouts.quitMs))
  }

  /** The session has failed, and with it what is under way or was given. */
  #settle(failure: Setback): void {
    this.#failure = failure
    if (this.#state.name === 'transfer') {
      const recipients = this.#state.transfer.giveUp(failure)
      this.#out.push({ type: 'outcome', recipients })
    } else if (this.#transaction !== undefined) {
      this.#outcome(this.#transaction, failure)
    }
    this.#transaction = undefined
    this.#out.push({ type: 'sessionFailed', failure })
  }

  /** The same outcome for every recipient of a transaction that was not begun. */
  #outcome(transaction: ClientTransaction, outcome: Setback): void {
    this.#out.push({ type: 'outcome', recipients: transaction.recipients.map(() => outcome) })
  }
}
