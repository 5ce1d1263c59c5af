import { formatMailbox } from '../address/mailbox.ts'
import type { PathRemark } from '../address/remark.ts'
import type { TlsFacts } from '../io/peer.ts'
import type { Outcome } from '../journey/record.ts'
import { type Reply, withReference } from '../smtp/reply.ts'
import type {
  Answer,
  CloseReason,
  MessageFacts,
  Question,
  References,
} from '../smtp/server-types.ts'
import type { Acceptance, NewContent } from '../store/store.ts'
import { ClientLimits } from './client-limits.ts'
import { type ConnectionFacts, ConnectionLog } from './connection-log.ts'
import { MessageIntake, NoRoom } from './intake.ts'
import { letterLine, loginLine } from './log-lines.ts'
import type { Port, Verdict } from './port.ts'
import { answerOf, connectionLost, messageNote, unreadableHeader } from './replies.ts'
import type { SessionHandler } from './session.ts'
import { Transaction } from './transaction.ts'
import type { ReceiveWorld } from './world.ts'

/**
 * Answers the questions of one connection: leads each letter from its sender to its end, asks the
 * port what to do with it, writes everything down, and lets no reply to a letter leave before what
 * it promises is in the store.
 */
export class MailHandler implements SessionHandler {
  readonly #world: ReceiveWorld
  readonly #facts: ConnectionFacts
  readonly #port: Port
  readonly #log: ConnectionLog
  readonly #limits: ClientLimits
  #transaction: Transaction | undefined
  /** Ends the letter whose sender was refused, while what its client sent behind it comes. */
  #endRefusedSender: (() => void) | undefined
  /** The engine has refused the message; the line with its words comes next. */
  #refusedByEngine: MessageFacts | undefined

  constructor(world: ReceiveWorld, facts: ConnectionFacts, port: Port) {
    this.#world = world
    this.#facts = facts
    this.#port = port
    this.#log = new ConnectionLog(facts, world.clock, () => world.newId())
    const { direction } = port
    this.#limits = new ClientLimits(world, { facts, direction, log: this.#log })
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
    // Told to come back is something else than told to go away.
    const status = refusal.code < 500 ? 'deferred' : 'refused'
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
    const status = refusal.code < 500 ? 'deferred' : 'refused'
    const because = refusal.atCommand === 'AUTH' ? 'login' : 'command'
    return { status, smtp: refusal, because: [because] }
  }

  broken(problem: unknown, reply: Reply): void {
    const { journey } = this.#log
    const transaction = this.#transaction
    if (!(problem instanceof NoRoom)) this.#world.report(problem, journey.id)
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
    const { mechanism, username } = question
    // A password that was typed where the name is asked for must not stand anywhere.
    const known = refusal === undefined || this.#world.house.isOurs(username)
    const account = known ? username : ''
    this.#world.log(
      loginLine({ id, facts: this.#facts, mechanism, account, refusal: refusal?.reply }),
    )
    const answer = refusal === undefined ? undefined : answerOf(refusal.reply, 'AUTH')
    this.#log.loggedIn({ mechanism, account, answer })
    if (refusal === undefined) return accept
    if (refusal.met !== undefined) return this.#limits.refused(refusal.met, refusal.reply, 'AUTH')
    return { type: 'reject', reply: refusal.reply }
  }

  #sender(question: Question & { readonly type: 'sender' }): Answer {
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
    if (!('refusal' in begun)) {
      journey.step({ type: 'sender', mailFrom, refused: undefined, ...remarks })
      transaction.letter = begun
      return accept
    }
    const told = withReference(begun.refusal, journey.id)
    const smtp = answerOf(told, 'MAIL FROM')
    journey.step({ type: 'sender', mailFrom, refused: smtp, ...remarks })
    this.#refuseSender(transaction, { status: 'refused', smtp, because: ['sender'] })
    return { type: 'reject', reply: told }
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
    const cancel = this.#world.clock.setTimer(pipelinedMs, end)
    this.#endRefusedSender = end
  }

