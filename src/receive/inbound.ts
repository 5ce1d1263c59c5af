import type { Clock } from '../base/clock.ts'
import { andThen, type Soon } from '../base/result.ts'
import { encodeUtf8 } from '../base/octets.ts'
import type { Directory } from '../directory/directory.ts'
import { wasNotAsked } from '../dmarc/dmarc.ts'
import type { Resolver } from '../dns/resolver.ts'
import { type Decision, type JudgedLetter, decide } from '../inspect/decide.ts'
import { configHash, type DecisionRules } from '../inspect/rules.ts'
import type { Evaluation, InspectionFacts } from '../inspect/inspection.ts'
import { authenticationResultsField, forgedFields } from '../inspect/results-field.ts'
import type { Begin } from '../journey/builder.ts'
import type { MailboxRole } from '../journey/recipients.ts'
import type { ReplayFacts } from '../journey/record.ts'
import type { MessageHeader } from '../message/header-reader.ts'
import { countReceived, formatReceived } from '../message/received.ts'
import type { MailRecipient } from '../post/placing.ts'
import type { Post } from '../post/post.ts'
import { marked } from '../post/report-mark.ts'
import type { KeptBodyHash } from '../signature/body-hash.ts'
import type { Reply } from '../smtp/reply.ts'
import { formatReceivedSpf } from '../spf/spf.ts'
import { Checks } from './checks.ts'
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
import { reportsFor, spamFlag } from './going-on.ts'
import { answerOf, dmarcRefusal, replies } from './replies.ts'
import { type RecipientAdmission, recipientFor, needsUtf8, tlsRequest } from './recipient.ts'

/** What the settings decide about letters from strangers. */
export interface InboundRules {
  readonly decision: DecisionRules
  /** A letter with more Received fields runs in a circle. */
  readonly receivedFields: number
  /** Whether what strangers send gets a Received-SPF field (RFC 7208 §9.1). */
  readonly receivedSpf: boolean
}

export interface InboundOptions {
  /** Our name, as in Received and Authentication-Results. */
  readonly hostname: string
  readonly directory: Pick<Directory, 'lead'>
  readonly admission?: RecipientAdmission | undefined
  /** Asked anew for each letter, which keeps them to its end: they may change meanwhile. */
  readonly rules: () => InboundRules
  readonly post: Pick<Post, 'place'>
  readonly resolver: Resolver
  readonly clock: Clock
  /**
   * A letter was judged, and its end is in the store: told where the owner of its author's domain
   * asks for reports of failures. Absent: nobody wants to know.
   */
  readonly judged?: ((letter: JudgedLetter) => void) | undefined
  /**
   * Whether a letter for these is caught: taken in whatever its verdict, and its journey says what
   * would have become of it. Absent: none is.
   */
  readonly caught?: (recipients: readonly MailRecipient[]) => boolean
  /** A fault of ours, for the log. */
  readonly report: (problem: unknown, journeyId: string) => void
}

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
    return andThen(answer, (found): RecipientTaken => {
      if (found.type === 'refused') return { refusal: found.reply }
      if (found.type === 'remote' && found.unknown !== true) {
        throw new Error('InboundLetter: a stranger was let through')
      }
      this.#recipients.push({ address: rcptTo, to: found, dsn: {} })
      // Now there is somebody to check it for: DNS is not asked about mail that nobody here gets.
      this.#checks ??= new Checks(this.#options, this.#facts, this.#envelope)
      return found.type
    })
  }

  header(header: MessageHeader): void {
    this.#headerBegin = this.#envelope.journey.begin()
    this.#required().inspection.header(header)
  }

  body(octets: Uint8Array): void {
    this.#required().inspection.body(octets)
  }

  async finish(taken: TakenLetter): Promise<Verdict> {
    const { journey } = this.#envelope
    const { header } = taken
    if (countReceived(header.fields) > this.#rules.receivedFields) {
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
      return this.#file(taken, evaluation, { role: 'inbox', reply: replies.filed })
    }
    const afterwards = (): void => this.#tellJudged(header, { evaluation, decision })
    switch (decision.action) {
      case 'refuse':
        return { type: 'refused', reply, because, afterwards }
      // It comes again, and is judged then.
      case 'defer':
        return { type: 'deferred', reply, because }
      case 'deliver':
        return { ...this.#file(taken, evaluation, { role: 'inbox', reply }), afterwards }
      case 'mark-as-spam':
        return { ...this.#file(taken, evaluation, { role: 'junk', reply }), afterwards }
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

  #file(
    { content, header, facts }: TakenLetter,
    evaluation: Evaluation,
    { role, reply }: { readonly role: MailboxRole; readonly reply: Reply },
  ): Verdict & { readonly type: 'taken' } {
    const { hostname, post } = this.#options
    const { id } = this.#envelope.journey
    // Whoever hands it on keeps to what it asks of TLS (RFC 8689 §4.1).
    const tls = tlsRequest(this.#envelope.parameters, header)
    const dsn = { ...reportsFor(evaluation.spf), ...tls }
    const made = post.place({
      id,
      reversePath: this.#facts.mailFrom,
      content,
      prefix: encodeUtf8(spamFlag(this.#recipients, role) + this.#trace(evaluation)),
      omit: forgedFields(header, hostname),
      recipients: this.#recipients.map((one) => ({ ...one, dsn })),
      role,
      eightBit: facts.eightBit,
      utf8: needsUtf8(this.#envelope.parameters, header),
    })
    const { mailFrom, now } = this.#facts
    const placed = marked(made, { id, mailFrom, header, now: now * 1000 })
    const because = ['dmarc']
    const filed = role === 'inbox' ? 'delivered' : 'quarantined'
    const isFiled = placed.acceptance.mailbox.length > 0
    if (isFiled) return { type: 'taken', status: filed, reply, because, placed }
    return { type: 'taken', status: 'queued', reply: replies.queued, because, placed }
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

/** What the sender hears of a decision. */
function replyFor({ action, askedFor }: Decision, { dmarc }: Evaluation): Reply {
  switch (action) {
    case 'refuse': {
      const { authorDomain } = dmarc
      const asked = askedFor ?? 'reject'
      return authorDomain === null ? replies.noAuthor : dmarcRefusal(authorDomain, asked)
    }
    case 'defer':
      return replies.cannotTellNow
    case 'deliver':
      return replies.filed
    case 'mark-as-spam':
      return replies.filedAsSpam
  }
}
