import { formatMailbox } from '../address/mailbox.ts'
import type { PathRemark } from '../address/remark.ts'
import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import { andThen, type Soon } from '../base/soon.ts'
import { type Directory, isOurs } from '../directory/directory.ts'
import type { TlsFacts } from '../io/peer.ts'
import type { Outcome, StepData } from '../journey/record.ts'
import type { RecordOrigin } from '../journey/row.ts'
import { type Reply, withReference } from '../smtp/reply.ts'
import type {
  Answer,
  CloseReason,
  MessageFacts,
  Question,
  References,
} from '../smtp/server-types.ts'
import { keptForReplay, record } from '../post/acceptance.ts'
import type { Post } from '../post/post.ts'
import type { Acceptance, ContentIntake, NewContent } from '../store/store.ts'
import { ClientLimits } from './client-limits.ts'
import { type ConnectionFacts, ConnectionLog } from './connection-log.ts'
import type { Guard } from './guard.ts'
import { MessageIntake, NoRoom } from './intake.ts'
import { letterLine, loginLine } from './log-lines.ts'
import type { Letter, Port, RecipientTaken, Verdict } from './port.ts'
import { recipientText } from './recipient.ts'
import { answerOf, connectionLost, faultReply, messageNote, unreadableHeader } from './replies.ts'
import type { SessionHandler } from './session.ts'
import { Transaction } from './transaction.ts'

export interface MailHandlerOptions {
  /** Which server the records are of. */
  readonly origin: RecordOrigin
  readonly directory: Pick<Directory, 'isLocal'>
  readonly guard: Guard
  readonly contents: ContentIntake
  readonly post: Pick<Post, 'accept' | 'newId'>
  readonly clock: Clock
  /** How much is kept of a letter that is refused, in octets; 262,144 when `undefined`. */
  readonly refusedBytes: () => number | undefined
  readonly log: Log
  /** A fault of ours, for the log. */
  readonly report: (problem: unknown, journeyId: string) => void
}

/**
 * Answers the questions of one connection: leads each letter from its sender to its end, asks the
 * port what to do with it, writes everything down, and lets no reply to a letter leave before what
 * it promises is in the store.
 */
export class MailHandler implements SessionHandler {
  readonly #options: MailHandlerOptions
  readonly #facts: ConnectionFacts
  readonly #port: Port
  readonly #log: ConnectionLog
  readonly #limits: ClientLimits
  #transaction: Transaction | undefined
  /** Ends the letter whose sender was refused, while what its client sent behind it comes. */
  #endRefusedSender: (() => void) | undefined
  /** The engine has refused the message; the line with its words comes next. */
  #refusedByEngine: MessageFacts | undefined

  constructor(options: MailHandlerOptions, facts: ConnectionFacts, port: Port) {
    this.#options = options
    this.#facts = facts
    this.#port = port
    this.#log = new ConnectionLog(facts, options.clock, () => options.post.newId())
    const { direction } = port
    this.#limits = new ClientLimits(options, { facts, direction, log: this.#log })
  }

  references(): References {
    return this.#log.references
  }

  answer(question: Question): Answer | Promise<Answer> {
    switch (question.type) {
      case 'connect':
        return this.#limits.atGreeting() ?? accept
      case 'helo':
        this.#log.helloSaid(question)
        return accept
      case 'auth':
        return this.#login(question)
      case 'sender':
        return this.#sender(question)
      case 'recipient':
        return this.#recipient(question)
      case 'data':
        return this.#data()
      case 'message':
        return this.#message(question.facts)
    }
  }

  content(octets: Uint8Array): Promise<void> | undefined {
    return this.#transaction?.intake?.push(octets)
  }

  contentEnd(ending: 'complete' | 'refused' | 'abandoned', facts: MessageFacts): void {
    if (ending === 'complete') return
    this.#transaction?.intake?.abort()
    if (ending === 'refused') this.#refusedByEngine = facts
  }

  dropped(closing: string | null): void {
    const transaction = this.#transaction
    if (transaction === undefined) return
    if (transaction.settling) {
      transaction.gone ??= closing ?? 'lost'
      return
    }
    const { journey, refusal, taken } = transaction
    // Where one recipient was taken and another refused, nobody has refused the letter; but 421 is
    // for the whole connection (RFC 5321 §3.8).
    if (refusal === undefined || (taken.length > 0 && refusal.code !== 421)) {
      const ours = closing !== null && closedByUs.has(closing)
      const why = ours ? closing : 'the client gave the message up'
      journey.step({ type: 'dropped', why })
      this.#close(transaction, { status: 'dropped', because: [why] })
      return
    }
    const status = refusedBy(refusal)
    this.#close(transaction, { status, smtp: refusal, because: ['recipient'] })
  }

