import type { Clock } from '../base/clock.ts'
import { andThen, type Soon } from '../base/result.ts'
import type { Fault, Faults } from '../desk/faults.ts'
import type { JourneyBuilder } from '../journey/builder.ts'
import type { FaultStage } from '../journey/steps.ts'
import type { MessageHeader } from '../message/header-reader.ts'
import type {
  AskedRecipient,
  Envelope,
  Letter,
  Port,
  RecipientTaken,
  Refusal,
  TakenLetter,
  Verdict,
} from '../receive/port.ts'
import { answerOf } from '../receive/replies.ts'
import type { Reply } from '../smtp/reply.ts'
import type { Question } from '../smtp/server-types.ts'

/** What a port with faults needs beside the port. */
export interface FaultyPortParts {
  readonly faults: Pick<Faults, 'strike'>
  readonly clock: Clock
  /** Drops the connection without a word. */
  readonly drop: () => void
}

/** A port at which things go wrong on purpose. What did stands in the journeys, as what it is. */
export class FaultyPort implements Port {
  readonly #port: Port
  readonly #parts: FaultyPortParts
  readonly #closed = Promise.withResolvers<void>()

  constructor(port: Port, parts: FaultyPortParts) {
    this.#port = port
    this.#parts = parts
  }

  get direction(): Port['direction'] {
    return this.#port.direction
  }

  get keepsRefused(): boolean {
    return this.#port.keepsRefused
  }

  greet(journey: JourneyBuilder): Soon<Refusal | undefined> {
    return andThen(this.#strike('connect', journey), (reply) => {
      return reply === undefined ? this.#port.greet?.(journey) : { reply }
    })
  }

  async login(
    question: Question & { readonly type: 'auth' },
    ip: string,
    journey: JourneyBuilder,
  ): Promise<Refusal | undefined> {
    const reply = await this.#strike('auth', journey)
    return reply === undefined ? await this.#port.login(question, ip, journey) : { reply }
  }

  sender(envelope: Envelope): Soon<Letter | { readonly refusal: Reply }> {
    const { journey } = envelope
    return andThen(this.#strike('sender', journey), (refusal) => {
      if (refusal !== undefined) return { refusal }
      return andThen(this.#port.sender(envelope), (begun) => {
        if ('refusal' in begun) return begun
        return new FaultyLetter(begun, (stage) => this.#strike(stage, journey))
      })
    })
  }

  closed(): void {
    this.#port.closed()
    this.#closed.resolve()
  }

  /** What is answered because of a fault; `undefined` when all goes on. */
  #strike(stage: FaultStage, journey: JourneyBuilder): Soon<Reply | undefined> {
    const fault = this.#parts.faults.strike(stage)
    return fault === undefined ? undefined : this.#suffer(fault, journey)
  }

  async #suffer(fault: Fault, journey: JourneyBuilder): Promise<Reply | undefined> {
    const { stage, probability, code, delayMs, drop } = fault
    const { clock } = this.#parts
    const begin = journey.begin()
    if (delayMs > 0) await new Promise<void>((resolve) => clock.setTimer(delayMs, resolve))
    const reply = code === undefined ? undefined : replyFor(stage, code)
    const answer = reply === undefined ? undefined : answerOf(reply, commands[stage])
    const dropped = drop
    journey.step({ type: 'fault', stage, probability, delayMs, answer, dropped }, begin)
    if (!drop) return reply
    this.#parts.drop()
    // What is answered now is heard by nobody, and must not stand in the record as if it were.
    await this.#closed.promise
    return replyFor(stage, 421)
  }
}

/** A letter that can be refused for a fault. */
class FaultyLetter implements Letter {
  readonly #letter: Letter
  readonly #strike: (stage: FaultStage) => Soon<Reply | undefined>

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

const commands: Readonly<Record<FaultStage, string>> = {
  connect: 'connect',
  auth: 'AUTH',
  sender: 'MAIL FROM',
  recipient: 'RCPT TO',
  data: 'DATA',
}

/** RFC 3463 §3.4, §3.8: something with the system, or with the login. */
function replyFor(stage: FaultStage, code: number): Reply {
  const enhanced = `${Math.floor(code / 100)}.${stage === 'auth' ? 7 : 3}.0`
  return { code, enhanced, lines: ['A fault that was set on purpose.'] }
}
