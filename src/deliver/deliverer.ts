import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import { RecordingResolver } from '../dns/recording-resolver.ts'
import type { Resolver } from '../dns/resolver.ts'
import { JourneyBuilder } from '../journey/builder.ts'
import type { Batch, BatchOutcome, Pause } from '../post/batch.ts'
import { findRoute } from '../route/find-route.ts'
import type { Route, RouteTarget } from '../route/found-route.ts'
import type { NextHop } from '../route/next-hop.ts'
import { siteOf } from '../route/site.ts'
import { routeRules, type Self } from '../route/self.ts'
import type { TlsWish } from '../transport/demand.ts'
import type { Attempt, Messages } from './attempt.ts'
import type { Connector } from './connect.ts'
import type { Asked, Demands } from './demands.ts'
import { leftOut, nowhere } from './nowhere.ts'
import { pauseIn, pauseLine, sparing } from './pauses.ts'
import { rivalOf } from './race.ts'
import { Round } from './round.ts'
import type { RoundTools } from './round-tools.ts'
import { BeingSent, type SendingBatch, type SendingNow } from './being-sent.ts'
import type { IdleSessions } from './idle-sessions.ts'
import { openFirst, Sharing } from './sharing.ts'
import { BatchSources, type TakenSource } from './batch-sources.ts'
import type { SourceBook } from './source-book.ts'
import { SourceSparing } from './source-sparing.ts'
import type { Settlements } from './settlements.ts'
import { SettlingInTurn } from './settling.ts'
import { type NamedWays, type Way, wayTo } from './way.ts'
import type { SigningTools } from './what-goes.ts'
import { ByWish } from './wishes.ts'

export interface DelivererOptions {
  /** Our names and addresses: mail that would come back to them runs in a circle. */
  readonly self: Self
  readonly resolver: Resolver
  readonly connector: Connector
  readonly messages: Messages
  /** Who has the keys of what is signed again. Absent: nobody. */
  readonly directory?: SigningTools['directory']
  readonly settlements: Settlements
  /** Who decides what servers must prove. Absent: nothing, beside what their ways want. */
  readonly demands?: Demands | undefined
  readonly clock: Clock
  readonly log: Log
  /** Numbers in [0, 1). */
  readonly random: () => number
  /** The servers that the settings name. */
  readonly ways: NamedWays
  /** From which of our addresses mail goes. Absent: the system chooses. */
  readonly sources?: SourceBook | undefined
  /** Connections that may serve several destinations. Absent: each serves one. */
  readonly idle?: IdleSessions | undefined
}

/**
 * Delivers queue items of one destination: finds the way, goes through the targets in order, sends
 * each message once to all its recipients, and settles each letter as soon as its fate is known.
 */
export class Deliverer {
  readonly #options: DelivererOptions
  readonly #beingSent: BeingSent

  constructor(options: DelivererOptions) {
    this.#options = options
    this.#beingSent = new BeingSent(options.clock)
  }

  /** How far the item of that id has come, where it is being delivered now. */
  sending(queueId: string): SendingNow | undefined {
    return this.#beingSent.of(queueId)
  }

  /**
   * Never rejects for anything another server or DNS does, and always ends: every wait has a limit.
   * Items that were not begun when it was asked to end are not settled: the lease keeps them.
   */
  async deliver(given: Batch): Promise<BatchOutcome> {
    const { batch, sending, over } = this.#beingSent.follow(given)
    try {
      return await this.#deliver(batch, sending)
    } finally {
      over()
    }
  }

