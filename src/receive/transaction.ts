import { andThen, type Soon } from '../base/result.ts'
import type { Outcome } from '../journey/record.ts'
import type { SmtpAnswer } from '../journey/spoken.ts'
import type { MessageHeader } from '../message/header-reader.ts'
import { keptForReplay } from '../post/placing.ts'
import { type Reply, withReference } from '../smtp/reply.ts'
import type { Answer, MessageFacts, Session } from '../smtp/server-types.ts'
import type { Acceptance, NewContent } from '../store/ports/post.ts'
import { LetterEnvelope, statusOf } from './letter-envelope.ts'
import type { RecipientQuestion, SenderQuestion } from './letter-envelope.ts'
import { MessageIntake, NoRoom } from './intake.ts'
import type { LetterConnection } from './letter-connection.ts'
import { behindSender } from './client-limits.ts'
import { type LetterRecord, loginOf, partsOf, stepsOf } from './letter-book.ts'
import type { Letter, RecipientTaken, Verdict } from './port.ts'
import { answerOf, connectionLost, faultReply, messageNote, unreadableHeader } from './replies.ts'

/** Where the life of a letter stands. */
type State =
  /** Its sender is being asked about. */
  | { readonly name: 'sender' }
  /** Its sender was refused, and what its client had sent behind that may still come. */
  | { readonly name: 'turnedAway'; readonly end: () => void }
  /** Recipients are named. */
  | { readonly name: 'envelope'; readonly letter: Letter }
  /** Its octets come. */
  | { readonly name: 'content'; readonly letter: Letter; readonly intake: MessageIntake }
  /** All of it is here, and its answer is being found. `gone`: why nobody will hear it. */
  | {
      readonly name: 'judging'
      readonly letter: Letter
      readonly intake: MessageIntake
      readonly gone: string | undefined
    }
  | { readonly name: 'over' }

/**
 * The life of one letter, from its sender to its end: asks the port what to do with it, writes
 * everything down, and lets no answer leave before what it promises is in the store.
 */
export class Transaction {
  readonly #connection: LetterConnection
  readonly #session: Session
  readonly #envelope: LetterEnvelope
  #state: State = { name: 'sender' }
  /** What has come so far, for the record. */
  readonly #come: { letter?: Letter; header?: MessageHeader; octets?: number; kept?: number } = {}

  /** Begins a journey; `sender` is to be asked next. The session is as MAIL finds it. */
  constructor(connection: LetterConnection, session: Session, question: SenderQuestion) {
    this.#connection = connection
    this.#session = session
    this.#envelope = new LetterEnvelope(connection.log.begin(), question)
  }

  get over(): boolean {
    return this.#state.name === 'over'
  }

  sender(question: SenderQuestion): Soon<Answer> {
    const { port, facts } = this.#connection
    const known = { ip: facts.remote.ip, session: this.#session }
    const envelope = this.#envelope
    return andThen(this.#orRefused(port.sender(envelope.asSender(question, known))), (begun) => {
      if (this.over) return notHeard
      if ('refusal' in begun) {
        const smtp = envelope.senderRefused(question, begun.refusal)
        this.#turnAway({ status: statusOf(smtp), smtp, because: ['sender'] })
        return { type: 'reject', reply: begun.refusal }
      }
      envelope.senderTaken(question)
      this.#come.letter = begun
      this.#state = { name: 'envelope', letter: begun }
      return accept
    })
  }

