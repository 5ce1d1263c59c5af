import { formatMailbox } from '../address/mailbox.ts'
import type { ForwardPath } from '../address/path.ts'
import { encodeUtf8 } from '../base/utf8.ts'
import { RecordingResolver } from '../dns/recording-resolver.ts'
import { authenticationResultsField, forgedFields } from '../inspect/results-field.ts'
import { configHash, decide } from '../inspect/decide.ts'
import { type Evaluation, Inspection, type InspectionFacts } from '../inspect/inspection.ts'
import type { TlsFacts } from '../io/peer.ts'
import { journeyRow } from '../journey/row.ts'
import type { Begin, JourneyBuilder } from '../journey/builder.ts'
import type { Outcome, SmtpAnswer } from '../journey/record.ts'
import type { MessageHeader } from '../message/header-reader.ts'
import { countReceived, formatReceived } from '../message/received.ts'
import type { Reply } from '../smtp/reply.ts'
import type { Answer, MessageFacts, Question, Session } from '../smtp/server-types.ts'
import type { NewContent, NewJourney } from '../store/store.ts'
import type { ConnectionFacts } from './connection-log.ts'
import { ConnectionLog } from './connection-log.ts'
import { headerTexts } from './header-texts.ts'
import { MessageIntake } from './intake.ts'
import { answerOf, dmarcRefusal, messageNote, replies, withReference } from './replies.ts'
import type { SessionHandler } from './session.ts'
import type { ReceiveWorld } from './world.ts'

type AcceptedRecipient = { readonly rcptTo: string; readonly account: string }

/** One message from MAIL FROM to its answer. */
class InboundTransaction {
  readonly journey: JourneyBuilder
  readonly mailFrom: string
  readonly facts: InspectionFacts
  readonly recorders: {
    readonly spf: RecordingResolver
    readonly dkim: RecordingResolver
    readonly arc: RecordingResolver
    readonly dmarc: RecordingResolver
  }
  readonly inspection: Inspection
  readonly senderBegin: Begin
  readonly recipients: AcceptedRecipient[] = []
  readonly asked: string[] = []
  dkimBegin: Begin | undefined
  refusal: SmtpAnswer | undefined
  intake: MessageIntake | undefined

  constructor(world: ReceiveWorld, journey: JourneyBuilder, facts: InspectionFacts) {
    const { clock, resolver } = world
    this.journey = journey
    this.mailFrom = facts.mailFrom
    this.facts = facts
    this.senderBegin = journey.begin()
    this.recorders = {
      spf: new RecordingResolver(resolver, clock),
      dkim: new RecordingResolver(resolver, clock),
      arc: new RecordingResolver(resolver, clock),
      dmarc: new RecordingResolver(resolver, clock),
    }
    this.inspection = new Inspection(facts, this.recorders)
  }
}

/**
 * Port 25: takes mail for our own people from anyone, checks who may have sent it, and files it,
 * marks it or refuses it. Never relays (RFC 5321 §7.9), never answers later what it can answer now.
 */
export class InboundHandler implements SessionHandler {
  readonly #world: ReceiveWorld
  readonly #facts: ConnectionFacts
  readonly #log: ConnectionLog
  #transaction: InboundTransaction | undefined

  constructor(world: ReceiveWorld, facts: ConnectionFacts) {
    this.#world = world
    this.#facts = facts
    this.#log = new ConnectionLog(facts, world.clock, () => world.newId())
  }

