import type { Clock } from '../base/clock.ts'
import type { Dialled, Dialer } from '../io/dialer.ts'
import type { Begin, JourneyBuilder } from '../journey/builder.ts'
import type { RouteTarget } from '../route/found-route.ts'
import type { ChosenSource } from '../source/choose-source.ts'
import { addressOf } from '../source/source.ts'

/**
 * So long the first address is waited for alone. RFC 8305 §5 has 250 ms for browsers and 2 s at most;
 * nobody waits for a letter, and a connection that loses stands in the log of the other server.
 */
export const headStartMs = 500

/** How long a family is tried first that has won. RFC 8305 §4 says about 10 minutes. */
const rememberedForMs = 10 * 60_000
const mostRemembered = 1000

/** How dialling one host came out. */
export interface Raced {
  readonly dialled: Dialled
  /** The address that was connected, or else the one that was dialled first. */
  readonly reached: RouteTarget
  /** Those that are through: `reached`, and what failed beside it. */
  readonly used: readonly RouteTarget[]
}

/**
 * Dials a host, and its address of the other family as well where the first one is silent: the first
 * connection wins, and the other is dropped before a word is said over it. An address that fails within
 * its head start ends the race: the next one is another attempt. Both dials are told, in the order of
 * their ends.
 */
export class Racer {
  readonly #dialer: Dialer
  readonly #clock: Clock
  /** Host names, with the family that won there. The one that won first is the first. */
  readonly #won = new Map<string, { readonly family: RouteTarget['family']; until: number }>()

  constructor(dialer: Dialer, clock: Clock) {
    this.#dialer = dialer
    this.#clock = clock
  }

  /** @param targets one address of a host, and maybe one of its other family */
  async dial(
    targets: readonly [RouteTarget, RouteTarget | undefined],
    how: How,
    log: JourneyBuilder,
  ): Promise<Raced> {
    const [first, second] = this.#inOrder(targets)
    const leader = this.#run(first, how, log)
    if (second === undefined) return this.#end(leader, log, [])
    const early = await this.#within(leader.end)
    if (early === 'ended') {
      const raced = await this.#end(leader, log, [])
      if (raced.dialled.type === 'failed') this.#won.delete(first.host)
      return raced
    }
    const follower = this.#run(second, how, log)
    const ahead = await Promise.race([leader.end, follower.end])
    const [winner, other] = ahead === leader ? [leader, follower] : [follower, leader]
    if ((await winner.dialled).type === 'connected') this.#drop(other, winner.target, log)
    const sooner = await this.#end(winner, log, [])
    if (sooner.dialled.type === 'failed') {
      const later = await this.#end(other, log, [winner.target])
      if (later.dialled.type === 'connected') this.#remember(other.target)
      // Of two that fail the first one is told: it is the one that the route has first.
      return later.dialled.type === 'connected' || winner === follower
        ? later
        : { ...sooner, used: later.used }
    }
    this.#remember(winner.target)
    return sooner
  }

  #run(target: RouteTarget, { port, timeoutMs, source }: How, log: JourneyBuilder): Runner {
    const { address: ip } = target
    const begin = log.begin()
    const place = this.#dialer.realPlace({ ip, port })
    const from = source === undefined ? undefined : addressOf(source, ip.includes(':') ? 6 : 4)
    const local = from === undefined ? {} : { localAddress: from }
    const dialled = this.#dialer.dial({ ip, port, timeoutMs, ...local })
    const said = from === undefined ? {} : { from }
    const told = { type: 'dial', host: target.host, ip, port, place, ...said } as const
    const runner: Runner = {
      target,
      told,
      begin,
      dialled,
      end: dialled.then(() => runner),
    }
    return runner
  }

  async #end(
    { target, told, dialled: dialling, begin }: Runner,
    log: JourneyBuilder,
    failedBefore: readonly RouteTarget[],
  ): Promise<Raced> {
    const dialled = await dialling
    log.step({ ...told, problem: dialled.type === 'failed' ? dialled.text : undefined }, begin)
    return { dialled, reached: target, used: [...failedBefore, target] }
  }

  /** The one that lost: it may still connect, and then nothing is said over it. */
  #drop({ told, dialled, begin }: Runner, winner: RouteTarget, log: JourneyBuilder): void {
    const problem = `no answer before that of ${winner.address}`
    log.step({ ...told, problem }, begin)
    void dialled.then((late) => {
      if (late.type === 'connected') late.peer.destroy()
    })
  }

  #within(end: Promise<unknown>): Promise<'ended' | 'silent'> {
    return new Promise((resolve) => {
      const cancel = this.#clock.setTimer(headStartMs, () => resolve('silent'))
      void end.then(() => {
        cancel()
        resolve('ended')
      })
    })
  }

  #inOrder([first, second]: readonly [RouteTarget, RouteTarget | undefined]): readonly [
    RouteTarget,
    RouteTarget | undefined,
  ] {
    const known = this.#won.get(first.host)
    const turned = second !== undefined && known?.family === second.family
    return turned && known.until > this.#clock.now() ? [second, first] : [first, second]
  }

  #remember({ host, family }: RouteTarget): void {
    this.#won.delete(host)
    this.#won.set(host, { family, until: this.#clock.now() + rememberedForMs })
    const [oldest] = this.#won.keys()
    if (this.#won.size > mostRemembered && oldest !== undefined) this.#won.delete(oldest)
  }
}

interface How {
  readonly port: number
  readonly timeoutMs: number
  /** From which of our addresses. Absent: the system chooses. */
  readonly source?: ChosenSource | undefined
}

/** One address that is dialled. */
interface Runner {
  readonly target: RouteTarget
  readonly told: {
    readonly type: 'dial'
    readonly host: string
    readonly ip: string
    readonly port: number
    readonly place: string | undefined
    readonly from?: string
  }
  readonly begin: Begin
  readonly dialled: Promise<Dialled>
  readonly end: Promise<Runner>
}

/** The address to race with: the next one of the same host that is of the other family. */
export function rivalOf(
  { host, family }: RouteTarget,
  others: readonly RouteTarget[],
): RouteTarget | undefined {
  if (family === 'unix') return undefined
  return others.find((one) => one.host === host && one.family !== family)
}
