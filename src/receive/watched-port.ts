import { andThen, type Soon } from '../base/result.ts'
import type { JourneyBuilder } from '../journey/builder.ts'
import { headerTexts } from '../message/header-texts.ts'
import type { Reply } from '../smtp/reply.ts'
import type { NewReceipt } from '../store/ports/receipts.ts'
import type { Envelope, Letter, Port, Refusal, TakenLetter, Verdict } from './port.ts'

/** What is known of a letter when its verdict is there. */
export interface SeenLetter {
  readonly id: string
  readonly headerMessageId: string
  readonly verdict: Verdict
}

/** What is put down with a letter, in one. */
export interface PutDownWith {
  readonly receipt: (seen: SeenLetter) => NewReceipt | undefined
  /** Before this time nobody gets it; Unix milliseconds. */
  readonly sendAt: number | undefined
}

/** A port whose verdict is seen, so that more can be put down with the letter, in one. */
export class WatchedPort implements Port {
  readonly #port: Port
  readonly #with: PutDownWith
  #seen: SeenLetter | undefined
  #lastTaken: 'mailbox' | 'remote' = 'mailbox'

  constructor(port: Port, putDown: PutDownWith) {
    this.#port = port
    this.#with = putDown
  }

  /** Absent as long as there is no verdict. */
  get seen(): SeenLetter | undefined {
    return this.#seen
  }

  /** Where the mail of the recipient goes that was taken last. */
  get lastTaken(): 'mailbox' | 'remote' {
    return this.#lastTaken
  }

  get direction(): Port['direction'] {
    return this.#port.direction
  }

  get keepsRefused(): boolean {
    return this.#port.keepsRefused
  }

  greet(journey: JourneyBuilder): Soon<Refusal | undefined> {
    return this.#port.greet?.(journey)
  }

  login(...asked: Parameters<Port['login']>): Promise<Refusal | undefined> {
    return this.#port.login(...asked)
  }

  closed(): void {
    this.#port.closed()
  }

  sender(envelope: Envelope): Soon<Letter | { readonly refusal: Reply }> {
    const { sendAt } = this.#with
    const asked = sendAt === undefined ? envelope : { ...envelope, sendAt }
    return andThen(this.#port.sender(asked), (letter) => {
      return 'refusal' in letter ? letter : this.#watched(letter, envelope.journey.id)
    })
  }

  #watched(letter: Letter, id: string): Letter {
    const finish = async (taken: TakenLetter): Promise<Verdict> => {
      const verdict = await letter.finish(taken)
      const headerMessageId = letter.addedMessageId ?? headerTexts(taken.header).headerMessageId
      this.#seen = { id, headerMessageId, verdict }
      if (verdict.type !== 'taken') return verdict
      const receipt = this.#with.receipt(this.#seen)
      const { placed } = verdict
      const more = receipt === undefined ? {} : { receipt }
      const acceptance = { ...placed.acceptance, ...more }
      return { ...verdict, placed: { ...placed, acceptance } }
    }
    return {
      get replay() {
        return letter.replay
      },
      get bodyHashes() {
        return letter.bodyHashes
      },
      get addedMessageId() {
        return letter.addedMessageId
      },
      recipient: (asked) => {
        return andThen(letter.recipient(asked), (taken) => {
          if (typeof taken === 'string') this.#lastTaken = taken
          return taken
        })
      },
      header: (header) => letter.header(header),
      body: (octets) => letter.body(octets),
      finish,
    }
  }
}
