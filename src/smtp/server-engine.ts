import { encodeBase64 } from '../base/base64.ts'
import type { Engine } from '../base/engine.ts'
import { displayUtf8 } from '../base/utf8.ts'
import type { ServerMechanism, ServerStep } from '../sasl/mechanism.ts'
import { readResponse } from '../sasl/sasl.ts'
import { parseCommand, readCommandText, verbOf } from './command.ts'
import { LineReader, type ReadLine } from './line-reader.ts'
import { MessageBody } from './message-body.ts'
import { OctetQueue } from './octet-queue.ts'
import { Outbox } from './outbox.ts'
import * as replies from './reply.ts'
import type { Reply } from './reply.ts'
import { formatReply } from './reply-format.ts'
import { freshSession, replyToAccepted, sessionAfter, sessionWithChunks } from './server-answers.ts'
import { type Chunk, commandRules, type Step, stepFor, stepForUnreadable } from './server-steps.ts'
import type {
  Answer,
  CloseReason,
  Question,
  References,
  ServerInput,
  ServerOptions,
  ServerOutput,
  Session,
} from './server-types.ts'
import { type Ending, Strikes } from './strikes.ts'
import { brokenLineForRecord, commandForRecord, hidden } from './transcript.ts'

/** What the engine waits for. */
type State =
  | { readonly name: 'new' }
  | { readonly name: 'asking'; readonly question: Question; readonly chunk: Chunk | null }
  | { readonly name: 'command' }
  /** Greeted with 554: nothing but QUIT is heard. RFC 5321 §3.1. */
  | { readonly name: 'refused' }
  | { readonly name: 'sasl'; readonly mechanism: ServerMechanism }
  | { readonly name: 'data'; readonly body: MessageBody }
  | { readonly name: 'chunk'; readonly chunk: Chunk; readonly refusal: Reply | null }
  | { readonly name: 'tls' }
  | { readonly name: 'closed' }

/**
 * The server's side of SMTP, without I/O. `docs/smtp-dialogue.md` tells how to drive it.
 *
 * RFC 5321 with 1870, 2034, 2920, 3030, 3207, 3461, 4954, 6152 and 6531. No octet of a message is
 * ever read as a command, every buffer has a limit, and the same octets give the same outputs
 * however they are cut (STARTTLS apart, behind which octets are thrown away).
 */
export class ServerEngine implements Engine<ServerInput, ServerOutput> {
  readonly #options: ServerOptions
  readonly #queue = new OctetQueue()
  readonly #lines = new LineReader(this.#queue)
  readonly #out = new Outbox<ServerOutput>()
  readonly #strikes: Strikes
  #state: State = { name: 'new' }
  #session: Session
  /** The content that comes in chunks, from the first BDAT to the last. */
  #chunks: MessageBody | undefined
  /** How the session ends as soon as nothing is under way. */
  #ending: Ending | undefined
  #peerClosed = false
  #spokeEarly = false
  /** After a refused AUTH, a line that is no command may be a password. */
  #secretsMayCome = false
  /** Octets of content since the last look at the clock. */
  #progress = 0
  #references: References | undefined
  /** The reference of the exchange under way: what ends a transaction still belongs to it. */
  #reference: string | undefined

  constructor(options: ServerOptions) {
    this.#options = options
    this.#strikes = new Strikes(options.limits)
    this.#session = freshSession(options.tls === 'implicit' ? 'tlsActive' : 'clearText')
  }

  /** What is known so far. While a question is open: as it was when it was asked. */
  get session(): Session {
    return this.#session
  }

  /** Whether more octets are of use now; while not, the driver should not read from the peer. */
  get wantsOctets(): boolean {
    const { name } = this.#state
    return name !== 'asking' && name !== 'tls' && name !== 'closed'
  }

  /** Octets that came and are not used yet; bounded by the limits. */
  get waitingOctets(): number {
    return this.#queue.length
  }

  /** What refusals from now on refer to; to be said before the input that they may answer. */
  setReferences(references: References): void {
    this.#references = references
  }

