import { formatMailbox, parseMailbox } from '../address/mailbox.ts'
import type { ForwardPath, ReversePath } from '../address/path.ts'
import { octetsOf } from '../base/octets.ts'
import { encodeUtf8 } from '../base/utf8.ts'
import { DkimSigner, splitMessage } from '../dkim/dkim.ts'
import type { TlsFacts } from '../io/peer.ts'
import { journeyRow } from '../journey/row.ts'
import type { JourneyBuilder } from '../journey/builder.ts'
import type { Outcome } from '../journey/record.ts'
import { parseAddressList } from '../message/address-list.ts'
import { completeSubmission, type Completion } from '../message/completion.ts'
import { unfoldedValue } from '../message/field.ts'
import type { MessageHeader } from '../message/header-reader.ts'
import { makeMessageId } from '../message/message-id.ts'
import { formatReceived } from '../message/received.ts'
import type { MailParameters, RcptParameters } from '../smtp/parameters.ts'
import type { Reply } from '../smtp/reply.ts'
import type { Answer, MessageFacts, Question, Session } from '../smtp/server-types.ts'
import type { DsnRequest, NewMailboxItem, NewQueueItem } from '../store/store.ts'
import { ConnectionLog, type ConnectionFacts } from './connection-log.ts'
import { headerTexts } from './header-texts.ts'
import type { UserAccount } from './house.ts'
import { MessageIntake } from './intake.ts'
import { answerOf, messageNote, notYours, replies, withReference } from './replies.ts'
import type { SessionHandler } from './session.ts'
import type { ReceiveWorld } from './world.ts'

interface Recipient {
  readonly rcptTo: string
  readonly parameters: RcptParameters
  readonly to:
    | { readonly type: 'mailbox'; readonly account: string }
    | { readonly type: 'remote'; readonly recipient: string; readonly destination: string }
}

/** A header that is being sent: what is added to it, and the signer that follows the body. */
interface Outgoing {
  readonly completion: Completion
  readonly signer: DkimSigner | undefined
  readonly domain: string
  readonly keys: readonly { readonly selector: string; readonly algorithm: string }[]
  /** Who may not be named as author, when somebody is. */
  readonly foreignAuthor: string | undefined
}

interface SubmissionTransaction {
  readonly journey: JourneyBuilder
  readonly mailFrom: string
  readonly parameters: MailParameters
  readonly recipients: Recipient[]
  readonly asked: string[]
  refusal: Reply | undefined
  intake: MessageIntake | undefined
  outgoing: Outgoing | undefined
}

/**
 * Ports 587 and 465: takes mail from our own users, completes and signs it, and queues it. The
 * engine asks for the login; here the sender is bound to it (RFC 6409 §6.1).
 */
