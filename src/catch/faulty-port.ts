import type { Clock } from '../base/clock.ts'
import { andThen, type Soon } from '../base/result.ts'
import type { Fault } from '../desk/fault.ts'
import type { Faults } from '../desk/faults.ts'
import type { JourneyBuilder } from '../journey/builder.ts'
import type { FaultStage } from '../journey/steps.ts'
import type { DueReply, Envelope, Letter, Port, Refusal, Said } from '../receive/port.ts'
import { answerOf } from '../receive/replies.ts'
import type { Reply } from '../smtp/reply.ts'
import type { Question } from '../smtp/server-types.ts'
import { FaultyLetter } from './faulty-letter.ts'
import { saidWrong, stageOf } from './faulty-words.ts'

/** What a port with faults needs beside the port. */
export interface FaultyPortParts {
  readonly faults: Pick<Faults, 'strike'>
  readonly clock: Clock
  /** Drops the connection without a word. */
  readonly drop: () => void
}

/**
 * A port at which things go wrong on purpose. What did stands in the journeys, as what it is.
 *
 * At the stages where policy is asked a fault strikes before the question is answered, so that its step
 * comes in time for the record; a word that is about the answer waits for it. At all other stages it
 * strikes when the answer is said.
 */
export class FaultyPort implements Port {
  readonly #port: Port
  readonly #parts: FaultyPortParts
  readonly #closed = Promise.withResolvers<void>()
  /** Whose step a fault becomes: the connection's, or that of the letter under way. */
  #journey: JourneyBuilder | undefined
  #letters = 0
  /** What is to become of the answer that this stage gets. */
  #due: Fault | undefined

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
      this.#letters++
      return andThen(this.#port.sender(envelope), (begun) => {
        if ('refusal' in begun) return begun
        return new FaultyLetter(begun, (stage) => this.#strike(stage, journey))
      })
    })
  }

  say(due: DueReply): Said {
    const stage = stageOf(due)
    if (stage === undefined) return { text: due.text, next: 'go-on' }
    const armed = this.#due
    this.#due = undefined
    if (armed?.stage === stage) return saidWrong(armed, due)
    const fault = asked(stage) ? undefined : this.#parts.faults.strike(stage, isOfTheAnswer)
    if (fault === undefined) return { text: due.text, next: 'go-on' }
    const said = saidWrong(fault, due)
    this.#tell(fault, fault.code === undefined ? undefined : replyFor(stage, fault.code))
    return said
  }

  closed(): void {
    this.#port.closed()
    this.#closed.resolve()
  }

  /** What is answered because of a fault; `undefined` when all goes on. */
  #strike(stage: FaultStage, journey: JourneyBuilder): Soon<Reply | undefined> {
    this.#journey = journey
    const first = this.#letters === 0
    const fault = this.#parts.faults.strike(stage, ({ what }) => what !== 'once' || !first)
    return fault === undefined ? undefined : this.#suffer(fault, stage)
  }

  async #suffer(fault: Fault, stage: FaultStage): Promise<Reply | undefined> {
    const { what, delayMs, drop } = fault
    const { clock } = this.#parts
    const code = what === 'once' ? 421 : fault.code
    const begin = this.#journey?.begin()
    if (delayMs > 0) await new Promise<void>((resolve) => clock.setTimer(delayMs, resolve))
    const reply = code === undefined ? undefined : replyFor(stage, code)
    this.#tell(fault, reply, begin)
    if (what !== undefined && reply === undefined) this.#due = fault
    if (!drop) return reply
    this.#parts.drop()
    // What is answered now is heard by nobody, and must not stand in the record as if it were.
    await this.#closed.promise
    return replyFor(stage, 421)
  }

  #tell(fault: Fault, reply: Reply | undefined, begin?: ReturnType<JourneyBuilder['begin']>): void {
    const { stage, what, probability, delayMs, drop: dropped } = fault
    // Before there is a session, and in DNS, nobody here has a record of it.
    if (stage === 'dial' || stage === 'dns') return
    const answer = reply === undefined ? undefined : answerOf(reply, commands[stage])
    const word = what === undefined ? {} : { what }
    const step = { type: 'fault', stage, probability, delayMs, answer, dropped, ...word } as const
    this.#journey?.step(step, begin)
  }
}

/** Whether policy is asked at this stage, and so the fault has struck already. */
function asked(stage: FaultStage): boolean {
  return ['connect', 'auth', 'sender', 'recipient', 'data'].includes(stage)
}

/** All but what has to do with certificates, which is chosen when the connection begins. */
function isOfTheAnswer({ what }: Fault): boolean {
  return what !== 'expired' && what !== 'wrong-name' && what !== 'untrusted'
}

const commands: Readonly<Record<FaultStage, string>> = {
  connect: 'connect',
  ehlo: 'EHLO',
  starttls: 'STARTTLS',
  auth: 'AUTH',
  sender: 'MAIL FROM',
  recipient: 'RCPT TO',
  content: 'DATA',
  data: 'DATA',
  quit: 'QUIT',
}

/**
 * RFC 3463: what the code means most often at RCPT, a full mailbox (X.2.2) and one that is not there
 * (X.1.1); else something with the system (X.3.0), or with the login (X.7.0).
 */
function replyFor(stage: FaultStage, code: number): Reply {
  const usual = stage === 'auth' ? '7.0' : '3.0'
  const detail = (stage === 'recipient' && { 452: '2.2', 550: '1.1' }[code]) || usual
  const enhanced = `${Math.floor(code / 100)}.${detail}`
  return { code, enhanced, lines: ['A fault that was set on purpose.'] }
}