  handle(input: ServerInput): readonly ServerOutput[] {
    this.#chooseReference()
    switch (input.type) {
      case 'connected':
        this.#connected()
        break
      case 'octets':
        this.#received(input.octets)
        break
      case 'answer':
        this.#answered(input.answer)
        break
      case 'tlsStarted':
        this.#tlsStarted()
        break
      case 'deadline':
        this.#deadline()
        break
      case 'peerClosed':
        this.#peerClosed = true
        break
      case 'shutdown':
        this.#ending ??= { reply: replies.shuttingDown, reason: 'shutdown' }
        break
    }
    this.#run()
    return this.#out.take()
  }

  // Inputs.

  #connected(): void {
    if (this.#state.name !== 'new') throw new Error('ServerEngine: connected twice')
    this.#ask({ type: 'connect' })
  }

  #received(octets: Uint8Array): void {
    const { name } = this.#state
    // RFC 3207 §4.2: what came in clear text behind STARTTLS must not be taken as protected.
    if (name === 'closed' || name === 'tls' || octets.length === 0) return
    this.#queue.push(octets)
    if (this.#session.greeting === null && this.#beforeGreeting()) this.#spokeEarly = true
    if (name === 'asking' && this.#queue.length > this.#options.limits.waitingOctets) {
      this.#queue.clear()
      this.#ending ??= { reply: replies.tooMuchAtOnce, reason: 'tooMuch' }
    }
  }