  refused(heard: 'command' | 'response'): void {
    const { command, answer } = this.#log.commandRefused(heard)
    const transaction = this.#transaction
    // What was asked for is not known, but that there was somebody to be refused is.
    if (transaction !== undefined && command === 'RCPT TO') transaction.refusal = answer
  }

  tlsStarted(facts: TlsFacts): void {
    this.#log.tlsStarted(facts)
    this.#limits.tlsStarted(facts)
  }

  tlsFailed(problem: string): void {
    this.#log.tlsFailed(problem)
    this.#limits.tlsFailed(problem)
  }

  line(from: 'client' | 'server', text: string): void {
    const end = this.#endRefusedSender
    if (end !== undefined && from === 'client' && !this.#log.isBehindSender(text)) end()
    this.#log.line(from, text)
    const [facts, transaction] = [this.#refusedByEngine, this.#transaction]
    if (from === 'client' || facts === undefined || transaction === undefined) return
    this.#refusedByEngine = undefined
    const problem = facts.tooBig ? 'too-big' : 'bare-newline'
    transaction.journey.step({ type: 'message', octets: facts.octets, sha256: '', problem })
    const smtp = this.#log.lastAnswer('DATA')
    this.#close(transaction, { status: 'refused', smtp, because: ['message'] })
  }

  closed(reason: string): void {
    this.#port.closed()
    this.#endRefusedSender?.()
    if (this.#transaction !== undefined) this.dropped(reason)
    const journey = this.#log.close()
    if (journey === undefined) return
    journey.step({ type: 'dropped', why: reason })
    const transaction = new Transaction(journey, { helo: this.#log.helo, mailFrom: '' })
    this.#keep(transaction, this.#endOf(reason))
  }

  /** A client that was refused and left has not just left. */
  #endOf(reason: string): Outcome {
    const { refusal } = this.#log
    if (refusal === undefined || closedByUs.has(reason)) {
      return { status: 'dropped', because: [reason] }
    }
    const status = refusedBy(refusal)
    const because = refusal.atCommand === 'AUTH' ? 'login' : 'command'
    return { status, smtp: refusal, because: [because] }
  }

  broken(problem: unknown, reply: Reply): void {
    const { journey } = this.#log
    const transaction = this.#transaction
    if (!(problem instanceof NoRoom)) this.#options.report(problem, journey.id)
    if (transaction === undefined) return
    transaction.intake?.abort()
    const told = withReference(reply, journey.id)
    const smtp = answerOf(told, 'DATA')
    if (problem instanceof NoRoom) this.#limits.noRoom(problem, smtp)
    journey.step({ type: 'deferred', answer: smtp })
    this.#log.answered(told)
    // The same fault may strike again here; it has been told.
    this.#close(transaction, { status: 'deferred', smtp, because: ['fault'] }, () => {})
  }

  async #login(question: Question & { readonly type: 'auth' }): Promise<Answer> {
    const refusal = await this.#port.login(question, this.#facts.remote.ip)
    const { id } = this.#log.journey
    const { directory, log } = this.#options
    const { mechanism, username } = question
    // A password that was typed where the name is asked for must not stand anywhere.
    const known = refusal === undefined || (await isOurs(directory, username))
    const account = known ? username : ''
    log(loginLine({ id, facts: this.#facts, mechanism, account, refusal: refusal?.reply }))
    const answer = refusal === undefined ? undefined : answerOf(refusal.reply, 'AUTH')
    this.#log.loggedIn({ mechanism, account, answer })
    if (refusal === undefined) return accept
    if (refusal.met !== undefined) return this.#limits.refused(refusal.met, refusal.reply, 'AUTH')
    return { type: 'reject', reply: refusal.reply }
  }

  #sender(question: Question & { readonly type: 'sender' }): Soon<Answer> {
    const { reversePath, parameters } = question
    const remarks = remarksOf(question)
    const mailFrom = reversePath.type === 'null' ? '' : formatMailbox(reversePath.mailbox)
    const journey = this.#log.begin()
    const { helo } = this.#log
    const transaction = new Transaction(journey, { helo, mailFrom })
    this.#transaction = transaction
    const transport = this.#log.transport(parameters)
    const { ip } = this.#facts.remote
    const sender = { reversePath, mailFrom, parameters }
    const begun = this.#port.sender({ journey, ...sender, ip, helo, transport })
    return andThen(this.#orRefused(begun, journey.id), (letter) => {
      if (this.#transaction !== transaction) return notHeard
      if (!('refusal' in letter)) {
        journey.step({ type: 'sender', mailFrom, refused: undefined, ...remarks })
        transaction.letter = letter
        return accept
      }
      const told = withReference(letter.refusal, journey.id)
      const smtp = answerOf(told, 'MAIL FROM')
      journey.step({ type: 'sender', mailFrom, refused: smtp, ...remarks })
      this.#refuseSender(transaction, { status: refusedBy(smtp), smtp, because: ['sender'] })
      return { type: 'reject', reply: told }
    })
  }

  /** Who cannot be looked up now comes again. */
  #orRefused<T>(
    answer: Soon<T | { readonly refusal: Reply }>,
    id: string,
  ): Soon<T | { readonly refusal: Reply }> {
    if (!(answer instanceof Promise)) return answer
    return answer.catch((problem: unknown) => {
      this.#options.report(problem, id)
      return { refusal: faultReply(problem) }
    })
  }

  /**
   * RFC 2920 §3.1: a client that pipelines has sent RCPT and DATA before it hears of the refusal.
   * They, and that they are refused too, belong to this letter and are none of their own.
   */
  #refuseSender(transaction: Transaction, outcome: Outcome): void {
    this.#transaction = undefined
    this.#log.senderRefused()
    const end = (): void => {
      this.#endRefusedSender = undefined
      cancel()
      this.#close(transaction, outcome)
    }
    const cancel = this.#options.clock.setTimer(pipelinedMs, end)
    this.#endRefusedSender = end
  }

  #recipient(question: Question & { readonly type: 'recipient' }): Soon<Answer> {
    const { forwardPath: path, parameters } = question
    const remarks = remarksOf(question)
    const { transaction, letter } = this.#required()
    const { journey } = transaction
    const rcptTo = recipientText(path)
    transaction.asked.push(rcptTo)
    const answered = this.#orRefused<RecipientTaken>(
      letter.recipient({ path, rcptTo, parameters }),
      journey.id,
    )
    return andThen(answered, (to) => {
      if (this.#transaction !== transaction) return notHeard
      if (typeof to === 'string') {
        transaction.taken.push(rcptTo)
        const answer = { code: 250, enhanced: '2.1.5', text: 'Recipient OK', atCommand: 'RCPT TO' }
        journey.step({ type: 'recipient', rcptTo, to, answer, ...remarks })
        return accept
      }
      const told = withReference(this.#limits.countRefused(to.refusal), journey.id)
      const answer = answerOf(told, 'RCPT TO')
      transaction.refusal = answer
      journey.step({ type: 'recipient', rcptTo, to: 'refused', answer, ...remarks })
      return { type: 'reject', reply: told }
    })
  }

  #data(): Answer {
    const { transaction, letter } = this.#required()
    const { contents, guard } = this.#options
    const holding = guard.holdMemory(this.#facts.remote.ip)
    const from = this.#port.direction === 'in' ? 'stranger' : 'own'
    transaction.intake = new MessageIntake(contents.newContent(from), letter, holding)
    return accept
  }

  async #message(facts: MessageFacts): Promise<Answer> {
    const { transaction, letter } = this.#required()
    const { intake, journey } = transaction
    if (intake === undefined) throw new Error('MailHandler: a message without DATA')
    transaction.octets = facts.octets
    const taken = await intake.finish()
    const { content } = taken
    const problem = taken.type === 'problem' ? `header-${taken.problem.type}` : undefined
    journey.step({ type: 'message', octets: facts.octets, sha256: content.sha256, problem })
    journey.line('note', messageNote(facts.octets))
    transaction.header = taken.type === 'problem' ? undefined : taken.header
    const mark = journey.mark()
    transaction.settling = true
    try {
      const verdict: Verdict =
        taken.type === 'problem'
          ? { type: 'refused', reply: unreadableHeader(taken.problem), because: ['message'] }
          : await letter.finish({ header: taken.header, content, facts })
      if (transaction.gone !== undefined) return this.#unheard(transaction, transaction.gone)
      return await this.#commit(
        transaction,
        verdict,
        await this.#parts(transaction, verdict, content),
      )
    } catch (problem) {
      // Nothing of it has come to pass, and the client comes again: only the fault is written down.
      journey.backTo(mark)
      throw problem
    }
  }

  /** Nobody is there to hear the answer, so the client comes again: to keep it would make two. */
  #unheard(transaction: Transaction, why: string): Answer {
    transaction.intake?.abort()
    transaction.settling = false
    this.dropped(why)
    return { type: 'reject', reply: connectionLost }
  }

