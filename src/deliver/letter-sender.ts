import type { Log } from '../base/log.ts'
import type { Batch } from '../post/batch.ts'
import type { RouteTarget } from '../route/found-route.ts'
import type { ChosenSource } from '../source/choose-source.ts'
import type { RecipientOutcome } from '../smtp/client-types.ts'
import {
  type Attempt,
  attemptResult,
  type Messages,
  transactionFor,
  unreadable,
  withoutTls,
} from './attempt.ts'
import type { SendingBatch } from './being-sent.ts'
import type { ClientSession } from './client-session.ts'
import { endSession } from './end-session.ts'
import type { Letter } from './letters.ts'
import type { RoundTools } from './round-tools.ts'

/** A session that letters go over. */
export interface Over {
  readonly session: ClientSession
  /** TLS was offered and failed, so that it is in clear text. */
  readonly tlsFailed: boolean
}

/** Sends the letters of one batch, one at a time, over whatever session is open. */
export class LetterSender {
  readonly #messages: Messages
  readonly #tell: Log
  readonly #batch: Pick<Batch, 'ending'>
  readonly #source: ChosenSource | undefined
  readonly #sending: SendingBatch
  readonly #said = new Set<string>()

  constructor(
    {
      messages,
      tell,
      source,
      sending,
    }: Pick<RoundTools, 'messages' | 'tell' | 'source' | 'sending'>,
    batch: Pick<Batch, 'ending'>,
  ) {
    this.#messages = messages
    this.#tell = tell
    this.#source = source
    this.#batch = batch
    this.#sending = sending
  }

  /** How many of the items a server has seen. */
  get seen(): number {
    return this.#said.size
  }

  /** One letter over one session: what the server says to each of its recipients. */
  async send(
    { session, tlsFailed }: Over,
    { items }: Letter,
    { host, address: ip }: RouteTarget,
  ): Promise<readonly Attempt[]> {
    const { ending } = this.#batch
    const told = { items, host, ip, tell: this.#tell }
    const unwatch = ending.watch(() => endSession(session, ending, told))
    for (const { id } of items) this.#said.add(id)
    this.#sending.letter(items)
    const outcomes = await this.#outcomes(session, items)
    unwatch()
    const lines = session.takeLines()
    const source = this.#source?.source
    return items.map((item, index) => {
      const said = outcomes[index]
      const outcome = said !== undefined && tlsFailed ? withoutTls(said) : said
      const result = outcome === undefined ? unreadable : attemptResult(outcome)
      return { item, host, ip, result, lines, refusedToTalk: false, source }
    })
  }

  /** What the server says to each recipient; nothing, when what the store has is no letter. */
  async #outcomes(
    session: ClientSession,
    items: Letter['items'],
  ): Promise<readonly RecipientOutcome[]> {
    try {
      const message = await this.#messages.open(items[0].messageId)
      if (message === undefined) return []
      return await session.send(transactionFor(items, message), message.chunks())
    } catch (error) {
      // One letter that we cannot read must not keep the others.
      const fields = { where: 'delivery', id: items[0].journeyId, problem: String(error) }
      this.#tell({ level: 'error', event: 'fault', fields })
      return []
    }
  }
}