  async #deliver(batch: Batch, sending: SendingBatch): Promise<BatchOutcome> {
    const { clock, settlements, ways } = this.#options
    const { destination, items } = batch
    const log = new JourneyBuilder('', clock)
    const settling = new SettlingInTurn(settlements, batch, log)
    const named = ways.to(destination)
    const route = await this.#findRoute(destination, named?.hop, log)
    if (batch.ending.stage !== 'go-on') return { settlements: [], reachable: 'unknown' }
    if (route.type !== 'targets') {
      const ours = items.filter(({ id }) => batch.begin(id))
      const last = await settling.last(ours.map((item) => nowhere(item, route)))
      return { ...last, reachable: 'unknown' }
    }
    const way = wayTo(destination, ways)
    const site = siteOf(route, destination, way)
    if (!batch.arrive(site)) return { settlements: [], reachable: 'unknown' }
    return this.#goTo(route, way, { batch, settling, log, sending })
  }

  /** Goes through the targets with each part of the batch that asks the same of TLS. */
  async #goTo(
    route: FoundRoute,
    way: Way,
    { batch, settling, log, sending }: UnderWay,
  ): Promise<BatchOutcome> {
    const { clock, log: tell } = this.#options
    const from = this.#sourcesFor(route, batch)
    const parts = new ByWish(batch, from?.laneOf)
    const mark = log.mark()
    let left: readonly Attempt[] = []
    let pause: Pause | undefined
    let answered = false
    let silence: string | undefined
    for (let part = parts.next(); part !== undefined; part = parts.next()) {
      await settling.settle(left)
      left = []
      // What the part before this one met is told by its own letters.
      log.backTo(mark)
      log.again(part.met ?? [])
      const source = await from?.take(part, log)
      if (source?.type === 'wait') {
        const until = Math.min(source.until, clock.now() + lookAgainMs)
        const why = { ...source, until, endsExpired: true }
        await settling.putOff(part.items, why, part.met === undefined ? undefined : log)
        continue
      }
      const own = parts.batchOf(part, source?.letters, source?.join)
      const { wish } = part
      const others = source === undefined ? undefined : new SourceSparing(settling, source)
      const by = { wish, way, log, source, sending, settling: others ?? settling }
      const end = await this.#round(route, { ...by, batch: own })
      source?.giveBack(end.seen)
      const { told, spared } = sparing(others?.told(end.left) ?? end.left)
      left = told
      const elsewhere = others?.spared ?? []
      pause = end.pause ?? pauseIn([...told, ...elsewhere])
      answered ||= end.answered
      silence = end.silence ?? silence
      if (batch.ending.stage !== 'go-on') break
      if (pause === undefined) continue
      const waiting = [...end.untried, ...spared.map(({ item }) => item)]
      if (pause.of === 'source' && source !== undefined) {
        // It is about this address of ours: what is left is chosen for anew.
        source.refused(pause)
        const steps = others?.goOn({ parts, part }, { log, mark, now: clock.now() }) ?? []
        for (const step of steps) tell(pauseLine(step))
        parts.wait(waiting)
        pause = undefined
        continue
      }
      const { because, forMs } = pause
      waiting.push(...elsewhere.map(({ item }) => item))
      await settling.putOff([...waiting, ...parts.rest], { because, until: clock.now() + forMs })
      break
    }
    const last = { ...(await settling.last(left)), ...(pause === undefined ? {} : { pause }) }
    // What the queue wants to know for its other mail: one word from anybody there is enough.
    if (answered) return { ...last, reachable: 'yes' }
    if (silence === undefined) return { ...last, reachable: 'unknown' }
    return { ...last, reachable: 'no', problem: silence }
  }

  /** Who chooses sources for a batch: for mail that goes where DNS says. */
  #sourcesFor(route: FoundRoute, { destination }: Batch): BatchSources | undefined {
    const { sources } = this.#options
    if (sources === undefined || route.via === 'next-hop') return undefined
    return new BatchSources(sources, { destination, site: siteOf(route, destination), route })
  }

  async #round(
    route: FoundRoute,
    { batch, wish, way, settling, log, source, sending }: Part,
  ): Promise<RoundEnd> {
    const { connector, messages, demands, idle, clock, log: tell } = this.#options
    const { destination } = batch
    const judgement = await demands?.of(route, { destination, way, wish }, log)
    const transport = judgement?.transport
    if (transport?.result === 'temporary' || transport?.result === 'permanent') {
      if (batch.ending.stage !== 'go-on') return nobodyAsked
      const ours = batch.items.filter(({ id }) => batch.begin(id))
      return { ...nobodyAsked, left: ours.map((item) => leftOut(item, transport)) }
    }
    const from = source?.chosen
    const whom = { destination, site: siteOf(route, destination, way), way, source: from }
    const sharing = idle && new Sharing({ idle, connector, clock }, whom)
    const letters = { messages, signing: this.#options, source: from, sending }
    const tools = { connector, settling, way, log, tell, sharing, ...letters }
    const round = new Round(tools, batch)
    const askedOf = ({ host, address }: RouteTarget): Asked | string => {
      return judgement?.of(host, address) ?? { requireTls: wish === 'required' }
    }
    const open = route.targets.filter(({ address }) => source?.reaches(address) !== false)
    let [target, ...others] = openFirst(open, (one) => {
      const asked = askedOf(one)
      return typeof asked === 'object' && sharing?.has(one, asked) === true
    })
    while (target !== undefined && !round.done) {
      const asked = askedOf(target)
      const rival = rivalOf(target, others)
      const ofRival = rival === undefined ? undefined : askedOf(rival)
      let used: readonly RouteTarget[] = [target]
      const skipped = typeof asked === 'string'
      if (skipped) round.leaveOut(target, asked)
      else if (rival === undefined || typeof ofRival !== 'object') {
        used = await round.visit(target, asked)
      } else {
        const { heard } = ofRival
        const raced = { target: rival, ...(heard === undefined ? {} : { heard }) }
        used = await round.visit(target, { ...asked, rival: raced })
      }
      const waiting: readonly RouteTarget[] = [target, ...others].filter(
        // An address that was tried is the same server under another name, too. One that nothing may
        // go to by this name may be let have it by another (RFC 8461 §5.1).
        (one) => !used.some((gone) => gone === one || (!skipped && gone.address === one.address)),
      )
      ;[target, ...others] = waiting
    }
    return round
  }

  async #findRoute(
    destination: string,
    hop: NextHop | undefined,
    log: JourneyBuilder,
  ): Promise<Route> {
    const { resolver, clock, random } = this.#options
    const recorder = new RecordingResolver(resolver, clock)
    const begin = log.begin()
    const seed = Math.floor(random() * 4_294_967_296)
    // As it is now: interfaces come and go.
    const self = { ...this.#options.self }
    const its = hop === undefined ? {} : { hop }
    const facts = { destination, seed, self, ...its, rules: routeRules }
    const route = await findRoute(facts, recorder)
    log.step({ type: 'route', ...facts, route }, begin, recorder.answers)
    return route
  }
}

/** Letters that wait for a source are looked at so often, as `Departures` does. */
const lookAgainMs = 60 * 60_000

type FoundRoute = Route & { readonly type: 'targets' }

/** What a batch is delivered with. */
interface UnderWay {
  readonly batch: Batch
  readonly settling: SettlingInTurn
  readonly log: JourneyBuilder
  /** Told where the letters are. */
  readonly sending: SendingBatch
}

interface Part extends Omit<UnderWay, 'settling'>, Pick<RoundTools, 'settling'> {
  readonly wish: TlsWish
  readonly way: Way
  readonly source: TakenSource | undefined
}

/** What is left when all targets were visited. */
type RoundEnd = Pick<Round, 'left' | 'untried' | 'seen' | 'pause' | 'answered' | 'silence'>

const nobodyAsked: RoundEnd = {
  left: [],
  untried: [],
  seen: 0,
  pause: undefined,
  answered: false,
  silence: undefined,
}
