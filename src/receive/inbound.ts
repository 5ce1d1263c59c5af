import { encodeUtf8 } from '../base/utf8.ts'
import { RecordingResolver } from '../dns/recording-resolver.ts'
import { configHash, decide, type DecisionRules } from '../inspect/decide.ts'
import { type Evaluation, Inspection, type InspectionFacts } from '../inspect/inspection.ts'
import { checkIprev, type IprevVerdict } from '../inspect/iprev.ts'
import { authenticationResultsField, forgedFields } from '../inspect/results-field.ts'
import type { Begin } from '../journey/builder.ts'
import type { ReplayFacts } from '../journey/record.ts'
import type { MessageHeader } from '../message/header-reader.ts'
import { countReceived, formatReceived } from '../message/received.ts'
import { returnPath } from '../message/return-path.ts'
import type { KeptBodyHash } from '../signature/body-hash.ts'
import type { Reply } from '../smtp/reply.ts'
import { formatReceivedSpf } from '../spf/spf.ts'
import { type FiledRecipient, filedSteps } from './filing.ts'
import type {
  AskedRecipient,
  Envelope,
  Letter,
  Port,
  Refusal,
  TakenLetter,
  Verdict,
} from './port.ts'
import { dmarcRefusal, replies } from './replies.ts'
import type { JudgedLetter, ReceiveWorld } from './world.ts'

/**
 * Port 25: takes mail for our own people from anyone, checks who may have sent it, and files it,
 * marks it or refuses it. Never relays (RFC 5321 §7.9), never answers later what it can answer now.
 */
export class InboundPort implements Port {
  readonly direction = 'in'
  readonly keepsRefused = true
  readonly #world: ReceiveWorld

  constructor(world: ReceiveWorld) {
    this.#world = world
  }

  login(): Promise<Refusal> {
    return Promise.resolve({ reply: replies.noLoginHere })
  }

  /** Strangers have no account whose places they could take. */
  closed(): void {}

  sender(envelope: Envelope): Letter {
    return new InboundLetter(this.#world, envelope)
  }
}

/** A letter from a stranger. */
class InboundLetter implements Letter {
  /** Nothing is added to a letter that is received. */
  readonly addedMessageId = undefined
  readonly #world: ReceiveWorld
  readonly #envelope: Envelope
  readonly #facts: InspectionFacts
  /** As they were when the letter began: what decides and what a replay decides with is one thing. */
  readonly #rules: DecisionRules
  readonly #recipients: FiledRecipient[] = []
  #checks: Checks | undefined
  #headerBegin: Begin | undefined

  constructor(world: ReceiveWorld, envelope: Envelope) {
    this.#world = world
    this.#envelope = envelope
    const { ip, helo, mailFrom } = envelope
    const now = Math.floor(world.clock.now() / 1000)
    this.#facts = { ip, helo, mailFrom, receiver: world.house.hostname, now }
    this.#rules = world.house.rules
  }

  get replay(): ReplayFacts {
    const { now, receiver } = this.#facts
    const rules = this.#rules
    const messageId = this.#envelope.journey.id
    return { now, receiver, rules, configHash: configHash(rules), messageId }
  }

  get bodyHashes(): readonly KeptBodyHash[] {
    return this.#checks?.inspection.bodyHashes ?? []
  }

  recipient({ path, rcptTo }: AskedRecipient): 'mailbox' | { readonly refusal: Reply } {
    const { ip, mailFrom } = this.#facts
    const found = this.#world.house.recipient({ path, by: 'stranger', ip, mailFrom })
    if (found.type === 'refused') return { refusal: found.reply }
    if (found.type === 'remote') return { refusal: replies.noRelaying }
    this.#recipients.push(...found.accounts.map((account) => ({ rcptTo, account })))
    // Now there is somebody to check it for: DNS is not asked about mail that nobody here gets.
    this.#checks ??= new Checks(this.#world, this.#facts, this.#envelope)
    return 'mailbox'
  }

  header(header: MessageHeader): void {
    this.#headerBegin = this.#envelope.journey.begin()
    this.#required().inspection.header(header)
  }

  body(octets: Uint8Array): void {
    this.#required().inspection.body(octets)
  }