  answer(question: Question, _session: Session): Answer | Promise<Answer> {
    switch (question.type) {
      case 'connect':
        return accept
      case 'helo':
        this.#log.helloSaid(question)
        return accept
      case 'auth':
        return { type: 'reject', reply: replies.noLoginHere }
      case 'sender': {
        const { reversePath } = question
        const mailFrom = reversePath.type === 'null' ? '' : formatMailbox(reversePath.mailbox)
        return this.#sender(mailFrom)
      }
      case 'recipient':
        return this.#recipient(question.forwardPath)
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
    const transaction = this.#transaction
    if (transaction === undefined || ending === 'complete') return
    transaction.intake?.abort()
    // The engine sends its refusal after this; the line with its words is not written down yet.
    if (ending === 'refused') this.#refusedByEngine = facts
    else this.dropped()
  }

  #refusedByEngine: MessageFacts | undefined

  dropped(): void {
    const transaction = this.#transaction
    if (transaction === undefined) return
    const { refusal } = transaction
    if (refusal === undefined) this.#drop(transaction, 'the client gave the message up')
    else {
      // Told to come back is something else than told to go away.
      const status = refusal.code < 500 ? 'deferred' : 'refused'
      this.#finish(transaction, { status, smtp: refusal, because: ['recipient'] })
    }
  }

  tlsStarted(facts: TlsFacts): void {
    this.#log.tlsStarted(facts)
  }

  tlsFailed(problem: string): void {
    this.#log.tlsFailed(problem)
  }

  line(from: 'client' | 'server', text: string): void {
    this.#log.line(from, text)
    const facts = this.#refusedByEngine
    if (from === 'client' || facts === undefined || this.#transaction === undefined) return
    this.#refusedByEngine = undefined
    const smtp = this.#log.lastAnswer('DATA')
    this.#transaction.journey.step({
      type: 'message',
      octets: facts.octets,
      sha256: '',
      problem: facts.tooBig ? 'too-big' : 'bare-newline',
    })
    this.#finish(this.#transaction, { status: 'refused', smtp, because: ['message'] })
  }

