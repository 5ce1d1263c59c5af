import { encodeUtf8 } from '../base/octets.ts'
import { type Soon, andThen } from '../base/result.ts'
import type { Srs } from '../directory/address-table.ts'
import { wasNotAsked } from '../dmarc/dmarc.ts'
import { type JudgedLetter, decide } from '../inspect/decide.ts'
import type { Evaluation, InspectionFacts } from '../inspect/inspection.ts'
import { authenticationResultsField, forgedFields } from '../inspect/results-field.ts'
import { configHash } from '../inspect/rules.ts'
import type { Begin } from '../journey/builder.ts'
import type { MailboxRole } from '../journey/recipients.ts'
import type { ReplayFacts } from '../journey/record.ts'
import type { MessageHeader } from '../message/header-reader.ts'
import { countReceived, formatReceived } from '../message/received.ts'
import type { MailRecipient } from '../post/placing.ts'
import { marked } from '../post/report-mark.ts'
import { ledOn } from '../post/wishes-behind.ts'
import type { KeptBodyHash } from '../signature/body-hash.ts'
import type { Reply } from '../smtp/reply.ts'
import { formatReceivedSpf } from '../spf/spf.ts'
import { Checks } from './checks.ts'
import { reportsFor, spamFlag } from './going-on.ts'
import { HandingOn, comesBack, loopField, onwardOf, onwardPath } from './handing-on.ts'
import type {
  AskedRecipient,
  Envelope,
  Letter,
  Port,
  RecipientTaken,
  Refusal,
  TakenLetter,
  Verdict,
} from './port.ts'
import { type TakenLead, needsUtf8, recipientFor, tlsRequest } from './recipient.ts'
import { replyFor } from './decision-reply.ts'
import { answerOf, replies } from './replies.ts'
import type { InboundOptions, InboundRules } from './inbound-options.ts'

/**
 * Port 25: takes mail for our own people from anyone, checks who may have sent it, and files it,
 * marks it or refuses it. Never relays (RFC 5321 §7.9), never answers later what it can answer now.
 */
export class InboundPort implements Port {
  readonly direction = 'in'
  readonly keepsRefused = true
  readonly #options: InboundOptions

  constructor(options: InboundOptions) {
    this.#options = options
  }

  login(): Promise<Refusal> {
    return Promise.resolve({ reply: replies.noLoginHere })
  }

  /** Strangers have no account whose places they could take. */
  closed(): void {}

  sender(envelope: Envelope): Letter {
    return new InboundLetter(this.#options, envelope)
  }
}

/** A letter from a stranger. */
class InboundLetter implements Letter {
  /** Nothing is added to a letter that is received. */
  readonly addedMessageId = undefined
  readonly #options: InboundOptions
  readonly #envelope: Envelope
  readonly #facts: InspectionFacts
  /** As they were when the letter began: what decides and what a replay decides with is one thing. */
  readonly #rules: InboundRules
  readonly #recipients: MailRecipient[] = []
  #checks: Checks | undefined
  #headerBegin: Begin | undefined
  #handingOn: HandingOn | undefined
  #onwardPath: string | undefined

  constructor(options: InboundOptions, envelope: Envelope) {
    this.#options = options
    this.#envelope = envelope
    const { ip, helo, mailFrom } = envelope
    const now = Math.floor(options.clock.now() / 1000)
    this.#facts = { ip, helo, mailFrom, receiver: options.hostname, now }
    this.#rules = options.rules()
  }

  get replay(): ReplayFacts {
    const { now, receiver } = this.#facts
    const { decision: rules } = this.#rules
    const messageId = this.#envelope.journey.id
    return { now, receiver, rules, configHash: configHash(rules), messageId }
  }

  get bodyHashes(): readonly KeptBodyHash[] {
    return this.#checks?.inspection.bodyHashes ?? []
  }

