import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import { concat } from '../base/octets.ts'
import type { Directory } from '../directory/directory.ts'
import { JourneyBuilder } from '../journey/builder.ts'
import { type JourneyRecord, readRecord } from '../journey/record.ts'
import type { StepData } from '../journey/steps.ts'
import { reportInKind } from '../post/report-mark.ts'
import { type DsnReading, openDsn } from '../report/read-dsn.ts'
import { readFeedback } from '../report/read-feedback.ts'
import { readParts } from '../report/mime-parts.ts'
import type { MessagePort } from '../store/ports/contents.ts'
import type { JourneyPort } from '../store/ports/journeys.ts'
import type { LaterSteps, PostPort } from '../store/ports/post.ts'
import type { RegisterEntry, RegisterPort } from '../store/ports/register.ts'
import type { Store } from '../store/ports/store.ts'
import type { SuppressionList } from '../suppression/suppression-list.ts'
import { complainsFor, finder, handedOn, namedIn, vouchedFor } from './sent-letter.ts'
import { type About, SentLetters } from './sent-letters.ts'

export interface ReturnedMailParts {
  readonly store: {
    readonly changes: Store['changes']
    readonly register: RegisterPort
    readonly journeys: JourneyPort
    readonly messages: MessagePort
    readonly post: PostPort
  }
  readonly suppressions: Pick<SuppressionList, 'refused' | 'complained'>
  /** What our letters left with. */
  readonly directory: Pick<Directory, 'marks'>
  readonly clock: Clock
  readonly log: Log
  /** A fault of ours, for the log. */
  readonly report: (problem: unknown, where: string) => void
}

/** A report longer than this is not read. */
const mostOctets = 1024 * 1024
const atOnce = 100

/** Refusals of the address itself (RFC 3463 §3.2, §3.3): other failures are about one letter. */
const goneStatus = /^5\.1\.(?:1|3|6|10)$|^5\.2\.1$/

/**
 * Reads delivery reports and complaints that came in, and adds to the letters that they are about what
 * they say. Each was marked when it was taken in, in the same commit, so none is forgotten when the
 * server is killed; the mark goes with what is told.
 */
export class ReturnedMail {
  readonly #parts: ReturnedMailParts
  readonly #letters: SentLetters
  #stop: () => Promise<unknown> = () => Promise.resolve()
  #running: Promise<void> = Promise.resolve()

  constructor(parts: ReturnedMailParts) {
    this.#parts = parts
    this.#letters = new SentLetters(parts)
  }

  /** Begins with what came in before, and goes on with what comes. */
  start(): void {
    const changes = this.#parts.store.changes({ only: ['register'] })
    this.#stop = async () => await changes.return?.()
    this.#running = this.#run(changes)
  }

  async stop(): Promise<void> {
    await this.#stop()
    await this.#running
  }

