import type { JourneyBuilder } from '../journey/builder.ts'
import type { Batch, Pause } from '../post/batch.ts'
import type { QueueItem } from '../store/ports/queue.ts'
import type { RouteTarget } from '../route/found-route.ts'
import type { ChosenSource } from '../source/choose-source.ts'
import type { Setback } from '../smtp/client-types.ts'
import {
  type Attempt,
  type AttemptResult,
  brokeOff,
  closesDown,
  endedBefore,
  isBroken,
  mayBeChunking,
} from './attempt.ts'
import type { SendingBatch } from './being-sent.ts'
import type { SessionLine } from './client-session.ts'
import { askedOfRival, type Connector } from './connect.ts'
import type { Asked } from './demands.ts'
import { LetterSender } from './letter-sender.ts'
import {
  after,
  inParts,
  type Letter,
  letterAgain,
  lettersOf,
  once,
  resultForOthers,
} from './letters.ts'
import type { Over } from './opened.ts'
import { pauseIn } from './pauses.ts'
import type { RoundTools } from './round-tools.ts'
import type { Sharing } from './sharing.ts'
import { sorted } from './sorted.ts'
import type { Way } from './way.ts'

/**
 * Connections to one host, one after the other, that broke before any letter was answered. The first
 * may have been the fault of the letter that was sent over it.
 */
const maxFruitless = 2

/** Why nothing came of a connection. */
interface Fruitless {
  readonly failure: Setback
  readonly lines: readonly SessionLine[]
}

/** The letters of one batch on their way through the targets of their destination. */
export class Round {
  readonly #connector: Connector
  readonly #sender: LetterSender
  readonly #batch: Batch
  readonly #log: JourneyBuilder
  readonly #settling: RoundTools['settling']
  readonly #way: Way
  readonly #source: ChosenSource | undefined
  readonly #sending: SendingBatch
  readonly #sharing: Sharing | undefined
  #letters: readonly Letter[]
  #answered = false
  #silence: string | undefined
  #pause: Pause | undefined

  constructor(tools: RoundTools, batch: Batch) {
    this.#connector = tools.connector
    this.#sender = new LetterSender(tools, batch)
    this.#settling = tools.settling
    this.#way = tools.way
    this.#source = tools.source
    this.#sharing = tools.sharing
    this.#log = tools.log
    this.#sending = tools.sending
    this.#batch = batch
    this.#letters = lettersOf(batch.items)
  }

  /** Every letter has its fate, or no more is to be sent now. */
  get done(): boolean {
    return this.#letters.length === 0 || this.#ended || this.#pause !== undefined
  }

  /** A server said what the other letters would hear, too. */
  get pause(): Pause | undefined {
    return this.#pause
  }

  /** Letters of which nothing was said. */
  get untried(): readonly QueueItem[] {
    return this.#letters.flatMap(({ items, before }) => (before.length === 0 ? items : []))
  }

  /** How many of the items a server has seen. */
  get seen(): number {
    return this.#sender.seen
  }

  /** Some server of the destination said a word. */
  get answered(): boolean {
    return this.#answered
  }

  /** Why the last server could not be reached. */
  get silence(): string | undefined {
    return this.#silence
  }

