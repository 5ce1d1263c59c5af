import type { Log } from '../base/log.ts'
import { andThen, type Soon } from '../base/result.ts'
import { type Directory, isOurs } from '../directory/directory.ts'
import type { TlsFacts } from '../io/tls-facts.ts'
import type { Outcome } from '../journey/record.ts'
import type { RecordOrigin } from '../journey/row.ts'
import type { Post } from '../post/post.ts'
import type { Reply } from '../smtp/reply.ts'
import { freshSession } from '../smtp/server-answers.ts'
import type { Answer, MessageFacts, Question, Session } from '../smtp/server-types.ts'
import { ClientLimits, LastRefusal } from './client-limits.ts'
import { type ConnectionFacts, ConnectionLog } from './connection-log.ts'
import type { Guard } from './guard.ts'
import { closedByUs, statusOf } from './letter-envelope.ts'
import { NoRoom } from './intake.ts'
import { LetterBook, loginLine, loginOf } from './letter-book.ts'
import type { LetterNeeds } from './letter-connection.ts'
import type { DueReply, Port, Said } from './port.ts'
import { answerOf } from './replies.ts'
import type { Heard, SessionHandler, Spoken } from './session.ts'
import { Transaction } from './transaction.ts'

export interface MailHandlerOptions extends LetterNeeds {
  /** Which server the records are of. */
  readonly origin: RecordOrigin
  readonly directory: Pick<Directory, 'isLocal'>
  readonly guard: Guard
  readonly post: Pick<Post, 'accept' | 'newId'>
  readonly log: Log
}

/**
 * Answers the questions of one connection: greets, logs in, and gives each letter its life, which is
 * a `Transaction`. A connection that brings none has a journey of its own.
 */
export class MailHandler implements SessionHandler {
  readonly #options: MailHandlerOptions
  readonly #facts: ConnectionFacts
  readonly #port: Port
  readonly #log: ConnectionLog
  readonly #limits: ClientLimits
  readonly #book: LetterBook
  readonly #refusal = new LastRefusal()
  readonly say: SessionHandler['say']
  #transaction: Transaction | undefined

  constructor(options: MailHandlerOptions, facts: ConnectionFacts, port: Port) {
    this.#options = options
    this.#facts = facts
    this.#port = port
    this.#log = new ConnectionLog(facts, options.clock, () => options.post.newId())
    const { direction } = port
    this.#limits = new ClientLimits(options, { facts, direction, log: this.#log })
    this.#book = new LetterBook(options, { facts, port })
    this.say = port.say === undefined ? undefined : (due) => sayBy(port, due)
  }

  answer(question: Question, session: Session): Answer | Promise<Answer> {
    switch (question.type) {
      case 'connect':
        return this.#greet()
      case 'helo':
        this.#log.helloSaid(question)
        this.#refusal.greeted(question.verb)
        return accept
      case 'auth':
        return this.#login(question)
      case 'sender':
        return this.#sender(question, session)
      case 'recipient':
        return this.#underWay().recipient(question)
      case 'data':
        return this.#underWay().data()
      case 'message':
        return this.#underWay().message(question.facts)
    }
  }

  /** The id of the journey under way, which becomes that of the next letter. */
  get journeyId(): string {
    return this.#log.journey.id
  }

  /** Who hands a letter in is known from elsewhere, and says no password here. */
  known(account: string, mechanism: string): void {
    this.#log.loggedIn({ mechanism, account: account.slice(0, 320), refusal: undefined })
  }

  content(octets: Uint8Array): Promise<void> | undefined {
    return this.#transaction?.content(octets)
  }