  async #run(changes: ReturnType<Store['changes']>): Promise<void> {
    try {
      await this.#readAll()
      for await (const change of changes) {
        const is =
          change.type === 'gap' || (change.type === 'register' && change.kind === reportInKind)
        if (is) await this.#readAll()
      }
    } catch (problem) {
      this.#parts.report(problem, 'delivery reports that came in')
    }
  }

  async #readAll(): Promise<void> {
    const { store, clock, report } = this.#parts
    let after: string | undefined
    for (;;) {
      const from = after === undefined ? {} : { after }
      const query = { kind: reportInKind, now: clock.now(), limit: atOnce, ...from }
      const marks = await store.register.list(query)
      for (const mark of marks) {
        // One that cannot be read keeps its mark, and keeps nobody else from being read.
        await this.#readOne(mark).catch((problem: unknown) => report(problem, mark.key))
      }
      after = marks.at(-1)?.key
      if (marks.length < atOnce) return
    }
  }

  async #readOne(mark: RegisterEntry): Promise<void> {
    const { store, clock } = this.#parts
    // It ends now: that is in the commit with what is told.
    const read = { ...mark, expiresAt: clock.now() }
    const told = await this.#told(mark.key)
    await store.post.accept({
      queue: [],
      mailbox: [],
      journeys: [],
      laterSteps: told.steps,
      register: [...told.register, read],
    })
  }

  async #told(id: string): Promise<Told> {
    const { store } = this.#parts
    const found = await store.journeys.find(id)
    if (found.type !== 'found' || found.journey.messageId === undefined) return nothing
    const octets = await this.#octetsOf(found.journey.messageId)
    if (octets === undefined) return nothing
    const arrived = readRecord(found.journey.json, found.journey.appended)
    const dsn = openDsn(octets)
    if (dsn.type === 'dsn') {
      // First whose it is: what a stranger says of nobody's letter is not read.
      const about = await this.#letters.about(dsn, arrived)
      const recipients = about === undefined ? [] : dsn.recipients()
      if (about !== undefined && recipients.length > 0) {
        return await this.#ofDsn({ ...dsn, recipients }, arrived, about)
      }
      // Text alone is taken for a report until its recipients are read; it may be a complaint.
      if (dsn.source !== 'text') return nothing
    }
    const feedback = readFeedback(readParts(octets))
    if (feedback?.type === 'abuse' && feedback.source === 'fields') {
      return await this.#ofComplaint(feedback, arrived)
    }
    return nothing
  }

  async #ofDsn(
    dsn: Extract<DsnReading, { readonly type: 'dsn' }>,
    arrived: JourneyRecord,
    { sent, all, only, matched }: About,
  ): Promise<Told> {
    const told = new Builder(sent, { report: arrived.id, clock: this.#parts.clock })
    const register: RegisterEntry[] = []
    const named = finder(all)
    for (const one of only === undefined ? dsn.recipients : dsn.recipients.slice(0, 1)) {
      const about = only ?? named([one.originalRecipient, one.finalRecipient])
      const { action, status } = one
      if (about === undefined || action === 'unknown' || action === 'deliverable') continue
      const { recipient } = about
      if (!told.isNew(recipient)) continue
      const reporter = (one.remoteMta ?? dsn.reportingMta ?? '').slice(0, 255)
      const said = (one.diagnosticCode ?? one.words ?? '').slice(0, 500)
      const facts = { status, reporter, said, matched, journey: arrived.id } as const
      const vouched = vouchedFor(about, arrived.envelope, arrived.steps)
      const mark = vouched ? {} : ({ unproved: true } as const)
      told.step({ type: 'returned', recipient, action, ...facts, ...mark }, recipient, action)
      if (action !== 'failed' || !goneStatus.test(status) || dsn.source === 'text') continue
      if (!vouched) continue
      const refused = { address: recipient, at: arrived.startedAt, journey: sent.id, said }
      register.push(...(await this.#parts.suppressions.refused(refused)))
    }
    return this.#ended(told, register)
  }

  async #ofComplaint(
    feedback: Extract<ReturnType<typeof readFeedback>, { readonly type: 'abuse' }>,
    arrived: JourneyRecord,
  ): Promise<Told> {
    const messageId = feedback.original?.messageId ?? undefined
    const sent = await this.#letters.complainedOf(messageId, arrived)
    if (sent === undefined) return nothing
    const all = handedOn(sent)
    const named = [...feedback.originalRcptTo, ...(feedback.inferred?.originalRcptTo ?? [])]
    const listed = namedIn(all, named)
    // Many leave the recipient out: of a letter to one it is that one.
    const about = listed.length === 0 && all.length === 1 ? all : listed
    const { feedbackType } = feedback
    const reporter = (arrived.author ?? '').slice(0, 255)
    const told = new Builder(sent, { report: arrived.id, clock: this.#parts.clock })
    const facts = { feedback: feedbackType.slice(0, 40), reporter, journey: arrived.id }
    const said = `${facts.feedback}, told by ${reporter}`
    const register: RegisterEntry[] = []
    // RFC 5965 §3.2: it may name several.
    for (const one of about) {
      const { recipient } = one
      const complains = complainsFor(one, arrived.author ?? '', arrived.steps)
      if (complains === 'nobody' || !told.isNew(recipient)) continue
      const mark = complains === 'proved' ? {} : ({ unproved: true } as const)
      told.step({ type: 'complained', recipient, ...facts, ...mark }, recipient, 'complained')
      if (feedbackType === 'not-spam' || complains !== 'proved') continue
      const complaint = { address: recipient, at: arrived.startedAt, journey: sent.id, said }
      register.push(...this.#parts.suppressions.complained(complaint))
    }
    return this.#ended(told, register)
  }

  #ended(told: Builder, register: readonly RegisterEntry[]): Told {
    if (told.filled) {
      const why = `Its record has ${mostInRecord} steps of reports and complaints: no more are added.`
      const fields = { limit: 'reports of a letter', journey: told.letter, why }
      this.#parts.log({ level: 'warning', event: 'limit', fields })
    }
    return { steps: told.steps, register }
  }

  async #octetsOf(messageId: string): Promise<Uint8Array | undefined> {
    const message = await this.#parts.store.messages.open(messageId)
    if (message === undefined || message.size > mostOctets) return undefined
    const chunks: Uint8Array[] = []
    for await (const chunk of message.chunks()) chunks.push(chunk)
    return concat(chunks)
  }
}

/** What is told of a report. */
interface Told {
  readonly steps: readonly LaterSteps[]
  readonly register: readonly RegisterEntry[]
}

const nothing: Told = { steps: [], register: [] }

/** Recipients that are told of one report; a report about more is no everyday one. */
const mostOfReport = 100
/** Steps of reports in one record: whoever knows a Message-ID may send reports without end. */
const mostInRecord = 200

/** Steps for the record of a letter that was sent: of one report, one for each recipient. */
class Builder {
  readonly #journey: JourneyBuilder
  readonly #recipients: NonNullable<LaterSteps['recipients']>[number][] = []
  /** Whom the record tells of this report already: the server was killed, or they are named again. */
  readonly #told: Set<string>
  #inReport = 0
  #inRecord: number

  constructor(
    { id, steps }: JourneyRecord,
    { report, clock }: { readonly report: string; readonly clock: Clock },
  ) {
    this.#journey = new JourneyBuilder(id, clock)
    const before = steps.filter((step) => step.type === 'returned' || step.type === 'complained')
    const ofReport = before.filter(({ journey }) => journey === report)
    this.#told = new Set(ofReport.map(({ recipient }) => recipient))
    this.#inRecord = before.length
  }

  /** Whether something is still to be told of the recipient; it is asked once for each. */
  isNew(recipient: string): boolean {
    if (this.#told.size >= mostOfReport || this.#told.has(recipient)) return false
    this.#told.add(recipient)
    return true
  }

  /** Whether the record is full by what this report says. */
  get filled(): boolean {
    return this.#inReport > 0 && this.#inRecord >= mostInRecord
  }

  get letter(): string {
    return this.#journey.id
  }

  get steps(): readonly LaterSteps[] {
    const { id: journeyId, steps } = this.#journey
    if (steps.length === 0) return []
    return [{ journeyId, steps: JSON.stringify(steps), shared: [], recipients: this.#recipients }]
  }

  step(data: StepData, address: string, action: string): void {
    if (this.#inRecord >= mostInRecord) return
    this.#inRecord++
    this.#inReport++
    this.#journey.step(data)
    if (action !== 'failed') return
    const summary = `Not delivered to ${address}: another server had taken it, and sent it back.`
    this.#recipients.push({ address, status: 'failed', summary })
  }
}