  #beforeGreeting(): boolean {
    const state = this.#state
    return state.name === 'new' || (state.name === 'asking' && state.question.type === 'connect')
  }

  #tlsStarted(): void {
    if (this.#state.name !== 'tls') throw new Error('ServerEngine: TLS started unasked')
    // RFC 3207 §4.2: nothing of what was said before counts.
    this.#session = freshSession('tlsActive')
    this.#awaitCommand()
  }

  #deadline(): void {
    switch (this.#state.name) {
      case 'command':
      case 'refused':
      case 'sasl':
        this.#hangUp(replies.timedOut, 'timeout')
        break
      case 'data':
      case 'chunk':
        if (this.#progress < this.#options.timeouts.minDataBytes) {
          this.#hangUp(replies.messageTimedOut, 'timeout')
        } else {
          this.#awaitContent()
        }
        break
      case 'tls':
        this.#close('timeout')
        break
      case 'new':
      case 'asking':
      case 'closed':
        // Not our clock: policy has its own, and a late deadline means nothing.
        break
    }
  }

  // Octets.

  /** Works off what waits, until something is missing. */
  #run(): void {
    while (this.#step());
  }

  /** One line or one piece of content; false when the engine has to wait. */
  #step(): boolean {
    this.#chooseReference()
    switch (this.#state.name) {
      case 'new':
      case 'asking':
      case 'closed':
        return false
      case 'tls':
        return this.#missing()
      case 'command':
      case 'refused':
      case 'sasl':
        return this.#readLine()
      case 'data':
        return this.#readData(this.#state.body)
      case 'chunk':
        return this.#readChunk(this.#state.chunk, this.#state.refusal)
    }
  }

  /** More octets are needed, but maybe none will come. */
  #missing(): false {
    if (this.#peerClosed) this.#close('peerClosed')
    return false
  }

  #readLine(): boolean {
    if (this.#ending !== undefined) {
      this.#end(this.#ending)
      return false
    }
    if (this.#looksLikeTls()) {
      this.#hangUp(replies.notTlsYet, 'notSmtp')
      return false
    }
    const { commandLine, authLine } = this.#options.limits
    const line = this.#lines.next(Math.max(commandLine, authLine))
    if (line === undefined) return this.#missing()
    switch (this.#state.name) {
      case 'sasl':
        this.#saslLine(line, this.#state.mechanism)
        break
      case 'refused':
        this.#lineWhenRefused(line)
        break
      default:
        this.#commandLine(line)
    }
    return true
  }

  /** A TLS handshake record starts with 22, which no command does. */
  #looksLikeTls(): boolean {
    return this.#queue.view()[0] === 22
  }

  #commandLine(line: ReadLine): void {
    if (line.type !== 'line') {
      this.#brokenLine(line)
      return
    }
    const text = readCommandText(line.octets)
    const verb = text.ok ? verbOf(text.value) : ''
    if (verb !== 'AUTH' && line.octets.length + 2 > this.#options.limits.commandLine) {
      this.#brokenLine({ type: 'tooLong' })
      return
    }
    const rules = commandRules(this.#session, this.#options)
    const command = text.ok ? parseCommand(text.value, rules) : text
    // After an AUTH that failed, what is no command may be the rest of it.
    const secret = !command.ok && this.#secretsMayCome && verb !== 'AUTH'
    this.#out.received('client', secret ? hidden : commandForRecord(line.octets))
    const step = command.ok
      ? stepFor(command.value, this.#session, this.#options)
      : stepForUnreadable(verb, command.problem)
    this.#secretsMayCome = step.type === 'error' && (secret || verb === 'AUTH')
    const enough = this.#strikes.command(verb)
    if (enough === undefined) this.#take(step)
    else this.#end(enough)
  }

  #brokenLine(line: Exclude<ReadLine, { readonly type: 'line' }>): void {
    const mayBeSecret = this.#state.name === 'sasl' || this.#secretsMayCome
    const secret = mayBeSecret && line.type === 'bareNewline'
    this.#out.received('client', secret ? hidden : brokenLineForRecord(line))
    switch (line.type) {
      case 'bareNewline':
        this.#error(replies.lineNotEnded)
        break
      case 'tooLong':
        this.#error(this.#state.name === 'sasl' ? replies.authLineTooLong : replies.lineTooLong)
        break
      case 'endless':
        this.#hangUp(replies.endlessLine, 'tooMuch')
        break
    }
  }

  /** RFC 5321 §3.1: after a refused greeting only QUIT is heard. */
  #lineWhenRefused(line: ReadLine): void {
    if (line.type !== 'line') {
      this.#brokenLine(line)
      return
    }
    const text = readCommandText(line.octets)
    const verb = text.ok ? verbOf(text.value) : ''
    this.#out.received('client', this.#secretsMayCome ? hidden : commandForRecord(line.octets))
    if (verb === 'AUTH') this.#secretsMayCome = true
    if (text.ok && text.value.toUpperCase() === 'QUIT') this.#take({ type: 'quit' })
    else this.#error(replies.refusedSession)
  }

  #readData(body: MessageBody): boolean {
    const octets = this.#queue.view()
    if (octets.length === 0) return this.#missing()
    const content = body.push(octets)
    this.#queue.skip(body.consumed)
    this.#progress += body.consumed
    if (content.length > 0) this.#out.push({ type: 'message', octets: content })
    if (body.done) this.#contentEnded(body)
    return true
  }

  #readChunk(chunk: Chunk, refusal: Reply | null): boolean {
    const octets = this.#queue.view().subarray(0, chunk.octets)
    if (octets.length === 0 && chunk.octets > 0) return this.#missing()
    this.#progress += octets.length
    const content = refusal === null ? this.#chunks?.push(octets) : undefined
    this.#queue.skip(octets.length)
    if (content !== undefined && content.length > 0) {
      this.#out.push({ type: 'message', octets: content })
    }
    const left = chunk.octets - octets.length
    if (left > 0) this.#state = { name: 'chunk', chunk: { ...chunk, octets: left }, refusal }
    else this.#chunkEnded(chunk, refusal)
    return true
  }

  // Steps.

  #take(step: Step): void {
    switch (step.type) {
      case 'reply':
        this.#reply(step.reply)
        break
      case 'error':
        this.#error(step.reply)
        break
      case 'ask':
        this.#ask(step.question)
        break
      case 'sasl':
        this.#sasl(step.mechanism, step.step)
        break
      case 'startTls':
        this.#startTls()
        break
      case 'reset':
        this.#dropTransaction()
        this.#reply(replies.done)
        break
      case 'quit':
        this.#hangUp(replies.goodbye, 'quit')
        break
      case 'hangUp':
        this.#hangUp(step.reply, step.reason)
        break
      case 'chunk':
        this.#chunkBegins(step.chunk, step.refusal)
        break
    }
  }

  #ask(question: Question, chunk: Chunk | null = null): void {
    this.#state = { name: 'asking', question, chunk }
    this.#out.push({ type: 'ask', question })
  }

  #startTls(): void {
    this.#dropTransaction()
    this.#say(replies.readyForTls)
    this.#queue.clear()
    this.#lines.reset()
    this.#state = { name: 'tls' }
    this.#out.push({ type: 'startTls' })
    this.#out.wake(this.#options.timeouts.tlsMs)
  }

  #sasl(mechanism: ServerMechanism, step: ServerStep): void {
    switch (step.type) {
      case 'challenge':
        this.#say(replies.challenge(encodeBase64(step.octets)))
        this.#state = { name: 'sasl', mechanism }
        this.#out.wake(this.#options.timeouts.commandMs)
        break
      case 'credentials':
        this.#ask({ type: 'auth', mechanism: mechanism.name, ...step.credentials })
        break
      case 'malformed':
        this.#secretsMayCome = true
        this.#error(replies.badResponse)
        break
    }
  }

  #saslLine(line: ReadLine, mechanism: ServerMechanism): void {
    if (line.type !== 'line') {
      this.#secretsMayCome = true
      this.#brokenLine(line)
      return
    }
    const response = readResponse(displayUtf8(line.octets))
    this.#out.received('client', response.type === 'cancel' ? '*' : hidden)
    switch (response.type) {
      case 'cancel':
        this.#error(replies.authCancelled)
        break
      case 'malformed':
        this.#secretsMayCome = true
        this.#error(replies.notBase64)
        break
      case 'response':
        this.#sasl(mechanism, mechanism.respond(response.octets))
        break
    }
  }

  #chunkBegins(chunk: Chunk, refusal: Reply | null): void {
    const begins = refusal === null && this.#session.transaction?.content === 'none'
    if (begins) this.#ask({ type: 'data' }, chunk)
    else this.#awaitChunk(chunk, refusal)
  }

  #awaitChunk(chunk: Chunk, refusal: Reply | null): void {
    this.#state = { name: 'chunk', chunk, refusal }
    this.#awaitContent()
  }

  #awaitContent(): void {
    this.#progress = 0
    this.#out.wake(this.#options.timeouts.dataMs)
  }

  #chunkEnded(chunk: Chunk, refusal: Reply | null): void {
    if (refusal !== null) {
      this.#error(refusal)
      return
    }
    const body = this.#chunks
    if (body === undefined) throw new Error('ServerEngine: chunk without a message')
    if (chunk.last) body.end()
    const { tooBig, bareNewline } = body.facts()
    if (chunk.last || tooBig || bareNewline) this.#contentEnded(body)
    else this.#reply(replies.chunkAccepted)
  }

  /** The true end: only here a message is judged. */
  #contentEnded(body: MessageBody): void {
    const facts = body.facts()
    this.#chunks = undefined
    this.#strikes.message()
    const refusal = facts.tooBig
      ? replies.messageTooBig(this.#options.maxMessageBytes)
      : facts.bareNewline
        ? replies.bareNewline
        : null
    const ending = refusal === null ? 'complete' : 'refused'
    this.#out.push({ type: 'messageEnd', ending, facts })
    if (refusal === null) {
      this.#ask({ type: 'message', facts })
    } else {
      this.#session = { ...this.#session, transaction: null }
      this.#reply(refusal)
    }
  }

  // Answers.

  #answered(answer: Answer): void {
    const state = this.#state
    if (state.name === 'closed') return
    if (state.name !== 'asking') throw new Error('ServerEngine: answer without a question')
    if (answer.type === 'accept') this.#accepted(state.question, state.chunk, answer.reply)
    else this.#rejected(state.question, state.chunk, answer.reply)
  }

  #accepted(question: Question, chunk: Chunk | null, given: Reply | undefined): void {
    if (given !== undefined && (given.code < 200 || given.code > 299)) {
      throw new Error(`ServerEngine: ${given.code} is no reply to an accept`)
    }
    if (question.type === 'data') {
      this.#messageBegins(chunk)
      return
    }
    if (question.type === 'connect' && this.#spokeEarly && this.#options.earlyTalk === 'refuse') {
      this.#hangUp(replies.earlyTalker, 'earlyTalk')
      return
    }
    if (question.type === 'helo') this.#dropTransaction()
    this.#session = sessionAfter(question, this.#session)
    const context = { session: this.#session, options: this.#options }
    this.#reply(replyToAccepted(question, given, context))
  }

  #rejected(question: Question, chunk: Chunk | null, reply: Reply): void {
    if (reply.code < 400) throw new Error(`ServerEngine: ${reply.code} is no reply to a reject`)
    if (reply.code === 421) {
      this.#hangUp(reply, 'refused')
      return
    }
    switch (question.type) {
      case 'connect':
        this.#say(reply)
        this.#state = { name: 'refused' }
        this.#out.wake(this.#options.timeouts.commandMs)
        break
      case 'auth':
        this.#secretsMayCome = true
        this.#replyOrEnd(reply, this.#strikes.failedLogin(reply))
        break
      case 'data':
        // The octets of a refused chunk come all the same.
        if (chunk !== null) this.#awaitChunk(chunk, reply)
        else this.#rejection(reply)
        break
      case 'message':
        this.#session = { ...this.#session, transaction: null }
        this.#rejection(reply)
        break
      case 'helo':
      case 'sender':
      case 'recipient':
        this.#rejection(reply)
        break
    }
  }

  #messageBegins(chunk: Chunk | null): void {
    const { maxMessageBytes } = this.#options
    if (chunk === null) {
      this.#say(replies.startMessage)
      this.#state = { name: 'data', body: new MessageBody('data', maxMessageBytes) }
      this.#awaitContent()
    } else {
      this.#chunks = new MessageBody('chunks', maxMessageBytes)
      this.#session = sessionWithChunks(this.#session)
      this.#awaitChunk(chunk, null)
    }
  }

  // Ends and replies.

  #error(reply: Reply): void {
    this.#replyOrEnd(reply, this.#strikes.error())
  }

  #rejection(reply: Reply): void {
    this.#replyOrEnd(reply, this.#strikes.rejection())
  }

  #replyOrEnd(reply: Reply, ending: Ending | undefined): void {
    if (ending === undefined) this.#reply(reply)
    else this.#end(ending)
  }

  /** Replies, and waits for the next command. */
  #reply(reply: Reply): void {
    this.#say(reply)
    this.#awaitCommand()
  }

  #awaitCommand(): void {
    // After a refused greeting nothing else is heard, whatever went wrong in between.
    if (this.#state.name !== 'refused') this.#state = { name: 'command' }
    this.#out.wake(this.#options.timeouts.commandMs)
  }

  #say(reply: Reply): void {
    for (const line of formatReply(this.#referring(reply))) this.#out.sendLine('server', line)
  }

  #referring(reply: Reply): Reply {
    const reference = this.#reference
    if (reference === undefined || reply.code < 400) return reply
    const { transaction, outside } = this.#references ?? {}
    const text = reply.lines.at(-1) ?? ''
    const has = [transaction, outside].some((one) => text.endsWith(` Ref ${one}`))
    return has ? reply : replies.withReference(reply, reference)
  }

  #chooseReference(): void {
    const open = this.#session.transaction !== null
    this.#reference = open ? this.#references?.transaction : this.#references?.outside
  }

  #end(ending: Ending): void {
    this.#hangUp(ending.reply, ending.reason)
  }

  #hangUp(reply: Reply, reason: CloseReason): void {
    this.#say(reply)
    this.#close(reason)
  }

  #close(reason: CloseReason): void {
    this.#dropTransaction()
    this.#queue.clear()
    this.#state = { name: 'closed' }
    this.#out.forgetWake()
    this.#out.push({ type: 'close', reason })
  }

  /** Forgets sender, recipients and content, and says so. */
  #dropTransaction(): void {
    const body = this.#state.name === 'data' ? this.#state.body : this.#chunks
    this.#chunks = undefined
    if (body !== undefined) {
      this.#out.push({ type: 'messageEnd', ending: 'abandoned', facts: body.facts() })
    } else if (this.#session.transaction !== null) {
      this.#out.push({ type: 'transactionDropped' })
    }
    this.#session = { ...this.#session, transaction: null }
  }
}
