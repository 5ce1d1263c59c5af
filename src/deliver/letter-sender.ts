import type { Log } from '../base/log.ts'
import type { Batch } from '../post/batch.ts'
import type { RouteTarget } from '../route/found-route.ts'
import type { ChosenSource } from '../source/choose-source.ts'
import type { ConvertedStep } from '../journey/converted-step.ts'
import type { RecipientOutcome } from '../smtp/client-types.ts'
import {
  type Attempt,
  attemptResult,
  envelopeProblem,
  type Messages,
  unreadable,
  unsayable,
  withoutTls,
} from './attempt.ts'
import type { SendingBatch } from './being-sent.ts'
import type { ClientSession } from './client-session.ts'
import { endSession } from './end-session.ts'
import type { Letter } from './letters.ts'
import type { Over } from './opened.ts'
import type { RoundTools } from './round-tools.ts'
import { type SigningTools, whatGoes } from './what-goes.ts'

/** Sends the letters of one batch, one at a time, over whatever session is open. */
export class LetterSender {
  readonly #messages: Messages
  readonly #tell: Log
  readonly #batch: Pick<Batch, 'ending'>
  readonly #source: ChosenSource | undefined
  readonly #sending: SendingBatch
  readonly #signing: SigningTools
  readonly #said = new Set<string>()

  constructor(
    {
      messages,
      tell,
      source,
      sending,
      signing,
    }: Pick<RoundTools, 'messages' | 'tell' | 'source' | 'sending' | 'signing'>,
    batch: Pick<Batch, 'ending'>,
  ) {
    this.#messages = messages
    this.#tell = tell
    this.#source = source
    this.#signing = signing
    this.#batch = batch
    this.#sending = sending
  }

  /** How many of the items a server has seen. */
  get seen(): number {
    return this.#said.size
  }

  /** One letter over one session: what the server says to each of its recipients. */
  async send(over: Over, letter: Letter, target: RouteTarget): Promise<readonly Attempt[]> {
    const problems = new Map(letter.items.map((item) => [item.id, envelopeProblem(item)]))
    const [first, ...more] = letter.items.filter(({ id }) => problems.get(id) === undefined)
    const sent = first === undefined ? [] : await this.#send(over, [first, ...more], target)
    return letter.items.map((item): Attempt => {
      const problem = problems.get(item.id)
      const attempt = sent.find((one) => one.item.id === item.id)
      if (attempt !== undefined) return attempt
      const result = problem === undefined ? unreadable : unsayable(problem)
      return { item, host: '', ip: '', result, lines: [], refusedToTalk: false }
    })
  }

  async #send(
    over: Over,
    items: Letter['items'],
    { host, address: ip }: RouteTarget,
  ): Promise<readonly Attempt[]> {
    const { session, tlsFailed } = over
    const { ending } = this.#batch
    over.recipients += items.length
    const told = { items, host, ip, tell: this.#tell }
    const unwatch = ending.watch(() => endSession(session, ending, told))
    for (const { id } of items) this.#said.add(id)
    this.#sending.letter(items)
    const { outcomes, converted } = await this.#outcomes({ session, host }, items)
    unwatch()
    const lines = session.takeLines()
    const source = this.#source?.source
    return items.map((item, index) => {
      const said = outcomes[index]
      const outcome = said !== undefined && tlsFailed ? withoutTls(said) : said
      const result = outcome === undefined ? unreadable : attemptResult(outcome)
      return { item, host, ip, result, lines, refusedToTalk: false, source, converted }
    })
  }

  /** What the server says to each recipient; nothing, when what the store has is no letter. */
  async #outcomes(
    to: { readonly session: ClientSession; readonly host: string },
    items: Letter['items'],
  ): Promise<Said> {
    try {
      const message = await this.#messages.open(items[0].messageId)
      if (message === undefined) return nothingSaid
      const letter = await whatGoes(items, message, to, this.#signing)
      if (letter.type === 'refused') {
        return { outcomes: items.map(() => letter.setback), converted: [] }
      }
      const outcomes = await to.session.send(letter.transaction, letter.chunks)
      return { outcomes, converted: letter.told === undefined ? [] : [letter.told] }
    } catch (error) {
      // One letter that we cannot read must not keep the others.
      const fields = { where: 'delivery', id: items[0].journeyId, problem: String(error) }
      this.#tell({ level: 'error', event: 'fault', fields })
      return nothingSaid
    }
  }
}

/** What the server said to each recipient, and how the letter was converted for it. */
interface Said {
  readonly outcomes: readonly RecipientOutcome[]
  readonly converted: readonly ConvertedStep[]
}

const nothingSaid: Said = { outcomes: [], converted: [] }