  recipient(question: RecipientQuestion): Soon<Answer> {
    const { letter } = this.#expect('envelope')
    const envelope = this.#envelope
    const asked = letter.recipient(envelope.asRecipient(question))
    return andThen(this.#orRefused<RecipientTaken>(asked), (to): Soon<Answer> => {
      if (this.over) return notHeard
      if (typeof to === 'string') {
        envelope.recipientTaken(question, to)
        return accept
      }
      return andThen(this.#connection.limits.countRefused(to.refusal), (reply): Answer => {
        if (this.over) return notHeard
        envelope.recipientRefused(question, reply)
        return { type: 'reject', reply }
      })
    })
  }

  data(): Answer {
    const { letter } = this.#expect('envelope')
    const { needs, facts, port } = this.#connection
    const holding = needs.guard.holdMemory(facts.remote.ip)
    const from = port.direction === 'in' ? 'stranger' : 'own'
    const intake = new MessageIntake(needs.contents.newContent(from), letter, holding)
    this.#state = { name: 'content', letter, intake }
    return accept
  }

  content(octets: Uint8Array): Promise<void> | undefined {
    return this.#state.name === 'content' ? this.#state.intake.push(octets) : undefined
  }

  /** The client says something: behind a refused sender it may be none of this letter. */
  heard(command: string): void {
    if (this.#state.name === 'turnedAway' && !behindSender.has(command)) this.#state.end()
  }

  /** The engine has refused a command by itself. */
  commandRefused(answer: SmtpAnswer): void {
    this.#envelope.commandRefused(answer)
  }

  /** The engine refuses the content, now that it is at its end. */
  messageRefused({ octets, tooBig }: MessageFacts, reply: Reply): void {
    this.#expect('content').intake.abort()
    const problem = tooBig ? 'too-big' : 'bare-newline'
    this.#envelope.journey.step({ type: 'message', octets, sha256: '', problem })
    const smtp = answerOf(this.#connection.log.answered(reply), 'DATA')
    this.#close({ status: 'refused', smtp, because: ['message'] })
  }

  /** The answer to the whole message. */
  async message(facts: MessageFacts): Promise<Answer> {
    const { letter, intake } = this.#expect('content')
    const { journey } = this.#envelope
    this.#come.octets = facts.octets
    const taken = await intake.finish()
    const { content } = taken
    const problem = taken.type === 'problem' ? `header-${taken.problem.type}` : undefined
    journey.step({ type: 'message', octets: facts.octets, sha256: content.sha256, problem })
    journey.line('note', messageNote(facts.octets))
    if (taken.type === 'taken') this.#come.header = taken.header
    const mark = journey.mark()
    this.#state = { name: 'judging', letter, intake, gone: undefined }
    try {
      const verdict: Verdict =
        taken.type === 'problem'
          ? { type: 'refused', reply: unreadableHeader(taken.problem), because: ['message'] }
          : await letter.finish({ header: taken.header, content, facts })
      const { gone } = this.#expect('judging')
      if (gone !== undefined) {
        // Nobody is there to hear it, so the client comes again: to keep the letter would make two.
        intake.abort()
        this.#close(this.#envelope.end(gone))
        return notHeard
      }
      return await this.#commit(verdict, await this.#parts(verdict, intake, content))
    } catch (problem) {
      // Nothing of it has come to pass, and the client comes again: only the fault is written down.
      journey.backTo(mark)
      throw problem
    }
  }

  /** Its client let it go, or the session ends; `closing` says why. */
  dropped(closing: string | null): void {
    const state = this.#state
    switch (state.name) {
      case 'over':
        return
      case 'turnedAway':
        state.end()
        return
      case 'judging':
        this.#state = { ...state, gone: state.gone ?? closing ?? 'lost' }
        return
      case 'content':
        state.intake.abort()
        break
      case 'sender':
      case 'envelope':
        break
    }
    this.#close(this.#envelope.end(closing))
  }

  /** A fault of ours: the client hears `reply`, and comes again. */
  broken(problem: unknown, reply: Reply): void {
    const state = this.#state
    if (state.name === 'over') return
    const { log, limits } = this.#connection
    if (state.name === 'content' || state.name === 'judging') state.intake.abort()
    const smtp = answerOf(log.answered(reply), 'DATA')
    if (problem instanceof NoRoom) limits.noRoom(problem, smtp)
    this.#envelope.journey.step({ type: 'deferred', answer: smtp })
    // The same fault may strike again here; it has been told.
    this.#close({ status: 'deferred', smtp, because: ['fault'] }, () => {})
  }

  /** Who cannot be looked up now comes again. */
  #orRefused<T>(answer: Soon<T | { readonly refusal: Reply }>): typeof answer {
    if (!(answer instanceof Promise)) return answer
    return answer.catch((problem: unknown) => {
      this.#connection.needs.report(problem, this.#envelope.journey.id)
      return { refusal: faultReply(problem) }
    })
  }

  /**
   * RFC 2920 §3.1: a client that pipelines has sent RCPT and DATA before it hears of the refusal.
   * They, and that they are refused too, belong to this letter and are none of their own.
   */
  #turnAway(outcome: Outcome): void {
    const end = (): void => {
      cancel()
      this.#close(outcome)
    }
    const cancel = this.#connection.needs.clock.setTimer(pipelinedMs, end)
    this.#state = { name: 'turnedAway', end }
  }

  /** What is put down: of a letter that is not taken, as much as its replay needs. */
  async #parts(
    verdict: Verdict,
    intake: MessageIntake,
    content: NewContent,
  ): Promise<readonly Acceptance[]> {
    if (verdict.type === 'taken') return partsOf(verdict)
    const { needs, port } = this.#connection
    if (!port.keepsRefused) {
      intake.abort()
      return []
    }
    const refusedBytes = needs.refusedBytes() ?? defaultRefusedBytes
    const kept = Math.max(refusedBytes, this.#come.header?.bodyOffset ?? 0)
    if (kept < content.size) this.#come.kept = kept
    return [keptForReplay(this.#envelope.journey.id, await intake.shorten(content, kept))]
  }

  /** Puts everything down in one, and only then gives the answer. */
  async #commit(verdict: Verdict, parts: readonly Acceptance[]): Promise<Answer> {
    const { needs, log, book } = this.#connection
    const { journey } = this.#envelope
    const { type, because } = verdict
    const smtp = answerOf(withReference(verdict.reply, journey.id), 'DATA')
    if (type === 'taken') for (const step of stepsOf(verdict)) journey.step(step)
    else journey.step({ type, answer: smtp })
    const reply = log.answered(verdict.reply)
    const outcome: Outcome = { status: type === 'taken' ? verdict.status : type, smtp, because }
    await book.settle(this.#record(), outcome, parts)
    this.#done()
    try {
      verdict.afterwards?.()
    } catch (problem) {
      // What is settled stays so: a fault must not look as if it had failed.
      needs.report(problem, journey.id)
    }
    return type === 'taken' ? { type: 'accept', reply } : { type: 'reject', reply: verdict.reply }
  }

  /** Ends a letter that has no message to keep; nobody waits for its record. */
  #close(outcome: Outcome, failed?: (problem: unknown) => void): void {
    this.#done()
    this.#connection.book.keep(this.#record(), outcome, failed)
  }

  #record(): LetterRecord {
    const { journey, mailFrom, asked, taken } = this.#envelope
    const helo = this.#session.greeting?.name ?? ''
    return { journey, helo, login: loginOf(this.#session), mailFrom, asked, taken, ...this.#come }
  }

  #done(): void {
    const state = this.#state
    if (state.name === 'content' || state.name === 'judging') state.intake.release()
    this.#state = { name: 'over' }
    this.#connection.log.end()
  }

  #expect<Name extends State['name']>(name: Name): State & { readonly name: Name } {
    const state = this.#state
    if (!isIn(state, name)) throw new Error(`Transaction: ${state.name}, not ${name}`)
    return state
  }
}

function isIn<Name extends State['name']>(
  state: State,
  name: Name,
): state is State & { readonly name: Name } {
  return state.name === name
}

/** How long what was pipelined behind a refused sender may take to come. */
const pipelinedMs = 1000
/** What is kept of a refused letter, in octets. */
const defaultRefusedBytes = 256 * 1024
const accept: Answer = { type: 'accept' }
/** The letter is over, and its client is gone. */
const notHeard: Answer = { type: 'reject', reply: connectionLost }