  /** What is put down: of a letter that is not taken, as much as its replay needs. */
  async #parts(
    transaction: Transaction,
    verdict: Verdict,
    content: NewContent,
  ): Promise<readonly Acceptance[]> {
    if (verdict.type === 'taken') {
      const { placed, also } = verdict
      return also === undefined ? [placed.acceptance] : [placed.acceptance, also.acceptance]
    }
    const { journey, intake, header } = transaction
    if (!this.#port.keepsRefused || intake === undefined) {
      intake?.abort()
      return []
    }
    const refusedBytes = this.#options.refusedBytes() ?? defaultRefusedBytes
    const kept = Math.max(refusedBytes, header?.bodyOffset ?? 0)
    if (kept < content.size) transaction.kept = kept
    return [keptForReplay(journey.id, await intake.shorten(content, kept))]
  }

  /** Puts everything down in one, and only then gives the answer. */
  async #commit(
    transaction: Transaction,
    verdict: Verdict,
    parts: readonly Acceptance[],
  ): Promise<Answer> {
    const { journey } = transaction
    const { type, because } = verdict
    const reply = withReference(verdict.reply, journey.id)
    const smtp = answerOf(reply, 'DATA')
    if (type === 'taken') for (const step of stepsOf(verdict)) journey.step(step)
    else journey.step({ type, answer: smtp })
    this.#log.answered(reply)
    const status = type === 'taken' ? verdict.status : type
    const messageId = parts.length > 0 ? journey.id : undefined
    const row = this.#row(transaction, { status, smtp, because }, messageId)
    await this.#options.post.accept(record(row), ...parts)
    this.#tell(transaction, { status, smtp, because })
    this.#done()
    this.#begin(verdict.afterwards, journey.id)
    return type === 'taken' ? { type: 'accept', reply } : { type: 'reject', reply }
  }

  /** What is settled stays so, whatever happens here: a fault must not look as if it had failed. */
  #begin(afterwards: (() => void) | undefined, journeyId: string): void {
    try {
      afterwards?.()
    } catch (problem) {
      this.#options.report(problem, journeyId)
    }
  }

  /** Ends a transaction that has no message to keep; nobody waits for its record. */
  #close(transaction: Transaction, outcome: Outcome, failed?: (problem: unknown) => void): void {
    this.#done()
    this.#keep(transaction, outcome, failed)
  }

  #keep(
    transaction: Transaction,
    outcome: Outcome,
    failed: (problem: unknown) => void = (problem) =>
      this.#options.report(problem, transaction.journey.id),
  ): void {
    const row = this.#row(transaction, outcome, undefined)
    this.#tell(transaction, outcome)
    this.#options.post.accept(record(row)).catch(failed)
  }

  #tell({ journey, mailFrom, asked, taken, octets }: Transaction, outcome: Outcome): void {
    const { helo, login } = this.#log
    const { id } = journey
    const letter = { id, facts: this.#facts, helo, login, mailFrom, asked, taken, outcome, octets }
    this.#options.log(letterLine(letter))
  }

  #row(
    transaction: Transaction,
    outcome: Outcome,
    messageId: string | undefined,
  ): ReturnType<Transaction['row']> {
    const { origin } = this.#options
    const { direction } = this.#port
    const { login } = this.#log
    const { ip } = this.#facts.remote
    return transaction.row({ direction, origin, ip, login, outcome, messageId })
  }

  #required(): {
    readonly transaction: Transaction
    readonly letter: Letter
  } {
    const letter = this.#transaction?.letter
    if (this.#transaction === undefined || letter === undefined) {
      throw new Error('MailHandler: no letter is under way')
    }
    return { transaction: this.#transaction, letter }
  }

  #done(): void {
    this.#transaction?.intake?.release()
    this.#transaction = undefined
    this.#log.end()
  }
}

/** Of a transaction that ends with the session for one of these, the client did not let go. */
const closedByUs: ReadonlySet<string> = new Set<CloseReason>([
  'timeout',
  'refused',
  'tooManyErrors',
  'tooMuch',
  'notSmtp',
  'shutdown',
])

/** For the record, which has none where there is nothing to remark. */
function remarksOf({ remarks }: { readonly remarks: readonly PathRemark[] }): {
  readonly remarks?: readonly PathRemark[]
} {
  return remarks.length === 0 ? {} : { remarks }
}

/** Told to come back is something else than told to go away. */
function refusedBy({ code }: { readonly code: number }): 'deferred' | 'refused' {
  return code < 500 ? 'deferred' : 'refused'
}

/** How long what was pipelined behind a refused sender may take to come. */
const pipelinedMs = 1000

/** What is kept of a refused letter, in octets. */
const defaultRefusedBytes = 256 * 1024

const accept: Answer = { type: 'accept' }
/** The transaction is gone, and its client with it. */
const notHeard: Answer = { type: 'reject', reply: connectionLost }

function stepsOf({ placed, also }: Verdict & { readonly type: 'taken' }): readonly StepData[] {
  return also === undefined ? placed.steps : [...placed.steps, also.step]
}