  messageRefused(facts: MessageFacts, reply: Reply): void {
    // Where a fault has ended it before, there is none.
    if (this.#transaction?.over === false) this.#transaction.messageRefused(facts, reply)
  }

  dropped(closing: string | null): void {
    this.#transaction?.dropped(closing)
  }

  heard(line: Heard): void {
    this.#transaction?.heard(line.command)
    this.#log.heard(line)
  }

  reply(spoken: Spoken): readonly string[] {
    const { reply, lines } = this.#log.reply(spoken)
    if (spoken.refuses === null) return lines
    const answer = answerOf(reply, spoken.refuses)
    this.#log.journey.step({ type: 'command-refused', command: spoken.refuses, answer })
    const transaction = this.#transaction
    if (transaction === undefined || transaction.over) this.#refusal.refused(answer)
    else transaction.commandRefused(answer)
    return lines
  }

  tlsStarted(facts: TlsFacts): void {
    this.#log.tlsStarted(facts)
    this.#limits.tlsStarted(facts)
  }

  tlsFailed(problem: string): void {
    this.#log.tlsFailed(problem)
    this.#limits.tlsFailed(problem)
  }

  /** `session`: what is known of it; of a connection that never became one nothing is. */
  closed(reason: string, session: Session = freshSession(null)): void {
    this.#port.closed()
    this.#transaction?.dropped(reason)
    const journey = this.#log.close()
    if (journey === undefined) return
    journey.step({ type: 'dropped', why: reason })
    const helo = session.greeting?.name ?? ''
    const login = loginOf(session)
    const record = { journey, helo, login, mailFrom: '', asked: [], taken: [] }
    this.#book.keep(record, this.#endOf(reason))
  }

  broken(problem: unknown, reply: Reply): void {
    if (!(problem instanceof NoRoom)) this.#options.report(problem, this.#log.journey.id)
    if (this.#transaction?.over === false) this.#transaction.broken(problem, reply)
  }

  #sender(question: Question & { readonly type: 'sender' }, session: Session): Soon<Answer> {
    const connection = {
      needs: this.#options,
      facts: this.#facts,
      port: this.#port,
      log: this.#log,
      limits: this.#limits,
      book: this.#book,
    }
    this.#refusal.begun()
    this.#transaction = new Transaction(connection, session, question)
    return this.#transaction.sender(question)
  }

  #greet(): Soon<Answer> {
    return andThen(this.#port.greet?.(this.#log.journey), (refusal): Soon<Answer> => {
      return refusal === undefined
        ? this.#limits.atGreeting()
        : { type: 'reject', reply: refusal.reply }
    })
  }

  async #login(question: Question & { readonly type: 'auth' }): Promise<Answer> {
    const refusal = await this.#port.login(question, this.#facts.remote.ip, this.#log.journey)
    const { id } = this.#log.journey
    const { directory, log } = this.#options
    const { mechanism, username } = question
    // A password that was typed where the name is asked for must not stand anywhere.
    const known = refusal === undefined || (await isOurs(directory, username))
    const account = known ? username : ''
    log(loginLine({ id, facts: this.#facts, mechanism, account, refusal: refusal?.reply }))
    const answer = refusal === undefined ? undefined : answerOf(refusal.reply, 'AUTH')
    this.#log.loggedIn({ mechanism, account: account.slice(0, 320), refusal: answer })
    this.#refusal.triedLogin(answer)
    if (refusal === undefined) return accept
    if (refusal.met !== undefined) return this.#limits.refused(refusal.met, refusal.reply, 'AUTH')
    return { type: 'reject', reply: refusal.reply }
  }

  /** A client that was refused and left has not just left. */
  #endOf(reason: string): Outcome {
    const refusal = this.#refusal.answer
    if (refusal === undefined || closedByUs.has(reason)) {
      return { status: 'dropped', because: [reason] }
    }
    const because = refusal.atCommand === 'AUTH' ? 'login' : 'command'
    return { status: statusOf(refusal), smtp: refusal, because: [because] }
  }

  #underWay(): Transaction {
    const transaction = this.#transaction
    if (transaction === undefined || transaction.over) {
      throw new Error('MailHandler: no letter is under way')
    }
    return transaction
  }
}

const accept: Answer = { type: 'accept' }

function sayBy(port: Port, due: DueReply): Said {
  return port.say?.(due) ?? { text: due.text, next: 'go-on' }
}
