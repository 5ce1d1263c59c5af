import { andThen, type Soon } from '../base/result.ts'
import type { FaultStage } from '../journey/steps.ts'
import type { MessageHeader } from '../message/header-reader.ts'
import type {
  AskedRecipient,
  Letter,
  RecipientTaken,
  TakenLetter,
  Verdict,
} from '../receive/port.ts'
import type { Reply } from '../smtp/reply.ts'

/** A letter that can be refused for a fault. */
export class FaultyLetter implements Letter {
  readonly #letter: Letter
  readonly #strike: (stage: FaultStage) => Soon<Reply | undefined>

  /** @param strike what is answered because of a fault; `undefined` when all goes on */
  constructor(letter: Letter, strike: (stage: FaultStage) => Soon<Reply | undefined>) {
    this.#letter = letter
    this.#strike = strike
  }

  get replay(): Letter['replay'] {
    return this.#letter.replay
  }

  get bodyHashes(): Letter['bodyHashes'] {
    return this.#letter.bodyHashes
  }

  get addedMessageId(): string | undefined {
    return this.#letter.addedMessageId
  }

  recipient(asked: AskedRecipient): Soon<RecipientTaken> {
    return andThen(this.#strike('recipient'), (refusal) => {
      return refusal === undefined ? this.#letter.recipient(asked) : { refusal }
    })
  }

  header(header: MessageHeader): void {
    this.#letter.header(header)
  }

  body(octets: Uint8Array): void {
    this.#letter.body(octets)
  }

  async finish(taken: TakenLetter): Promise<Verdict> {
    const reply = await this.#strike('data')
    if (reply === undefined) return await this.#letter.finish(taken)
    return { type: reply.code < 500 ? 'deferred' : 'refused', reply, because: ['fault'] }
  }
}
