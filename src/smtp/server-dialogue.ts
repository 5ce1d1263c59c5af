import { encodeBase64 } from '../base/base64.ts'
import type { Outbox } from '../wire/engine.ts'
import * as replies from './reply.ts'
import type { AcceptedQuestion, Chunk, Exchanges, Step, Strike } from './server-step.ts'
import type { Reply } from './reply.ts'
import { freshSession, replyToAccepted, sessionAfter, sessionWithChunks } from './server-answers.ts'
import type { ContentReception } from './server-content.ts'
import type { ClientLines, Hearing } from './server-lines.ts'
import type {
  CloseReason,
  Question,
  ServerOptions,
  ServerOutput,
  Session,
  TlsSession,
} from './server-types.ts'
import type { Strikes } from './server-rules.ts'

/** What the dialogue waits for. */
export type State =
  | { readonly name: 'new' }
  /** With `chunk`, a BDAT asks whether content may come, and its octets follow in any case. */
  | { readonly name: 'asking'; readonly question: Question; readonly chunk: Chunk | null }
  | { readonly name: 'line'; readonly hearing: Hearing }
  | { readonly name: 'content' }
  | { readonly name: 'tls' }
  | { readonly name: 'closed' }

/** Where the dialogue stands, and the one place where it moves: each step is carried out here. */
export class ServerDialogue {
  readonly #options: ServerOptions
  readonly #out: Outbox<ServerOutput>
  readonly #exchanges: Exchanges
  readonly #strikes: Strikes
  readonly #lines: ClientLines
  readonly #content: ContentReception
  #state: State = { name: 'new' }
  #session: Session = freshSession(null)

  constructor(parts: {
    readonly options: ServerOptions
    readonly out: Outbox<ServerOutput>
    readonly exchanges: Exchanges
    readonly strikes: Strikes
    readonly lines: ClientLines
    readonly content: ContentReception
  }) {
    this.#options = parts.options
    this.#out = parts.out
    this.#exchanges = parts.exchanges
    this.#strikes = parts.strikes
    this.#lines = parts.lines
    this.#content = parts.content
  }

  get state(): State {
    return this.#state
  }

  get session(): Session {
    return this.#session
  }

  /** The connection is there, with TLS or without. */
  begin(tls: TlsSession | null): void {
    this.#session = freshSession(tls)
  }

