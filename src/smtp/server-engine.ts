import { type Engine, Outbox } from '../wire/engine.ts'
import { OctetQueue } from '../wire/octet-queue.ts'
import * as replies from './reply.ts'
import { stepForAnswer } from './server-answers.ts'
import { ContentReception } from './server-content.ts'
import { ServerDialogue } from './server-dialogue.ts'
import { ClientLines } from './server-lines.ts'
import { Strikes } from './server-rules.ts'
import { type Ending, Exchanges, type Step, hangUp } from './server-step.ts'
import type { Answer, ServerInput, ServerOptions, ServerOutput } from './server-types.ts'

/**
 * The server's side of SMTP, without I/O. `docs/smtp-dialogue.md` tells how to drive it.
 *
 * RFC 5321 with 1870, 2034, 2920, 3030, 3207, 3461, 4954, 6152 and 6531. No octet of a message is
 * ever read as a command, every buffer has a limit, and the same octets give the same outputs
 * however they are cut (STARTTLS apart, behind which octets are thrown away).
 *
 * Each input, and then each line and piece of content that waits, becomes a `Step`, and `ServerDialogue`
 * carries it out.
 */
export class ServerEngine implements Engine<ServerInput, ServerOutput> {
  readonly #options: ServerOptions
  readonly #queue = new OctetQueue()
  readonly #out = new Outbox<ServerOutput>()
  readonly #lines: ClientLines
  readonly #content: ContentReception
  readonly #dialogue: ServerDialogue
  /** How the session ends as soon as nothing is under way. */
  #ending: Ending | undefined
  /** The same, once a message that is arriving is not waited for any more. */
  #cut: Ending | undefined
  #peerClosed = false
  #spokeEarly = false

  constructor(options: ServerOptions) {
    this.#options = options
    const out = this.#out
    const strikes = new Strikes(options.limits)
    const exchanges = new Exchanges()
    const lines = new ClientLines(this.#queue, { options, strikes, out, exchanges })
    const content = new ContentReception(this.#queue, out, options.maxMessageBytes)
    this.#lines = lines
    this.#content = content
    this.#dialogue = new ServerDialogue({
      options,
      out,
      exchanges,
      strikes,
      lines,
      content,
    })
  }

  handle(input: ServerInput): readonly ServerOutput[] {
    let step = this.#hear(input) ?? this.#next()
    while (step !== undefined) {
      this.#dialogue.take(step)
      step = this.#next()
    }
    const { name } = this.#dialogue.state
    // After the end all is read and thrown away: the client's own end stands behind it.
    this.#out.read(name !== 'asking' && name !== 'tls')
    return this.#out.take()
  }

  /** What to do about an input by itself. */
  #hear(input: ServerInput): Step | undefined {
    switch (input.type) {
      case 'connected':
        if (this.#dialogue.state.name !== 'new') throw new Error('ServerEngine: connected twice')
        this.#dialogue.begin(input.tls)
        return { type: 'ask', question: { type: 'connect' } }
      case 'octets':
        this.#received(input.octets)
        return undefined
      case 'answer':
        return this.#answered(input.answer)
      case 'tlsStarted':
        if (this.#dialogue.state.name !== 'tls') {
          throw new Error('ServerEngine: TLS started unasked')
        }
        return { type: 'startAnew', tls: input.tls }
      case 'deadline':
        return this.#deadline()
      case 'tlsFailed':
      case 'peerClosed':
        this.#peerClosed = true
        return undefined
      case 'shutdown':
        this.#ending ??= hangUp(replies.shuttingDown, 'shutdown')
        return undefined
      case 'graceOver':
        this.#ending ??= hangUp(replies.shuttingDown, 'shutdown')
        this.#cut = this.#ending
        // Within a TLS handshake nothing can be said.
        return this.#dialogue.state.name === 'tls'
          ? { type: 'close', reason: 'shutdown' }
          : undefined
    }
  }

  /** What to do about the octets that wait; `undefined` when something has to come first. */
  #next(): Step | undefined {
    const { state, session } = this.#dialogue
    switch (state.name) {
      case 'new':
      case 'asking':
      case 'closed':
        return undefined
      case 'line':
        return this.#ending ?? this.#lines.next(state.hearing, session) ?? this.#missing()
      case 'content':
        return this.#content.read() ?? this.#cut ?? this.#missing()
      case 'tls':
        return this.#missing()
    }
  }

  /** More octets are needed, but maybe none will come. */
  #missing(): Step | undefined {
    return this.#peerClosed ? { type: 'close', reason: 'peerClosed' } : undefined
  }

  #received(octets: Uint8Array): void {
    const { state } = this.#dialogue
    // RFC 3207 §4.2: what came in clear text behind STARTTLS must not be taken as protected.
    if (state.name === 'closed' || state.name === 'tls' || octets.length === 0) return
    this.#queue.push(octets)
    const asking = state.name === 'asking'
    if (state.name === 'new' || (asking && state.question.type === 'connect')) {
      this.#spokeEarly = true
    }
    if (asking && this.#queue.length > this.#options.limits.waitingOctets) {
      this.#queue.clear()
      this.#ending ??= hangUp(replies.tooMuchAtOnce, 'tooMuch')
    }
  }

  #answered(answer: Answer): Step | undefined {
    const { state } = this.#dialogue
    if (state.name === 'closed') return undefined
    if (state.name !== 'asking') throw new Error('ServerEngine: answer without a question')
    const step = stepForAnswer(answer, state)
    const lets = step.type === 'accepted' && step.question.type === 'connect'
    const refused = lets && this.#spokeEarly && this.#options.earlyTalk === 'refuse'
    return refused ? hangUp(replies.earlyTalker, 'earlyTalk') : step
  }

  #deadline(): Step | undefined {
    switch (this.#dialogue.state.name) {
      case 'line':
        return hangUp(replies.timedOut, 'timeout')
      case 'content':
        return this.#content.takeProgress() < this.#options.timeouts.minDataBytes
          ? hangUp(replies.messageTimedOut, 'timeout')
          : { type: 'readOn' }
      case 'tls':
        return { type: 'close', reason: 'timeout' }
      case 'new':
      case 'asking':
      case 'closed':
        // Not our clock: policy has its own, and a late deadline means nothing.
        return undefined
    }
  }
}

const minuteMs = 60_000

/** How a server engine behaves unless told otherwise: all but the host name. */
export const defaultServerOptions: Omit<ServerOptions, 'hostname'> = {
  greetingText: 'Waybill',
  tls: 'starttls',
  auth: 'off',
  maxMessageBytes: 50 * 1024 * 1024,
  extensions: { smtpUtf8: true, dsn: true, chunking: false, requireTls: false },
  earlyTalk: 'refuse',
  limits: {
    // 512 of RFC 5321 §4.5.3.1.4, and what SIZE, BODY, SMTPUTF8, DSN and AUTH add to it.
    commandLine: 2048,
    authLine: 12_288,
    recipients: 1000,
    errors: 10,
    rejections: 100,
    authFailures: 3,
    idleCommands: 100,
    waitingOctets: 1024 * 1024,
  },
  timeouts: {
    // RFC 5321 §4.5.3.2.7
    commandMs: 5 * minuteMs,
    dataMs: 5 * minuteMs,
    minDataBytes: 1024,
    // Far more than a handshake takes; whoever needs longer only holds the place.
    tlsMs: 20_000,
  },
  addresses: 'lenient',
}