  get #ended(): boolean {
    return this.#batch.ending.stage !== 'go-on'
  }

  /**
   * Sends all letters to one target, over as many connections as it wants: some servers take one
   * letter a connection. One that others have left open comes before a new one. Letters that heard
   * nothing about themselves wait for the next target. Gives the targets that are through: this one,
   * its rival where that was connected first, or both.
   */
  async visit(first: RouteTarget, asked: Asked = {}): Promise<readonly RouteTarget[]> {
    const { ending } = this.#batch
    const mark = this.#log.mark()
    const way = this.#way
    const tls: { state: 'untried' | 'failed' } = { state: 'untried' }
    const passedOn: Letter[] = []
    let { rival, ...now } = asked
    let target = first
    let used: readonly RouteTarget[] = [first]
    let share: boolean = true
    for (let fruitless = 0; !this.done; ) {
      // What the connections before this one came to is told by the letters that went over them.
      this.#log.backTo(mark)
      const open: Over | undefined = share ? this.#sharing?.take(target, now, this.#log) : undefined
      if (open !== undefined) {
        const before: number = open.answered
        this.#sending.speaking(target, open.session)
        await this.#sendAll(open, target, passedOn)
        // It may have ended while nobody looked: then a new one is made.
        share = open.answered > before
        this.#answered ||= share
        continue
      }
      this.#sharing?.makeRoom()
      const raced = rival === undefined ? now : { ...now, rival }
      const told = { log: this.#log, sending: this.#sending }
      const input = { ...raced, ...told, ending, tls, way, source: this.#source }
      const connected = await this.#connector.connect(target, input)
      if (rival !== undefined) {
        // Only the first connection is raced for: what has been reached stays.
        if (connected.reached === rival.target) now = askedOfRival(now, rival)
        target = connected.reached
        used = connected.used
        rival = undefined
      }
      if (connected.type === 'failed') {
        const { status, because, permanent, outcome, lines } = connected
        if (lines.length > 0) this.#answered = true
        this.#silence = because
        const result = permanent ? 'failed' : 'deferred'
        passedOn.push(...this.#unheard(target, { result, status, because, outcome }, lines))
        break
      }
      this.#answered = true
      const { session } = connected
      const tlsFailed = tls.state === 'failed' || session.tlsRefusal !== undefined
      const { opened } = connected
      const { destination } = this.#batch
      const began = { answered: 0, tookSome: false, recipients: 0 }
      const over = { session, opened, tlsFailed, destination, ...began }
      const nothing = await this.#sendAll(over, target, passedOn)
      if (nothing === undefined) fruitless = 0
      else if (closesDown(nothing.failure) || ++fruitless === maxFruitless) {
        passedOn.push(...this.#unheard(target, resultForOthers(nothing.failure), nothing.lines))
      }
    }
    this.#letters = [...passedOn, ...this.#letters]
    return used
  }

  /** Leaves out a target that nothing may go to now: the letters wait for the next one. */
  leaveOut(target: RouteTarget, because: string): void {
    const result = { result: 'deferred', status: '4.7.5', because, outcome: undefined } as const
    this.#letters = this.#unheard(target, result, [])
  }

  /** What no target took. */
  get left(): readonly Attempt[] {
    return this.#letters.flatMap(({ before }) => before)
  }

  /** None of the letters that are left was heard: what is known of the host is known of each. */
  #unheard(
    { host, address: ip }: RouteTarget,
    result: AttemptResult,
    lines: readonly SessionLine[],
  ): readonly Letter[] {
    // A connection that we broke off ourselves says nothing of the host.
    if (this.#ended) return []
    const letters = this.#letters.flatMap((letter) => this.#begun(letter) ?? [])
    this.#letters = []
    const source = this.#source?.source
    return letters.flatMap((letter) => {
      const attempts = letter.items.map((item): Attempt => {
        return { item, host, ip, result, lines, refusedToTalk: true, source }
      })
      return letterAgain(letter, attempts) ?? []
    })
  }

  /**
   * Sends letters over one session until it takes no more, and ends it or leaves it to others; gives
   * why, when nothing came of it.
   */
  async #sendAll(
    over: Over,
    target: RouteTarget,
    passedOn: Letter[],
  ): Promise<Fruitless | undefined> {
    const end = await this.#sendOver(over, target, passedOn)
    if (end === 'others-have-it') return undefined
    over.session.quit()
    return end
  }

  async #sendOver(
    over: Over,
    target: RouteTarget,
    passedOn: Letter[],
  ): Promise<Fruitless | 'others-have-it' | undefined> {
    for (;;) {
      if (this.#ended || this.#pause !== undefined || !over.session.usable) return undefined
      if (this.#letters.length === 0 && (await this.#more(over)) === 'others-have-it') {
        return 'others-have-it'
      }
      const [next, ...others] = this.#letters
      // It may have ended while it was kept.
      if (next === undefined || this.#ended || !over.session.usable) return undefined
      const letter = this.#begun(next)
      if (letter === undefined) {
        this.#letters = others
        continue
      }
      const attempts = await this.#sender.send(over, letter, target)
      const outcomes = attempts.map(({ result }) => result.outcome)
      // The server ended the connection between two letters: this one goes over a new one.
      if (over.answered > 0 && outcomes.every(endedBefore)) return undefined
      if (outcomes.some(mayBeChunking)) this.#connector.avoidChunks(target.host)
      const { heard, again, elsewhere, parts, taken } = sorted(attempts, over)
      if (again.length > 0) {
        await this.#settling.settle(after(letter, heard))
        this.#letters = [...once(letter, again), ...others]
        return undefined
      }
      over.tookSome ||= taken > 0
      this.#letters = [...inParts(letter, parts, taken), ...others]
      const passed = letterAgain(letter, elsewhere)
      if (passed !== undefined) passedOn.push(passed)
      await this.#settling.settle(after(letter, heard))
      this.#pause ??= pauseIn(heard)
      const broken = outcomes.find((outcome) => outcome !== undefined && brokeOff(outcome))
      if (broken === undefined || broken.result === 'accepted') {
        over.answered++
        continue
      }
      const lines = attempts[0]?.lines ?? []
      return over.answered === 0 && outcomes.every(isBroken)
        ? { failure: broken, lines }
        : undefined
    }
  }

  /** Waits for further letters; meanwhile the connection is offered to others. */
  async #more(over: Over): Promise<'ours' | 'others-have-it'> {
    const parked = this.#sharing?.park(over)
    this.#letters = lettersOf(await this.#batch.more())
    if (parked === undefined) return 'ours'
    if (this.#letters.length > 0 || this.#ended) {
      return parked.takeBack() ? 'ours' : 'others-have-it'
    }
    parked.leave()
    return 'others-have-it'
  }

  /** The letter for those of its items that were not withdrawn. */
  #begun({ items, before }: Letter): Letter | undefined {
    const [first, ...more] = items.filter(({ id }) => this.#batch.begin(id))
    return first === undefined ? undefined : { items: [first, ...more], before }
  }
}
