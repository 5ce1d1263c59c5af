import { domainOf } from '../address/mailbox.ts'
import type { Clock } from '../base/clock.ts'
import type { Directory } from '../directory/directory.ts'
import {
  readOwnEnvelopeId,
  readVerp,
  recipientTag,
  type ReturnMarks,
  type VerpRead,
} from '../forwarding/return-marks.ts'
import { type JourneyRecord, readRecord } from '../journey/record.ts'
import type { OpenedDsn } from '../report/read-dsn.ts'
import type { JourneyPort } from '../store/ports/journeys.ts'
import { suppressionKey } from '../suppression/suppression.ts'
import { believedMs, type HandedOn, handedOn, isForSender } from './sent-letter.ts'

/** A letter that a report is about, and how that is known. */
export interface About {
  readonly sent: JourneyRecord
  /** Whom it can be about. */
  readonly all: readonly HandedOn[]
  /** Whom it is about, whatever the report calls them. Absent: it says so. */
  readonly only?: HandedOn
  readonly matched: 'envelope-id' | 'message-id' | 'reverse-path'
}

export interface SentLettersParts {
  readonly store: { readonly journeys: JourneyPort }
  /** What our letters left with. */
  readonly directory: Pick<Directory, 'marks'>
  readonly clock: Clock
}

/** Letters with one Message-ID that are looked at. */
const mostSent = 10

/** The letters that users of ours sent in the last days, found by what comes back about them. */
export class SentLetters {
  readonly #parts: SentLettersParts

  constructor(parts: SentLettersParts) {
    this.#parts = parts
  }

  /**
   * The letter that a report is about. A reverse-path of ours says which letter and which recipient; who
   * knows it was given the letter, so sentences are believed, too. An ENVID of ours and a Message-ID
   * say which letter, where the report came to its sender; with sentences alone they say nothing.
   */
  async about(dsn: OpenedDsn, arrived: JourneyRecord): Promise<About | undefined> {
    const { marks } = this.#parts.directory
    const { rcptTo } = arrived.envelope
    const byPath = marks === undefined ? undefined : await this.#byReversePath(rcptTo, marks)
    if (byPath !== undefined || dsn.source === 'text') return byPath
    // A report goes to the sender of the letter and to nobody else (RFC 3461 §6).
    const to = new Set(rcptTo.map(suppressionKey))
    const isTheirs = ({ envelope }: JourneyRecord): boolean => {
      return to.has(suppressionKey(envelope.mailFrom))
    }
    const marked = await this.#byEnvelopeId(dsn.originalEnvelopeId, marks)
    if (marked !== undefined && isTheirs(marked)) {
      return { sent: marked, all: handedOn(marked), matched: 'envelope-id' }
    }
    const sent = await this.#byMessageId(dsn.originalMessageId, isTheirs)
    return sent === undefined ? undefined : { sent, all: handedOn(sent), matched: 'message-id' }
  }

  /**
   * The letter that a complaint is about, where it came to a reverse-path of that letter, to its sender, or
   * to those who answer for the sender's domain. A Message-ID is known to all that got the letter.
   */
  async complainedOf(
    messageId: string | undefined,
    { envelope: { rcptTo } }: JourneyRecord,
  ): Promise<JourneyRecord | undefined> {
    const { marks } = this.#parts.directory
    const byPath = marks === undefined ? undefined : await this.#byReversePath(rcptTo, marks)
    return await this.#byMessageId(messageId, ({ id, envelope }) => {
      return id === byPath?.sent.id || isForSender(rcptTo, envelope.mailFrom)
    })
  }

  /** The letter with this Message-ID. */
  async #byMessageId(
    messageId: string | undefined,
    fits: (record: JourneyRecord) => boolean,
  ): Promise<JourneyRecord | undefined> {
    if (messageId === undefined || messageId === '') return undefined
    const { journeys } = this.#parts.store
    const { rows } = await journeys.search({ filter: { messageId }, limit: mostSent })
    const ids = rows.filter((row) => this.#isRecent(row)).map(({ id }) => id)
    const records = (await journeys.listed(ids)).map((one) => readRecord(one.json, one.appended))
    return records.find((record) => fits(record) && handedOn(record).length > 0)
  }

  async #byReversePath(
    rcptTo: readonly string[],
    { secret }: ReturnMarks,
  ): Promise<About | undefined> {
    for (const address of rcptTo) {
      const copy = copyOf(address, { secret, now: this.#parts.clock.now() })
      const sent = copy === undefined ? undefined : await this.#byId(copy.letter)
      if (copy === undefined || sent === undefined) continue
      const all = handedOn(sent).filter(({ recipient }) => {
        return recipientTag({ letter: sent.id, recipient }, secret) === copy.tag
      })
      // Two recipients in a thousand letters share a tag; then the report says which of them it means.
      const [only, another] = all
      const one = only === undefined || another !== undefined ? {} : { only }
      return { sent, all, ...one, matched: 'reverse-path' }
    }
    return undefined
  }

  async #byEnvelopeId(
    envelopeId: string | undefined,
    marks: ReturnMarks | undefined,
  ): Promise<JourneyRecord | undefined> {
    if (envelopeId === undefined || marks === undefined) return undefined
    const by = { secret: marks.secret, now: this.#parts.clock.now() }
    const letter = readOwnEnvelopeId(envelopeId, by)
    return letter === undefined ? undefined : await this.#byId(letter)
  }

  async #byId(id: string): Promise<JourneyRecord | undefined> {
    const found = await this.#parts.store.journeys.find(id)
    if (found.type !== 'found' || !this.#isRecent(found.journey)) return undefined
    return readRecord(found.journey.json, found.journey.appended)
  }

  /** A user of ours sent it, and not too long ago. */
  #isRecent(row: {
    readonly direction: string
    readonly startedAt: number
    readonly mailFrom: string
  }): boolean {
    const since = this.#parts.clock.now() - believedMs
    return row.direction === 'out' && row.startedAt >= since && row.mailFrom !== ''
  }
}

/** The copy of a letter whose reverse-path an address is. */
function copyOf(
  address: string,
  by: { readonly secret: string; readonly now: number },
): Extract<VerpRead, { readonly type: 'copy' }> | undefined {
  const domain = domainOf(address)
  const local = address.slice(0, address.length - domain.length - 1)
  const read = readVerp({ local, domain }, by)
  return read.type === 'copy' ? read : undefined
}