  async finish(taken: TakenLetter): Promise<Verdict> {
    const { house } = this.#world
    const { journey } = this.#envelope
    const { header } = taken
    if (countReceived(header.fields) > house.limits.receivedFields) {
      return { type: 'refused', reply: replies.loop, because: ['loop'] }
    }
    const evaluation = await this.#required().inspection.finish()
    this.#recordVerdicts(evaluation)
    const begin = journey.begin()
    const decision = decide(evaluation, header, this.#rules)
    journey.step({ type: 'decision', decision }, begin, this.#required().recorders.author.answers)
    const because = ['dmarc']
    const afterwards = (): void => this.#tellJudged(header, { evaluation, decision })
    switch (decision.action) {
      case 'refuse': {
        const { authorDomain } = evaluation.dmarc
        const asked = decision.askedFor ?? 'reject'
        const reply = authorDomain === null ? replies.noAuthor : dmarcRefusal(authorDomain, asked)
        return { type: 'refused', reply, because, afterwards }
      }
      // It comes again, and is judged then.
      case 'defer':
        return { type: 'deferred', reply: replies.cannotTellNow, because }
      case 'deliver':
        return { ...this.#file(taken, evaluation, 'Inbox'), afterwards }
      case 'mark-as-spam':
        return { ...this.#file(taken, evaluation, 'Junk'), afterwards }
    }
  }

  #tellJudged(header: MessageHeader, judged: Pick<JudgedLetter, 'evaluation' | 'decision'>): void {
    const { journey, mailFrom, parameters } = this.#envelope
    this.#world.judged?.({
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
    { content, header }: TakenLetter,
    evaluation: Evaluation,
    mailbox: 'Inbox' | 'Junk',
  ): Verdict {
    const { house, clock } = this.#world
    const prefix = this.#trace(evaluation)
    const { id } = this.#envelope.journey
    const steps = filedSteps(this.#recipients, mailbox)
    const receivedAt = clock.now()
    return {
      type: 'taken',
      status: mailbox === 'Inbox' ? 'delivered' : 'quarantined',
      reply: mailbox === 'Inbox' ? replies.filed : replies.filedAsSpam,
      because: ['dmarc'],
      steps,
      acceptance: {
        message: {
          id,
          content,
          prefix: encodeUtf8(prefix),
          omit: forgedFields(header, house.hostname),
        },
        queue: [],
        mailbox: steps.map(({ account }) => {
          return { account, mailbox, messageId: id, journeyId: id, receivedAt }
        }),
        journeys: [],
      },
    }
  }

  /** What is put above the message, the newest fact on top. */
  #trace(evaluation: Evaluation): string {
    const { hostname, receivedSpf } = this.#world.house
    const { journey, mailFrom } = this.#envelope
    const { iprev } = this.#required()
    const told = { ...evaluation, ...(iprev === undefined ? {} : { iprev }) }
    // RFC 7208 §9.1: above our Received field. Those that other hosts wrote stay below it as they are.
    const field = receivedSpf ? formatReceivedSpf(evaluation.spf, { receiver: hostname }) : ''
    if (field !== '') journey.step({ type: 'received-spf', field })
    return (
      returnPath(mailFrom) + authenticationResultsField(told, hostname) + field + this.#received()
    )
  }

  #received(): string {
    const { house, clock } = this.#world
    const { journey, transport, helo, ip } = this.#envelope
    const { iprev } = this.#required()
    const [only, ...others] = this.#recipients
    return formatReceived({
      from: { helo, ip, ...(iprev?.result === 'pass' ? { verifiedName: iprev.name } : {}) },
      by: house.hostname,
      ...transport,
      id: journey.id,
      ...(only !== undefined && others.length === 0 ? { for: only.rcptTo } : {}),
      now: clock.now(),
    })
  }

  #required(): Checks {
    if (this.#checks === undefined) throw new Error('InboundLetter: a message without a recipient')
    return this.#checks
  }
}

/** What is asked about one letter; each evaluator's questions are recorded apart. */
class Checks {
  readonly recorders: Readonly<
    Record<'spf' | 'dkim' | 'arc' | 'dmarc' | 'author' | 'iprev', RecordingResolver>
  >
  readonly inspection: Inspection
  readonly begin: Begin
  /** Information only: nobody waits for it, so it may be missing at the end. */
  iprev: IprevVerdict | undefined

  constructor(
    { resolver, clock, report }: ReceiveWorld,
    facts: InspectionFacts,
    { journey }: Envelope,
  ) {
    const recorder = (): RecordingResolver => new RecordingResolver(resolver, clock, facts.ip)
    this.recorders = {
      spf: recorder(),
      dkim: recorder(),
      arc: recorder(),
      dmarc: recorder(),
      author: recorder(),
      iprev: recorder(),
    }
    this.begin = journey.begin()
    this.inspection = new Inspection(facts, this.recorders)
    checkIprev(facts.ip, this.recorders.iprev).then(
      (verdict) => {
        this.iprev = verdict
      },
      (problem: unknown) => report(problem, journey.id),
    )
  }
}