export class SubmissionHandler implements SessionHandler {
  readonly #world: ReceiveWorld
  readonly #facts: ConnectionFacts
  readonly #log: ConnectionLog
  #user: UserAccount | undefined
  #transaction: SubmissionTransaction | undefined
  #refusedByEngine = false

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
        return this.#login(question)
      case 'sender':
        return this.#sender(question.reversePath, question.parameters)
      case 'recipient':
        return this.#recipient(question.forwardPath, question.parameters)
      case 'data':
        return this.#data()
      case 'message':
        return this.#message(question.facts)
    }
  }

  content(octets: Uint8Array): Promise<void> | undefined {
    return this.#transaction?.intake?.push(octets)
  }

  contentEnd(ending: 'complete' | 'refused' | 'abandoned'): void {
    if (ending === 'complete') return
    this.#transaction?.intake?.abort()
    if (ending === 'refused') this.#refusedByEngine = true
    else this.dropped()
  }

  dropped(): void {
    const transaction = this.#transaction
    if (transaction === undefined) return
    const { journey, refusal } = transaction
    if (refusal !== undefined) {
      const smtp = answerOf(refusal, 'RCPT TO')
      this.#finish(transaction, { status: 'refused', smtp, because: ['recipient'] })
      return
    }
    const why = 'the client gave the message up'
    journey.step({ type: 'dropped', why })
    this.#finish(transaction, { status: 'dropped', because: [why] })
  }

  tlsStarted(facts: TlsFacts): void {
    this.#log.tlsStarted(facts)
  }

  tlsFailed(problem: string): void {
    this.#log.tlsFailed(problem)
  }

  line(from: 'client' | 'server', text: string): void {
    this.#log.line(from, text)
    if (from === 'client' || !this.#refusedByEngine || this.#transaction === undefined) return
    this.#refusedByEngine = false
    const smtp = this.#log.lastAnswer('DATA')
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
    this.#transaction?.intake?.abort()
    this.#done()
  }

  async #login(question: Question & { readonly type: 'auth' }): Promise<Answer> {
    const { username, password, authorizationId, mechanism } = question
    // RFC 4616 §2: acting for somebody else is nobody's right here.
    const sameUser = authorizationId === '' || authorizationId === username
    const user = await this.#world.house.login(username, password)
    const accepted = user !== undefined && sameUser
    this.#log.loggedIn(mechanism, username.slice(0, 320), accepted)
    if (!accepted) return { type: 'reject', reply: replies.wrongLogin }
    this.#user = user
    return accept
  }

  #sender(reversePath: ReversePath, parameters: MailParameters): Answer {
    const user = this.#user
    if (user === undefined) throw new Error('SubmissionHandler: a sender before the login')
    const mailFrom = reversePath.type === 'null' ? '' : formatMailbox(reversePath.mailbox)
    const journey = this.#log.begin()
    const mayUse =
      reversePath.type === 'null' || this.#world.house.maySendAs(user, reversePath.mailbox)
    if (mayUse) {
      journey.step({ type: 'sender', mailFrom, refused: undefined })
      this.#transaction = {
        journey,
        mailFrom,
        parameters,
        recipients: [],
        asked: [],
        refusal: undefined,
        intake: undefined,
        outgoing: undefined,
      }
      return accept
    }
    const told = withReference(notYours(mailFrom, user.address), journey.id)
    const smtp = answerOf(told, 'MAIL FROM')
    journey.step({ type: 'sender', mailFrom, refused: smtp })
    this.#log.answered(told)
    this.#store(journey, { status: 'refused', smtp, because: ['sender'] }, mailFrom, [])
    this.#done()
    return { type: 'reject', reply: told }
  }

  #recipient(path: ForwardPath, parameters: RcptParameters): Answer {
    const transaction = this.#required()
    const { journey, mailFrom } = transaction
    const rcptTo = path.type === 'postmaster' ? 'postmaster' : formatMailbox(path.mailbox)
    const { ip } = this.#facts.remote
    const found = this.#world.house.recipient({ path, by: 'user', ip, mailFrom })
    transaction.asked.push(rcptTo)
    if (found.type === 'refused') {
      const told = withReference(found.reply, journey.id)
      transaction.refusal = told
      const answer = answerOf(told, 'RCPT TO')
      journey.step({ type: 'recipient', rcptTo, to: 'refused', answer })
      return { type: 'reject', reply: told }
    }
    transaction.recipients.push({ rcptTo, parameters, to: found })
    const answer = { code: 250, enhanced: '2.1.5', text: 'Recipient OK', atCommand: 'RCPT TO' }
    journey.step({ type: 'recipient', rcptTo, to: found.type, answer })
    return accept
  }

  #data(): Answer {
    const transaction = this.#required()
    transaction.intake = new MessageIntake(this.#world.store.newContent(), {
      header: (header) => {
        transaction.outgoing = this.#prepare(transaction, header)
      },
      body: (octets) => transaction.outgoing?.signer?.push(octets),
    })
    return accept
  }

  /** Completes the header and begins to sign, as soon as the header is there. */
  #prepare({ mailFrom }: SubmissionTransaction, header: MessageHeader): Outgoing {
    const { house, clock } = this.#world
    const now = clock.now()
    const domainOf = (address: string): string => address.slice(address.lastIndexOf('@') + 1)
    const completion = completeSubmission({
      fields: header.fields,
      now,
      offsetMinutes: 0,
      messageId: makeMessageId({
        now,
        random: () => this.#world.random(),
        domain: mailFrom === '' ? house.hostname : domainOf(mailFrom),
      }),
      from: mailFrom === '' ? undefined : mailFrom,
    })
    const kept = header.fields.filter((field) => !completion.replaced.includes(field))
    const added = splitMessage(octetsOf(completion.prefix)).header.fields
    const fields = [...added, ...kept]
    const authors = fields
      .filter(({ name }) => name === 'from')
      .flatMap((field) => parseAddressList(unfoldedValue(field)).mailboxes)
    const author = authors[0]?.host ?? domainOf(mailFrom)
    const keys = house.signingKeys(author)
    const options = { keys, now: Math.floor(now / 1000), header: { fields } }
    return {
      completion,
      signer: keys.length === 0 ? undefined : new DkimSigner(options),
      domain: author,
      keys: keys.map(({ selector, algorithm }) => ({ selector, algorithm: algorithm ?? '' })),
      foreignAuthor: this.#foreignAuthor(fields),
    }
  }

  /** The first address in From that is not the user's own. */
  #foreignAuthor(fields: MessageHeader['fields']): string | undefined {
    const user = this.#user
    for (const field of fields) {
      if (field.name !== 'from') continue
      for (const { localPart, domain } of parseAddressList(unfoldedValue(field)).mailboxes) {
        const mailbox = parseMailbox(`${localPart}@${domain}`)
        const own =
          mailbox.ok && user !== undefined && this.#world.house.maySendAs(user, mailbox.value)
        if (!own) return `${localPart}@${domain}`
      }
    }
    return undefined
  }

  async #message(facts: MessageFacts): Promise<Answer> {
    const transaction = this.#required()
    const { intake, journey } = transaction
    if (intake === undefined) throw new Error('SubmissionHandler: a message without DATA')
    const taken = await intake.finish()
    const { content } = taken
    const problem = taken.type === 'problem' ? `header-${taken.problem.type}` : undefined
    journey.step({ type: 'message', octets: facts.octets, sha256: content.sha256, problem })
    journey.line('note', messageNote(facts.octets))
    const { outgoing } = transaction
    if (taken.type === 'problem' || outgoing === undefined) {
      intake.abort()
      return this.#refuse(transaction, replies.headerTooLong, 'message', undefined)
    }
    const { header } = taken
    if (outgoing.foreignAuthor !== undefined) {
      intake.abort()
      const refusal = notYours(outgoing.foreignAuthor, this.#user?.address ?? '')
      return this.#refuse(transaction, refusal, 'author', header)
    }
    const { completion, domain, keys, signer } = outgoing
    if (completion.added.length > 0) journey.step({ type: 'completed', added: completion.added })
    const begin = journey.begin()
    const signatures = (await signer?.finish()) ?? []
    if (signer === undefined) journey.step({ type: 'unsigned', domain })
    else journey.step({ type: 'signed', domain, keys }, begin)

    const prefix = signatures.join('') + this.#received(transaction) + completion.prefix
    const start = header.octets.byteOffset
    const omit = completion.replaced
      .map(({ raw }) => [raw.byteOffset - start, raw.byteOffset - start + raw.length] as const)
      .sort(([a], [b]) => a - b)
    const { queue, mailbox } = this.#destinations(transaction, facts)
    const words = queue.length > 0 ? 'Queued for delivery.' : 'Filed.'
    const told = withReference({ code: 250, enhanced: '2.0.0', lines: [words] }, journey.id)
    const outcome: Outcome = {
      status: queue.length > 0 ? 'queued' : 'delivered',
      smtp: answerOf(told, 'DATA'),
      because: [],
    }
    this.#log.answered(told)
    await this.#world.store.accept({
      message: { id: journey.id, content, prefix: encodeUtf8(prefix), omit },
      queue,
      mailbox,
      journeys: [this.#row(transaction, outcome, header, journey.id)],
    })
    this.#done()
    if (queue.length > 0) this.#world.queued()
    return { type: 'accept', reply: told }
  }

  /** RFC 5321 §4.4, without the address of the user's computer, which is nobody's business. */
  #received({ journey, recipients }: SubmissionTransaction): string {
    const { house, clock } = this.#world
    const { tls } = this.#log
    const [only] = recipients
    return formatReceived({
      by: house.hostname,
      protocol: { extended: true, tls: tls !== undefined, authenticated: true, utf8: false },
      ...(tls === undefined ? {} : { tls: { version: tls.protocol, cipher: tls.cipher } }),
      id: journey.id,
      ...(recipients.length === 1 && only !== undefined ? { for: only.rcptTo } : {}),
      now: clock.now(),
    })
  }

  #destinations(
    transaction: SubmissionTransaction,
    facts: MessageFacts,
  ): { readonly queue: readonly NewQueueItem[]; readonly mailbox: readonly NewMailboxItem[] } {
    const { journey, mailFrom, parameters, recipients } = transaction
    const { clock, house } = this.#world
    const now = clock.now()
    const queue: NewQueueItem[] = []
    const mailbox: NewMailboxItem[] = []
    const ids = { messageId: journey.id, journeyId: journey.id }
    for (const { rcptTo, to, parameters: wishes } of recipients) {
      if (to.type === 'mailbox') {
        journey.step({ type: 'filed', account: to.account, mailbox: 'Inbox', recipient: rcptTo })
        if (mailbox.some(({ account }) => account === to.account)) continue
        mailbox.push({ ...ids, account: to.account, mailbox: 'Inbox', receivedAt: now })
        continue
      }
      journey.step({ type: 'queued', recipient: rcptTo, destination: to.destination })
      queue.push({
        ...ids,
        id: this.#world.newId(),
        reversePath: mailFrom,
        recipient: to.recipient,
        destination: to.destination,
        smtpUtf8: parameters.smtpUtf8,
        eightBit: facts.eightBit,
        dsn: dsnRequest(parameters, wishes),
        createdAt: now,
        nextAttemptAt: now,
        expiresAt: now + house.limits.queueMs,
      })
    }
    return { queue, mailbox }
  }

  #refuse(
    transaction: SubmissionTransaction,
    reply: Reply,
    because: string,
    header: MessageHeader | undefined,
  ): Answer {
    const told = withReference(reply, transaction.journey.id)
    const smtp = answerOf(told, 'DATA')
    transaction.journey.step({ type: 'refused', answer: smtp })
    this.#log.answered(told)
    this.#finish(transaction, { status: 'refused', smtp, because: [because] }, header)
    return { type: 'reject', reply: told }
  }

  #finish(transaction: SubmissionTransaction, outcome: Outcome, header?: MessageHeader): void {
    const { journey } = transaction
    const { store, report } = this.#world
    store
      .accept({
        queue: [],
        mailbox: [],
        journeys: [this.#row(transaction, outcome, header, undefined)],
      })
      .catch((problem: unknown) => report(problem, journey.id))
    this.#done()
  }

  #row(
    { journey, mailFrom, asked }: SubmissionTransaction,
    outcome: Outcome,
    header: MessageHeader | undefined,
    messageId: string | undefined,
  ): ReturnType<typeof journeyRow> {
    return this.#rowOf(journey, { outcome, mailFrom, rcptTo: asked, header, messageId })
  }

  #store(
    journey: JourneyBuilder,
    outcome: Outcome,
    mailFrom: string,
    rcptTo: readonly string[],
  ): void {
    const row = this.#rowOf(journey, {
      outcome,
      mailFrom,
      rcptTo,
      header: undefined,
      messageId: undefined,
    })
    const { store, report } = this.#world
    store
      .accept({ queue: [], mailbox: [], journeys: [row] })
      .catch((problem: unknown) => report(problem, journey.id))
  }

  #rowOf(
    journey: JourneyBuilder,
    end: {
      readonly outcome: Outcome
      readonly mailFrom: string
      readonly rcptTo: readonly string[]
      readonly header: MessageHeader | undefined
      readonly messageId: string | undefined
    },
  ): ReturnType<typeof journeyRow> {
    const { hostname, mode } = this.#world.house
    const { login, helo } = this.#log
    const { ip } = this.#facts.remote
    const { mailFrom, rcptTo, outcome, header, messageId } = end
    return journeyRow(journey, {
      direction: 'out',
      mode,
      host: hostname,
      envelope: { ip, helo, mailFrom, rcptTo, ...(login === undefined ? {} : { login }) },
      outcome,
      replay: undefined,
      ...headerTexts(header),
      messageId,
    })
  }

  #required(): SubmissionTransaction {
    if (this.#transaction === undefined) throw new Error('SubmissionHandler: no transaction')
    return this.#transaction
  }

  #done(): void {
    this.#transaction = undefined
    this.#log.end()
  }
}

const accept: Answer = { type: 'accept' }

function dsnRequest(mail: MailParameters, rcpt: RcptParameters): DsnRequest {
  const lower = { NEVER: 'never', SUCCESS: 'success', FAILURE: 'failure', DELAY: 'delay' } as const
  const { orcpt, notify } = rcpt
  return {
    ...(notify === null ? {} : { notify: notify.map((when) => lower[when]) }),
    ...(mail.ret === null ? {} : { ret: mail.ret === 'FULL' ? 'full' : 'headers' }),
    ...(mail.envid === null ? {} : { envelopeId: mail.envid }),
    ...(orcpt === null ? {} : { originalRecipient: `${orcpt.addressType};${orcpt.address}` }),
  }
}