  recipient({ path, rcptTo }: AskedRecipient): Soon<RecipientTaken> {
    const { ip, mailFrom } = this.#facts
    const answer = recipientFor({ path, by: 'stranger', ip, mailFrom }, this.#options)
    return andThen(answer, (found): Soon<RecipientTaken> => {
      if (found.type === 'refused') return { refusal: found.reply }
      if (found.type !== 'forward') return this.#take(rcptTo, found)
      const { forwarding } = this.#rules
      if (forwarding === undefined) return { refusal: replies.noSuchMailbox }
      // What is taken must be able to go on, and its sender to hear of it.
      this.#onwardPath ??= onwardPath(mailFrom, forwarding, this.#facts.now * 1000)
      if (this.#onwardPath === undefined && ledOn(found).length > 0)
        return { refusal: replies.pathTooLong }
      return andThen(this.#prepareToHandOn(forwarding), () => this.#take(rcptTo, found))
    })
  }

  #take(rcptTo: string, found: TakenLead): RecipientTaken {
    if (found.type === 'remote' && found.unknown !== true) {
      throw new Error('InboundLetter: a stranger was let through')
    }
    this.#recipients.push({ address: rcptTo, to: found, dsn: {} })
    // Now there is somebody to check it for: DNS is not asked about mail that nobody here gets.
    this.#checks ??= new Checks(this.#options, this.#facts, this.#envelope)
    if (found.type !== 'forward') return found.type
    return found.accounts.length === 0 ? 'remote' : 'mailbox'
  }

  /** What hands it on, once somebody was named whose mail goes on. */
  #prepareToHandOn(srs: Srs): Soon<void> {
    if (this.#handingOn !== undefined) return undefined
    const { directory, hostname } = this.#options
    return andThen(directory.signingKeys(srs.domain), (keys): void => {
      this.#handingOn ??= new HandingOn(keys, { hostname, now: this.#facts.now })
    })
  }

  header(header: MessageHeader): void {
    this.#headerBegin = this.#envelope.journey.begin()
    this.#required().inspection.header(header)
  }

  body(octets: Uint8Array): void {
    this.#required().inspection.body(octets)
    this.#handingOn?.body(octets)
  }

  async finish(taken: TakenLetter): Promise<Verdict> {
    const { journey } = this.#envelope
    const { header } = taken
    const loops = comesBack(header, onwardOf(this.#recipients))
    if (loops || countReceived(header.fields) > this.#rules.receivedFields) {
      return { type: 'refused', reply: replies.loop, because: ['loop'] }
    }
    const evaluation = await this.#required().inspection.finish()
    this.#recordVerdicts(evaluation)
    const begin = journey.begin()
    const decision = decide(evaluation, header, this.#rules.decision)
    journey.step({ type: 'decision', decision }, begin, this.#required().recorders.author.answers)
    const because = ['dmarc']
    const reply = replyFor(decision, evaluation)
    if (this.#options.caught?.(this.#recipients) === true) {
      const unknown = wasNotAsked(evaluation.dmarc)
      journey.step({
        type: 'caught',
        would: decision.action,
        answer: answerOf(reply, 'DATA'),
        ...(unknown ? { unknown } : {}),
      })
      return await this.#file(taken, evaluation, { role: 'inbox', reply: replies.filed })
    }
    const afterwards = (): void => this.#tellJudged(header, { evaluation, decision })
    switch (decision.action) {
      case 'refuse':
        return { type: 'refused', reply, because, afterwards }
      // It comes again, and is judged then.
      case 'defer':
        return { type: 'deferred', reply, because }
      case 'deliver':
        return { ...(await this.#file(taken, evaluation, { role: 'inbox', reply })), afterwards }
      case 'mark-as-spam':
        return { ...(await this.#file(taken, evaluation, { role: 'junk', reply })), afterwards }
    }
  }

  #tellJudged(header: MessageHeader, judged: Pick<JudgedLetter, 'evaluation' | 'decision'>): void {
    const { journey, mailFrom, parameters } = this.#envelope
    // Not every letter goes over from a session thread, with all that it was judged by.
    if ((judged.evaluation.dmarc.record?.tags.ruf.length ?? 0) === 0) return
    this.#options.judged?.({
      ...judged,
      journeyId: journey.id,
      messageId: journey.id,
      mailFrom,
      envelopeId: parameters.envid ?? '',
      arrivedAt: this.#facts.now * 1000,
      header,
    })
  }

  #recordVerdicts(evaluation: Evaluation): void {
    const { journey } = this.#envelope
    const { recorders, begin, iprev } = this.#required()
    const { spf, dkim, arc, dmarc } = evaluation
    const { ip } = this.#facts
    if (iprev !== undefined) {
      journey.step({ type: 'iprev', verdict: iprev }, begin, recorders.iprev.answers)
    }
    journey.step({ type: 'spf', ip, verdict: spf }, begin, recorders.spf.answers)
    journey.step({ type: 'dkim', verdicts: dkim }, this.#headerBegin, recorders.dkim.answers)
    if (arc.result !== 'none') {
      journey.step({ type: 'arc', verdict: arc }, this.#headerBegin, recorders.arc.answers)
    }
    journey.step({ type: 'dmarc', verdict: dmarc }, this.#headerBegin, recorders.dmarc.answers)
  }

  async #file(
    { content, header, facts }: TakenLetter,
    evaluation: Evaluation,
    { role, reply }: { readonly role: MailboxRole; readonly reply: Reply },
  ): Promise<Verdict> {
    const { hostname, post } = this.#options
    const { journey } = this.#envelope
    const { mailFrom } = this.#facts
    const onward = onwardOf(this.#recipients)
    const omit = forgedFields(header, hostname)
    const because = ['dmarc']
    if (role === 'junk') {
      for (const { address: recipient } of onward) {
        journey.step({ type: 'not-forwarded', recipient, why: 'spam' })
      }
      // Nobody may be told that it was taken when it goes nowhere.
      const lost = onward.some(({ to }) => to.accounts.length === 0)
      if (lost) return { type: 'refused', reply: replies.notHandedOn, because }
    }
    const trace = this.#trace(evaluation)
    const goesOn = role === 'inbox' && onward.length > 0
    const letter = { header, trace, omit, reversePath: this.#onwardPath ?? '' }
    const handed = goesOn ? await this.#handingOn?.finish(letter, evaluation, onward) : undefined
    for (const step of handed?.steps ?? []) journey.step(step)
    // Whoever hands it on keeps to what it asks of TLS (RFC 8689 §4.1).
    const tls = tlsRequest(this.#envelope.parameters, header)
    const dsn = { ...reportsFor(evaluation.spf), ...tls }
    const made = post.place({
      id: journey.id,
      reversePath: mailFrom,
      content,
      prefix: encodeUtf8(spamFlag(this.#recipients, role) + (handed?.prefix ?? trace)),
      omit,
      recipients: this.#recipients.map((one) => {
        return { ...one, dsn, ...(goesOn ? { above: loopField(one.address) } : {}) }
      }),
      role,
      eightBit: facts.eightBit,
      utf8: needsUtf8(this.#envelope.parameters, header),
      forwarding: handed?.forwarding ?? 'nowhere',
    })
    const { now } = this.#facts
    const placed = marked(made, { id: journey.id, mailFrom, header, now: now * 1000 })
    if (placed.acceptance.mailbox.length === 0) {
      return { type: 'taken', status: 'queued', reply: replies.queued, because, placed }
    }
    const status = role === 'inbox' ? 'delivered' : 'quarantined'
    return { type: 'taken', status, reply, because, placed }
  }

  /** What is put above the message, the newest fact on top. */
  #trace(evaluation: Evaluation): string {
    const { hostname } = this.#options
    const { receivedSpf } = this.#rules
    const { journey } = this.#envelope
    const { iprev } = this.#required()
    const told = { ...evaluation, ...(iprev === undefined ? {} : { iprev }) }
    // RFC 7208 §9.1: above our Received field. Those that other hosts wrote stay below it as they are.
    const field = receivedSpf ? formatReceivedSpf(evaluation.spf, { receiver: hostname }) : ''
    if (field !== '') journey.step({ type: 'received-spf', field })
    return authenticationResultsField(told, hostname) + field + this.#received()
  }

  #received(): string {
    const { hostname, clock } = this.#options
    const { journey, transport, helo, ip } = this.#envelope
    const { iprev } = this.#required()
    const [only, ...others] = this.#recipients
    return formatReceived({
      from: { helo, ip, ...(iprev?.result === 'pass' ? { verifiedName: iprev.name } : {}) },
      by: hostname,
      ...transport,
      id: journey.id,
      ...(only !== undefined && others.length === 0 ? { for: only.address } : {}),
      now: clock.now(),
    })
  }

  #required(): Checks {
    if (this.#checks === undefined) throw new Error('InboundLetter: a message without a recipient')
    return this.#checks
  }
}
