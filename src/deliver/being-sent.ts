import type { Clock } from '../base/clock.ts'
import type { Batch } from '../post/batch.ts'
import type { AtCommand } from '../smtp/client-types.ts'
import type { ClientSession } from './client-session.ts'

/** How far a letter has come that is on its way to another server now. */
export type SendStage =
  /** DNS and policies are asked where it may go. */
  | 'route'
  /** Another letter is under way over the connection that it will have. */
  | 'in-line'
  | 'connecting'
  /** The server has not said its first word. */
  | 'greeting'
  /** The handshake of TLS before all else. */
  | 'TLS'
  | Exclude<AtCommand, 'CONNECT' | 'MESSAGE'>
  /** The content goes over. */
  | 'content'
  /** All was sent: the answer is waited for that says whether it was taken. */
  | 'final-reply'

/** A letter for one recipient that is being sent now. Plain JSON. */
export interface SendingNow {
  readonly stage: SendStage
  /** When this began, or the connection for it; Unix milliseconds. */
  readonly since: number
  /** The server; empty while it is looked for. */
  readonly host: string
  readonly ip: string
}

/** Where a connection is made to. */
interface Place {
  readonly host: string
  readonly address: string
}

/** One batch on its way, as who delivers it tells. */
export class SendingBatch {
  readonly #clock: Clock
  #place: Place = { host: '', address: '' }
  #since: number
  #stage: SendStage | ClientSession = 'route'
  /** The items of the letter that is under way; absent: what is done is done for all. */
  #letter: ReadonlySet<string> | undefined

  constructor(clock: Clock) {
    this.#clock = clock
    this.#since = clock.now()
  }

  /** This server is being connected to. */
  connecting(place: Place): void {
    this.#at(place, 'connecting')
  }

  /** It is connected, and TLS begins before anything is said. */
  securing(place: Place): void {
    this.#place = place
    this.#stage = 'TLS'
  }

  /** It is spoken with. */
  speaking(place: Place, session: ClientSession): void {
    this.#place = place
    this.#stage = session
  }

  /** The items of one letter are being sent; the others wait behind it. */
  letter(items: readonly { readonly id: string }[]): void {
    this.#since = this.#clock.now()
    this.#letter = new Set(items.map(({ id }) => id))
  }

  /** How far this item has come. */
  of(id: string): SendingNow {
    const { host, address: ip } = this.#place
    return { stage: this.#stageOf(id), since: this.#since, host, ip }
  }

  #at(place: Place, stage: SendStage): void {
    this.#since = this.#clock.now()
    this.#place = place
    this.#stage = stage
    this.#letter = undefined
  }

  #stageOf(id: string): SendStage {
    if (this.#letter !== undefined && !this.#letter.has(id)) return 'in-line'
    if (typeof this.#stage === 'string') return this.#stage
    const { doing, awaitsVerdict } = this.#stage
    if (awaitsVerdict) return 'final-reply'
    if (doing === 'MESSAGE') return 'content'
    if (doing !== 'CONNECT') return doing
    // Behind the log-in nothing is done until the envelope is said.
    return this.#letter === undefined ? 'greeting' : 'MAIL'
  }
}

/** All letters that are being sent now, for whoever asks where one is. */
export class BeingSent {
  readonly #clock: Clock
  readonly #batches = new Map<string, SendingBatch>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** How far this item has come; `undefined`: it is not being sent. */
  of(queueId: string): SendingNow | undefined {
    return this.#batches.get(queueId)?.of(queueId)
  }

  /**
   * The same batch, followed: its items count as being sent from now until they are settled, or until
   * `over` is called.
   */
  follow(batch: Batch): {
    readonly batch: Batch
    readonly sending: SendingBatch
    readonly over: () => void
  } {
    const sending = new SendingBatch(this.#clock)
    const own = new Set<string>()
    const add = (items: readonly { readonly id: string }[]): void => {
      for (const { id } of items) {
        own.add(id)
        this.#batches.set(id, sending)
      }
    }
    const remove = (ids: Iterable<string>): void => {
      for (const id of ids) if (this.#batches.get(id) === sending) this.#batches.delete(id)
    }
    add(batch.items)
    const followed: Batch = {
      destination: batch.destination,
      owner: batch.owner,
      ending: batch.ending,
      items: batch.items,
      arrive: (site) => batch.arrive(site),
      begin: (queueId) => batch.begin(queueId),
      settle: async (settling) => {
        await batch.settle(settling)
        remove(settling.settlements.map(({ queueId }) => queueId))
      },
      more: async () => {
        const items = await batch.more()
        add(items)
        return items
      },
    }
    return { batch: followed, sending, over: () => remove(own) }
  }
}