  take(step: Step): void {
    switch (step.type) {
      case 'reply':
        this.#reply(step.reply)
        break
      case 'refuse':
        if (step.counts === 'failedLogin') this.#lines.expectSecrets()
        this.#refuse(step.reply, step.counts)
        break
      case 'ask':
        this.#ask(step.question, null)
        break
      case 'askForChunk':
        this.#ask({ type: 'data' }, step.chunk)
        break
      case 'accepted':
        this.#accepted(step.question, step.reply)
        break
      case 'beginData':
        this.#out.push(this.#exchanges.askForMore(replies.startMessage))
        this.#content.beginData()
        this.#awaitContent()
        break
      case 'beginChunks':
        this.#session = sessionWithChunks(this.#session)
        this.#content.beginChunks()
        this.#content.expectChunk(step.chunk, null)
        this.#awaitContent()
        break
      case 'readChunk':
        this.#content.expectChunk(step.chunk, step.refusal)
        this.#awaitContent()
        break
      case 'readOn':
        this.#awaitContent()
        break
      case 'judge':
        this.#strikes.message()
        if (step.refusal === null) this.#ask({ type: 'message', facts: step.facts }, null)
        else {
          // That it was refused, and why, is told with its end.
          this.#exchanges.asked()
          this.#endTransaction({ type: 'reply', reply: step.refusal })
        }
        break
      case 'refuseMessage':
        this.#endTransaction({ type: 'refuse', reply: step.reply, counts: 'rejection' })
        break
      case 'refuseSession':
        this.#out.push(this.#exchanges.end(step.reply))
        this.#awaitLine({ type: 'refused' })
        break
      case 'challenge':
        this.#out.push(this.#exchanges.askForMore(replies.challenge(encodeBase64(step.octets))))
        this.#awaitLine({ type: 'response', mechanism: step.mechanism })
        break
      case 'reset':
        this.#reply(replies.done)
        this.#dropTransaction(null)
        break
      case 'startTls':
        this.#out.push(this.#exchanges.end(replies.readyForTls))
        this.#dropTransaction(null)
        this.#lines.forget()
        this.#state = { name: 'tls' }
        this.#out.push({ type: 'startTls' })
        this.#out.wake(this.#options.timeouts.tlsMs)
        break
      case 'startAnew':
        this.#session = freshSession(step.tls)
        this.#awaitLine({ type: 'command' })
        break
      case 'hangUp':
        this.#out.push(
          ofConnection.has(step.reason)
            ? this.#exchanges.breakOff(step.reply)
            : this.#exchanges.end(step.reply),
        )
        this.#close(step.reason)
        break
      case 'close':
        this.#close(step.reason)
        break
    }
  }

  #refuse(reply: Reply, counts: Strike): void {
    const ending = this.#strikes.refused(counts, reply)
    if (ending === undefined) {
      this.#reply(reply)
    } else if (counts === 'error') {
      this.take(ending)
    } else {
      // What policy said is said, and stands in the record: with 421 in its place the client would come
      // again with what is refused for good. The end is about the connection.
      this.#out.push(this.#exchanges.end(reply))
      this.#out.push(this.#exchanges.breakOff(ending.reply))
      this.#close(ending.reason)
    }
  }

  #accepted(question: AcceptedQuestion, given: Reply | undefined): void {
    const { transaction } = this.#session
    const session = sessionAfter(question, this.#session)
    this.#reply(replyToAccepted(question, given, { session, options: this.#options }))
    // RFC 5321 §4.1.4: EHLO or HELO in the middle clears everything as RSET does. What was under way
    // ends behind the reply, which belongs to it.
    this.#session = { ...session, transaction }
    if (question.type === 'helo') this.#dropTransaction(null)
    else this.#session = session
  }

  #ask(question: Question, chunk: Chunk | null): void {
    this.#state = { name: 'asking', question, chunk }
    this.#exchanges.asked()
    this.#out.push({ type: 'ask', question, session: this.#session })
  }

  /** Replies, and waits for the next command. */
  #reply(reply: Reply): void {
    this.#out.push(this.#exchanges.end(reply))
    const state = this.#state
    // After a refused greeting nothing else is heard, whatever went wrong in between.
    const refused = state.name === 'line' && state.hearing.type === 'refused'
    this.#awaitLine(refused ? state.hearing : { type: 'command' })
  }

  #awaitLine(hearing: Hearing): void {
    this.#state = { name: 'line', hearing }
    this.#out.wake(this.#options.timeouts.commandMs)
  }

  #awaitContent(): void {
    this.#state = { name: 'content' }
    this.#out.wake(this.#options.timeouts.dataMs)
  }

  #endTransaction(step: Step): void {
    this.#session = { ...this.#session, transaction: null }
    this.take(step)
  }

  #close(reason: CloseReason): void {
    this.#dropTransaction(reason)
    this.#lines.forget()
    this.#state = { name: 'closed' }
    this.#out.forgetWake()
    this.#out.push({ type: 'close', reason, session: this.#session })
  }

  /** Forgets sender, recipients and content, and says so. `closing`: why the session ends. */
  #dropTransaction(closing: CloseReason | null): void {
    const abandoned = this.#content.abandon(closing)
    if (!abandoned && this.#session.transaction !== null) {
      this.#out.push({ type: 'transactionDropped', closing })
    }
    this.#session = { ...this.#session, transaction: null }
  }
}

/** Why a session ends that has nothing to do with what the client has said last. */
const ofConnection: ReadonlySet<CloseReason> = new Set<CloseReason>(['timeout', 'shutdown'])