  closed(reason: string): void {
    if (this.#transaction !== undefined) this.dropped()
    if (this.#log.messages > 0) return
    const journey = this.#log.close()
    journey.step({ type: 'dropped', why: reason })
    this.#store(journey, { status: 'dropped', because: [reason] }, '', [])
  }

  broken(problem: unknown): void {
    this.#world.report(problem, this.#log.journey.id)
    const transaction = this.#transaction
    if (transaction === undefined) return
    transaction.intake?.abort()
    this.#transaction = undefined
    this.#log.end()
  }

  #sender(mailFrom: string): Answer {
    const { clock, house } = this.#world
    const journey = this.#log.begin()
    this.#transaction = new InboundTransaction(this.#world, journey, {
      ip: this.#facts.remote.ip,
      helo: this.#log.helo,
      mailFrom,
      receiver: house.hostname,
      now: Math.floor(clock.now() / 1000),
    })
    journey.step({ type: 'sender', mailFrom, refused: undefined })
    return accept
  }

  #recipient(path: ForwardPath): Answer {
    const transaction = this.#transaction
    if (transaction === undefined) throw new Error('InboundHandler: a recipient before a sender')
    const rcptTo = path.type === 'postmaster' ? 'postmaster' : formatMailbox(path.mailbox)
    const { ip, mailFrom } = transaction.facts
    const found = this.#world.house.recipient({ path, by: 'stranger', ip, mailFrom })
    transaction.asked.push(rcptTo)
    if (found.type === 'mailbox') {
      transaction.recipients.push({ rcptTo, account: found.account })
      const answer = { code: 250, enhanced: '2.1.5', text: 'Recipient OK', atCommand: 'RCPT TO' }
      transaction.journey.step({ type: 'recipient', rcptTo, to: 'mailbox', answer })
      return accept
    }
    const refusal = found.type === 'refused' ? found.reply : replies.noRelaying
    const told = withReference(refusal, transaction.journey.id)
    const answer = answerOf(told, 'RCPT TO')
    transaction.refusal = answer
    transaction.journey.step({ type: 'recipient', rcptTo, to: 'refused', answer })
    return { type: 'reject', reply: told }
  }

  #data(): Answer {
    const transaction = this.#transaction
    if (transaction === undefined) throw new Error('InboundHandler: DATA before a sender')
    const { inspection, journey } = transaction
    transaction.intake = new MessageIntake(this.#world.store.newContent(), {
      header: (header) => {
        transaction.dkimBegin = journey.begin()
        inspection.header(header)
      },
      body: (octets) => inspection.body(octets),
    })
    return accept
  }

  async #message(facts: MessageFacts): Promise<Answer> {
    const transaction = this.#transaction
    if (transaction?.intake === undefined) throw new Error('InboundHandler: a message without DATA')
    const { house } = this.#world
    const { journey } = transaction
    const taken = await transaction.intake.finish()
    const { sha256 } = taken.content
    const problem = taken.type === 'problem' ? `header-${taken.problem.type}` : undefined
    journey.step({ type: 'message', octets: facts.octets, sha256, problem })
    journey.line('note', messageNote(facts.octets))
    if (taken.type === 'problem') {
      const long = taken.problem.type === 'too-long'
      const reply = long ? replies.headerTooLong : replies.tooManyFields
      return this.#refuse(transaction, reply, ['message'], { content: taken.content })
    }
    const { header, content } = taken
    if (countReceived(header.fields) > house.limits.receivedFields) {
      return this.#refuse(transaction, replies.loop, ['loop'], { content, header })
    }
    const evaluation = await transaction.inspection.finish()
    this.#recordVerdicts(transaction, evaluation)
    const begin = journey.begin()
    const decision = decide(evaluation, header, house.rules)
    journey.step({ type: 'decision', decision }, begin)
    switch (decision.action) {
      case 'refuse': {
        const { dmarc } = evaluation
        const reply =
          dmarc.authorDomain === null
            ? replies.noAuthor
            : dmarcRefusal(dmarc.authorDomain, decision.askedFor ?? 'reject')
        return this.#refuse(transaction, reply, ['dmarc'], { content, header })
      }
      case 'defer':
        return this.#defer(transaction, replies.cannotTellNow, { content, header })
      case 'deliver':
        return this.#file(transaction, evaluation, 'Inbox', { content, header })
      case 'mark-as-spam':
        return this.#file(transaction, evaluation, 'Junk', { content, header })
    }
  }

  #recordVerdicts(transaction: InboundTransaction, evaluation: Evaluation): void {
    const { journey, recorders, senderBegin, dkimBegin, facts } = transaction
    const { spf, dkim, arc, dmarc } = evaluation
    journey.step({ type: 'spf', ip: facts.ip, verdict: spf }, senderBegin, recorders.spf.answers)
    journey.step({ type: 'dkim', verdicts: dkim }, dkimBegin, recorders.dkim.answers)
    if (arc.result !== 'none') {
      journey.step({ type: 'arc', verdict: arc }, dkimBegin, recorders.arc.answers)
    }
    journey.step({ type: 'dmarc', verdict: dmarc }, dkimBegin, recorders.dmarc.answers)
  }

  async #file(
    transaction: InboundTransaction,
    evaluation: Evaluation,
    mailbox: 'Inbox' | 'Junk',
    message: ParsedMessage,
  ): Promise<Answer> {
    const { house, clock, store } = this.#world
    const { journey, recipients, mailFrom } = transaction
    const { header, content } = message
    const accounts = new Set(recipients.map(({ account }) => account))
    for (const { rcptTo, account } of recipients) {
      journey.step({ type: 'filed', account, mailbox, recipient: rcptTo })
    }
    const told = withReference(
      { code: 250, enhanced: '2.0.0', lines: [mailbox === 'Inbox' ? 'Filed.' : 'Filed as spam.'] },
      journey.id,
    )
    const prefix =
      returnPath(mailFrom) +
      authenticationResultsField(evaluation, house.hostname) +
      this.#received(transaction)
    const status = mailbox === 'Inbox' ? 'delivered' : 'quarantined'
    const smtp = answerOf(told, 'DATA')
    this.#log.answered(told)
    const row = this.#row(transaction, { status, smtp, because: ['dmarc'] }, message)
    await store.accept({
      message: {
        id: journey.id,
        content,
        prefix: encodeUtf8(prefix),
        omit: forgedFields(header, house.hostname),
      },
      queue: [],
      mailbox: Array.from(accounts, (account) => ({
        account,
        mailbox,
        messageId: journey.id,
        journeyId: journey.id,
        receivedAt: clock.now(),
      })),
      journeys: [row],
    })
    this.#done()
    return { type: 'accept', reply: told }
  }

  #received(transaction: InboundTransaction): string {
    const { house, clock } = this.#world
    const { tls } = this.#log
    const only = transaction.recipients.length === 1 ? transaction.recipients[0]?.rcptTo : undefined
    return formatReceived({
      from: { helo: this.#log.helo, ip: this.#facts.remote.ip },
      by: house.hostname,
      protocol: {
        extended: this.#log.extended,
        tls: tls !== undefined,
        authenticated: false,
        utf8: false,
      },
      ...(tls === undefined ? {} : { tls: { version: tls.protocol, cipher: tls.cipher } }),
      id: transaction.journey.id,
      ...(only === undefined ? {} : { for: only }),
      now: clock.now(),
    })
  }

  async #refuse(
    transaction: InboundTransaction,
    reply: Reply,
    because: readonly string[],
    message: PartMessage,
  ): Promise<Answer> {
    const told = withReference(reply, transaction.journey.id)
    const smtp = answerOf(told, 'DATA')
    transaction.journey.step({ type: 'refused', answer: smtp })
    this.#log.answered(told)
    await this.#keep(transaction, { status: 'refused', smtp, because }, message)
    return { type: 'reject', reply: told }
  }

  async #defer(
    transaction: InboundTransaction,
    reply: Reply,
    message: PartMessage,
  ): Promise<Answer> {
    const told = withReference(reply, transaction.journey.id)
    const smtp = answerOf(told, 'DATA')
    transaction.journey.step({ type: 'deferred', answer: smtp })
    this.#log.answered(told)
    await this.#keep(transaction, { status: 'deferred', smtp, because: ['dmarc'] }, message)
    return { type: 'reject', reply: told }
  }

  /** A message that is not filed is still kept beside its journey: replay needs its octets. */
  async #keep(
    transaction: InboundTransaction,
    outcome: Outcome,
    message: PartMessage,
  ): Promise<void> {
    const { id } = transaction.journey
    await this.#world.store.accept({
      message: { id, content: message.content, prefix: new Uint8Array(0), omit: [] },
      queue: [],
      mailbox: [],
      journeys: [this.#row(transaction, outcome, message)],
    })
    this.#done()
  }

  #row(transaction: InboundTransaction, outcome: Outcome, message: PartMessage): NewJourney {
    const { house } = this.#world
    return journeyRow(transaction.journey, {
      direction: 'in',
      mode: house.mode,
      host: house.hostname,
      envelope: this.#envelope(transaction),
      outcome,
      replay: {
        now: transaction.facts.now,
        receiver: house.hostname,
        rules: house.rules,
        configHash: configHash(house.rules),
        messageId: transaction.journey.id,
      },
      ...headerTexts(message.header),
      messageId: transaction.journey.id,
    })
  }

  #envelope(transaction: InboundTransaction): {
    readonly ip: string
    readonly helo: string
    readonly mailFrom: string
    readonly rcptTo: readonly string[]
  } {
    const { ip, helo, mailFrom } = transaction.facts
    return { ip, helo, mailFrom, rcptTo: transaction.asked }
  }

  #drop(transaction: InboundTransaction, why: string): void {
    transaction.journey.step({ type: 'dropped', why })
    this.#finish(transaction, { status: 'dropped', because: [why] })
  }

  /** Ends a transaction that has no message to keep; nobody waits for its record. */
  #finish(transaction: InboundTransaction, outcome: Outcome): void {
    // SPF was asked at MAIL FROM: what is known by now belongs into the record.
    const { mailFrom, asked } = transaction
    this.#done()
    this.#store(transaction.journey, outcome, mailFrom, asked)
  }

  #store(
    journey: JourneyBuilder,
    outcome: Outcome,
    mailFrom: string,
    rcptTo: readonly string[],
  ): void {
    const { house, store, report } = this.#world
    const row = journeyRow(journey, {
      direction: 'in',
      mode: house.mode,
      host: house.hostname,
      envelope: { ip: this.#facts.remote.ip, helo: this.#log.helo, mailFrom, rcptTo },
      outcome,
      replay: undefined,
      subject: '',
      headerMessageId: '',
      messageId: undefined,
    })
    store
      .accept({ queue: [], mailbox: [], journeys: [row] })
      .catch((problem: unknown) => report(problem, journey.id))
  }

  #done(): void {
    this.#transaction = undefined
    this.#log.end()
  }
}

interface PartMessage {
  readonly content: NewContent
  readonly header?: MessageHeader
}

interface ParsedMessage {
  readonly content: NewContent
  readonly header: MessageHeader
}

const accept: Answer = { type: 'accept' }

/** RFC 5321 §4.4: the server that makes the final delivery writes the reverse-path down. */
function returnPath(mailFrom: string): string {
  return `Return-Path: <${mailFrom}>\r\n`
}
