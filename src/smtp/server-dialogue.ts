import { encodeBase64 } from '../base/base64.ts'
import type { Outbox } from '../wire/outbox.ts'
import * as replies from './reply.ts'
import type { Reply } from './reply.ts'
import { freshSession, replyToAccepted, sessionAfter, sessionWithChunks } from './server-answers.ts'
import type { ContentReception } from './server-content.ts'
import type { ClientLines, Hearing } from './server-lines.ts'
import type { Chunk, Step } from './server-step.ts'
import type { CloseReason, Question, ServerOptions, ServerOutput, Session } from './server-types.ts'
import type { ServerVoice } from './server-voice.ts'
import type { Strikes } from './strikes.ts'

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
  readonly #voice: ServerVoice
  readonly #strikes: Strikes
  readonly #lines: ClientLines
  readonly #content: ContentReception
  #state: State = { name: 'new' }
  #session: Session

  constructor(parts: {
    readonly options: ServerOptions
    readonly out: Outbox<ServerOutput>
    readonly voice: ServerVoice
    readonly strikes: Strikes
    readonly lines: ClientLines
    readonly content: ContentReception
  }) {
    this.#options = parts.options
    this.#out = parts.out
    this.#voice = parts.voice
    this.#strikes = parts.strikes
    this.#lines = parts.lines
    this.#content = parts.content
    this.#session = freshSession(this.#options.tls === 'implicit' ? 'tlsActive' : 'clearText')
  }

  get state(): State {
    return this.#state
  }

  get session(): Session {
    return this.#session
  }

  take(step: Step): void {
    switch (step.type) {
      case 'reply':
        this.#reply(step.reply)
        break
      case 'refuse': {
        if (step.counts === 'failedLogin') this.#lines.expectSecrets()
        // What policy refuses, policy knows; what is refused on a line of the client is our own.
        const heard = this.#state.name === 'line' ? this.#state.hearing.type : undefined
        const enough = this.#strikes.refused(step.counts, step.reply)
        this.take(enough ?? { type: 'reply', reply: step.reply })
        if (heard !== undefined && enough === undefined) {
          this.#out.push({ type: 'refused', heard: heard === 'response' ? 'response' : 'command' })
        }
        break
      }
      case 'ask':
        this.#ask(step.question, null)
        break
      case 'askForChunk':
        this.#ask({ type: 'data' }, step.chunk)
        break
      case 'accepted':
        // RFC 5321 §4.1.4: EHLO or HELO in the middle clears everything as RSET does.
        if (step.question.type === 'helo') this.#dropTransaction(null)
        this.#session = sessionAfter(step.question, this.#session)
        this.#reply(
          replyToAccepted(step.question, step.reply, {
            session: this.#session,
            options: this.#options,
          }),
        )
        break
      case 'beginData':
        this.#voice.say(replies.startMessage)
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
        else this.#endTransaction({ type: 'reply', reply: step.refusal })
        break
      case 'refuseMessage':
        this.#endTransaction({ type: 'refuse', reply: step.reply, counts: 'rejection' })
        break
      case 'refuseSession':
        this.#voice.say(step.reply)
        this.#awaitLine({ type: 'refused' })
        break
      case 'challenge':
        this.#voice.say(replies.challenge(encodeBase64(step.octets)))
        this.#awaitLine({ type: 'response', mechanism: step.mechanism })
        break
      case 'reset':
        this.#dropTransaction(null)
        this.#reply(replies.done)
        break
      case 'startTls':
        this.#dropTransaction(null)
        this.#voice.say(replies.readyForTls)
        this.#lines.forget()
        this.#state = { name: 'tls' }
        this.#out.push({ type: 'startTls' })
        this.#out.wake(this.#options.timeouts.tlsMs)
        break
      case 'startAnew':
        this.#session = freshSession('tlsActive')
        this.#awaitLine({ type: 'command' })
        break
      case 'hangUp':
        this.#voice.say(step.reply)
        this.#close(step.reason)
        break
      case 'close':
        this.#close(step.reason)
        break
    }
  }

  #ask(question: Question, chunk: Chunk | null): void {
    this.#state = { name: 'asking', question, chunk }
    this.#out.push({ type: 'ask', question })
  }

  /** Replies, and waits for the next command. */
  #reply(reply: Reply): void {
    this.#voice.say(reply)
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
    this.#out.push({ type: 'close', reason })
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