  #recipient(question: Question & { readonly type: 'recipient' }): Answer {
    const { forwardPath: path, parameters } = question
    const remarks = remarksOf(question)
    const { transaction, letter } = this.#required()
    const { journey } = transaction
    const rcptTo = path.type === 'postmaster' ? 'postmaster' : formatMailbox(path.mailbox)
    transaction.asked.push(rcptTo)
    const to = letter.recipient({ path, rcptTo, parameters })
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
  }

  #data(): Answer {
    const { transaction, letter } = this.#required()
    const { store, guard } = this.#world
    const holding = guard.holdMemory(this.#facts.remote.ip)
    const from = this.#port.direction === 'in' ? 'stranger' : 'own'
    transaction.intake = new MessageIntake(store.newContent(from), letter, holding)
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
        await this.#acceptance(transaction, verdict, content),
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
  async #acceptance(
    transaction: Transaction,
    verdict: Verdict,
    content: NewContent,
  ): Promise<Acceptance> {
    if (verdict.type === 'taken') return verdict.acceptance
    const { journey, intake, header } = transaction
    if (!this.#port.keepsRefused || intake === undefined) {
      intake?.abort()
      return nothing
    }
    const { refusedBytes = defaultRefusedBytes } = this.#world.house.limits
    const kept = Math.max(refusedBytes, header?.bodyOffset ?? 0)
    if (kept < content.size) transaction.kept = kept
    const shortened = await intake.shorten(content, kept)
    const message = { id: journey.id, content: shortened, prefix: new Uint8Array(0), omit: [] }
    return { ...nothing, message }
  }

  /** Puts everything down in one, and only then gives the answer. */
  async #commit(
    transaction: Transaction,
    verdict: Verdict,
    acceptance: Acceptance,
  ): Promise<Answer> {
    const { journey } = transaction
    const { type, because } = verdict
    const reply = withReference(verdict.reply, journey.id)
    const smtp = answerOf(reply, 'DATA')
    if (type === 'taken') for (const step of verdict.steps) journey.step(step)
    else journey.step({ type, answer: smtp })
    this.#log.answered(reply)
    const status = type === 'taken' ? verdict.status : type
    const messageId = acceptance.message?.id
    const row = this.#row(transaction, { status, smtp, because }, messageId)
    await this.#world.store.accept({ ...acceptance, journeys: [row, ...acceptance.journeys] })
    this.#tell(transaction, { status, smtp, because })
    this.#done()
    if (acceptance.queue.length > 0) this.#world.queued()
    this.#begin(verdict.afterwards, journey.id)
    return type === 'taken' ? { type: 'accept', reply } : { type: 'reject', reply }
  }

  /** What is settled stays so, whatever happens here: a fault must not look as if it had failed. */
  #begin(afterwards: (() => void) | undefined, journeyId: string): void {
    try {
      afterwards?.()
    } catch (problem) {
      this.#world.report(problem, journeyId)
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
      this.#world.report(problem, transaction.journey.id),
  ): void {
    const row = this.#row(transaction, outcome, undefined)
    this.#tell(transaction, outcome)
    this.#world.store.accept({ ...nothing, journeys: [row] }).catch(failed)
  }

  #tell({ journey, mailFrom, asked, taken, octets }: Transaction, outcome: Outcome): void {
    const { helo, login } = this.#log
    const { id } = journey
    const letter = { id, facts: this.#facts, helo, login, mailFrom, asked, taken, outcome, octets }
    this.#world.log(letterLine(letter))
  }

  #row(
    transaction: Transaction,
    outcome: Outcome,
    messageId: string | undefined,
  ): ReturnType<Transaction['row']> {
    const { hostname, mode } = this.#world.house
    const { direction } = this.#port
    const { login } = this.#log
    const { ip } = this.#facts.remote
    return transaction.row({ direction, mode, host: hostname, ip, login, outcome, messageId })
  }

  #required(): {
    readonly transaction: Transaction
    readonly letter: NonNullable<Transaction['letter']>
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

/** How long what was pipelined behind a refused sender may take to come. */
const pipelinedMs = 1000

/** What is kept of a refused letter, in octets. */
const defaultRefusedBytes = 256 * 1024

const accept: Answer = { type: 'accept' }

const nothing: Acceptance = { queue: [], mailbox: [], journeys: [] }
