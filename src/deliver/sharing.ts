import type { Clock } from '../base/clock.ts'
import { tlsaDigest } from '../io/certificate-chain.ts'
import type { JourneyBuilder } from '../journey/builder.ts'
import type { RouteTarget } from '../route/found-route.ts'
import type { ChosenSource } from '../source/choose-source.ts'
import { mayReuse } from '../transport/reuse.ts'
import type { Connector } from './connect.ts'
import type { Asked } from './demands.ts'
import type { IdleSessions, Parked } from './idle-sessions.ts'
import type { Over } from './opened.ts'
import { noDemand, prove, stricter } from './proof.ts'
import { tellTls } from './tls-told.ts'
import type { Way } from './way.ts'

/** For whom connections are shared. */
export interface SharingFor {
  readonly destination: string
  readonly site: string
  readonly way: Way
  readonly source: ChosenSource | undefined
}

/** What one batch takes of connections that are open, and leaves of its own to others. */
export class Sharing {
  readonly #idle: IdleSessions
  readonly #connector: Connector
  readonly #clock: Clock
  readonly #for: SharingFor

  constructor(
    tools: {
      readonly idle: IdleSessions
      readonly connector: Connector
      readonly clock: Clock
    },
    whom: SharingFor,
  ) {
    this.#idle = tools.idle
    this.#connector = tools.connector
    this.#clock = tools.clock
    this.#for = whom
  }

  /** Offers a connection that has sent all; `undefined` where it cannot be shared. */
  park(over: Over): Parked | undefined {
    return this.#idle.park(over, this.#for.site)
  }

  /** A new connection is made: as many are open to the site as before. */
  makeRoom(): void {
    this.#idle.makeRoom(this.#for.site)
  }

  /** Whether a connection to this target is open that may be taken. */
  has(target: RouteTarget, asked: Asked): boolean {
    return this.#idle.has(this.#placeOf(target), (over) => this.#fits(over, target, asked))
  }

  /** Takes an open connection to a target, and tells since when it is open and what it has proved. */
  take(target: RouteTarget, asked: Asked, log: JourneyBuilder): Over | undefined {
    const place = this.#placeOf(target)
    const over = this.#idle.take(place, (one) => this.#fits(one, target, asked))
    if (over === undefined) return undefined
    const { host, address: ip } = target
    const { opened, recipients } = over
    const { channel } = opened.proof
    const begin = log.begin()
    log.step(
      {
        type: 'shared',
        host,
        ip,
        port: place.port,
        openedAt: opened.at,
        openedFor: over.destination === this.#for.destination ? 'the-same' : 'another',
        recipients,
        proved: channel.state,
        ...('names' in channel ? { names: channel.names } : {}),
        ...(place.from === null ? {} : { from: place.from }),
      },
      begin,
    )
    const demand = this.#demandOf(target, asked)
    const { wanted, proved, chain } = opened
    const again = proved && {
      ...proved,
      proof: prove(demand, { facts: proved.facts, chain: () => chain }, this.#clock.now()),
    }
    const input = { ...asked, log, demand }
    tellTls(host, over.session, { input, begin: log.begin(), wanted, proved: again })
    return over
  }

  #fits({ opened: { proof } }: Over, target: RouteTarget, asked: Asked): boolean {
    const wanted = {
      place: this.#placeOf(target),
      demand: this.#demandOf(target, asked),
      requireTls: asked.requireTls === true,
      withoutChunks: this.#connector.avoidsChunks(target.host, this.#for.way),
    }
    const tools = { now: this.#clock.now(), digest: tlsaDigest }
    return mayReuse(proof, wanted, tools).result === 'may'
  }

  #demandOf({ host }: RouteTarget, { demand = noDemand }: Asked): ReturnType<typeof stricter> {
    return stricter(demand, this.#for.way, host)
  }

  #placeOf(target: RouteTarget): ReturnType<Connector['placeOf']> {
    return this.#connector.placeOf(target, this.#for)
  }
}

/**
 * The targets, with one that is connected already before its equals. RFC 5321 §5.1 has those of the same
 * preference tried in any order, and a less preferred one never before the others.
 */
export function openFirst(
  targets: readonly RouteTarget[],
  isOpen: (target: RouteTarget) => boolean,
): readonly RouteTarget[] {
  const [first] = targets
  const open = targets.find((one) => one.preference === first?.preference && isOpen(one))
  return open === undefined ? targets : [open, ...targets.filter((one) => one !== open)]
}
