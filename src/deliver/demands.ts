import type { Clock } from '../base/clock.ts'
import { RecordingResolver } from '../dns/recording-resolver.ts'
import type { Resolver } from '../dns/resolver.ts'
import type { JourneyBuilder } from '../journey/builder.ts'
import type { StsFinding, StsPolicies } from '../mta-sts/finding.ts'
import type { TlsLedger } from '../report/tls-fact.ts'
import type { Route } from '../route/found-route.ts'
import { serverName } from '../route/site.ts'
import type { HostDemand, TlsWish, Transport } from '../transport/demand.ts'
import {
  decideTransport,
  type TransportFacts,
  type TransportRules,
} from '../transport/transport.ts'
import type { ConnectInput } from './connect.ts'
import { factsOf, policyFacts, skipFacts } from './tls-facts-told.ts'
import type { TlsMemory } from './tls-memory.ts'
import type { Way } from './way.ts'

/** What decides what servers must prove, and who hears what they proved. */
export interface DemandsOptions {
  /** What the settings ask of a destination. Asked before each batch, so that it may change. */
  readonly rules: (destination: string) => TransportRules
  /** What is remembered of TLS at hosts. Absent: nothing. */
  readonly memory?: TlsMemory | undefined
  /** Who knows what domains ask of TLS. Absent: nobody is asked. */
  readonly sts?: StsPolicies | undefined
  /** Who is told how TLS fared in each session. Absent: nobody. */
  readonly ledger?: TlsLedger | undefined
  readonly resolver: Resolver
  readonly clock: Clock
}

/** What a route is judged for. */
export interface Judged {
  readonly destination: string
  readonly way: Way
  readonly wish: TlsWish
}

/** What is asked of one host when it is connected to. */
export type Asked = Pick<ConnectInput, 'demand' | 'requireTls' | 'before' | 'heard' | 'rival'>

/** Finds what the servers of a route must prove, writes it down, and tells what they proved. */
export class Demands {
  readonly #options: DemandsOptions

  constructor(options: DemandsOptions) {
    this.#options = options
  }

  /** Decides over a route and adds the step. Never rejects. */
  async of(
    route: Route & { readonly type: 'targets' },
    judged: Judged,
    log: JourneyBuilder,
  ): Promise<Judgement> {
    const { resolver, clock } = this.#options
    const { destination } = judged
    const recorder = new RecordingResolver(resolver, clock)
    const begin = log.begin()
    const facts = await this.#facts(route, judged, recorder)
    const transport = await decideTransport(route, facts, recorder)
    log.step({ type: 'transport', destination, facts, transport }, begin, recorder.answers)
    const { ledger, memory } = this.#options
    // What waives TLS was held to nothing. Reports themselves do: one must not be the cause of the next.
    const tell = { memory, ledger: judged.wish === 'waived' ? undefined : ledger }
    const judgement = new Judgement(transport, { ...judged, sts: facts.sts }, tell)
    judgement.tellBefore()
    return judgement
  }

  async #facts(
    route: Route & { readonly type: 'targets' },
    { destination, way, wish }: Judged,
    recorder: RecordingResolver,
  ): Promise<TransportFacts> {
    const { memory } = this.#options
    const rules = withWay(this.#options.rules(destination), way)
    const hosts = Array.from(new Set(route.targets.map(({ host }) => host)))
    const byMx = route.via === 'mx' || route.via === 'implicit-mx'
    const [sts, known] = await Promise.all([
      byMx && rules.mtaSts && wish !== 'waived' ? this.#policyOf(destination, recorder) : noPolicy,
      knownOf(memory, hosts, way),
    ])
    return { port: way.port, rules, wish, sts, known }
  }

  async #policyOf(destination: string, recorder: RecordingResolver): Promise<StsFinding> {
    return (await this.#options.sts?.of(destination, recorder)) ?? noPolicy
  }
}

/** What is remembered of hosts, where several programs of one host are told apart. */
async function knownOf(
  memory: TlsMemory | undefined,
  hosts: readonly string[],
  way: Way,
): Promise<TransportFacts['known']> {
  if (memory === undefined) return []
  const names = new Map(hosts.map((host) => [serverName(host, way), host]))
  const known = await memory.of(Array.from(names.keys()))
  return known.map((one) => ({ ...one, host: names.get(one.host) ?? one.host }))
}

const noPolicy: StsFinding = { type: 'none' }

/** What the settings say of the server itself counts as well; where they want no TLS, DANE is not asked. */
function withWay(rules: TransportRules, { need, tls }: Way): TransportRules {
  if (tls === 'none' && need === 'opportunistic')
    return { ...rules, dane: false, least: 'opportunistic' }
  if (need === 'opportunistic' || rules.least === 'verified') return rules
  return { ...rules, least: need === 'verified' ? 'verified' : 'encrypted' }
}

/** What the servers of one route must prove. */
class Judgement {
  readonly transport: Transport
  readonly #judged: Judged & { readonly sts: StsFinding }
  readonly #tell: Pick<DemandsOptions, 'ledger' | 'memory'>

  constructor(
    transport: Transport,
    judged: Judged & { readonly sts: StsFinding },
    tell: Pick<DemandsOptions, 'ledger' | 'memory'>,
  ) {
    this.transport = transport
    this.#judged = judged
    this.#tell = tell
  }

  /** What a host must prove; a sentence where it must not be connected to at all. */
  of(host: string, ip: string): Asked | string {
    const found = this.#hosts.find((one) => one.host === host)
    if (found === undefined) throw new Error(`Judgement: ${host} is not of this route`)
    const { demand, before } = found
    if (demand.type === 'skip') return demand.because
    const { wish, way } = this.#judged
    const heard: Asked['heard'] = (outcome, from) => {
      for (const fact of factsOf(outcome, { host: found, ip, from, ...this.#judged })) {
        this.#tell.ledger?.note(fact)
      }
      if (outcome.type !== 'tls' || outcome.proof.result !== 'holds') return
      this.#tell.memory?.note(serverName(host, way), outcome.proof.strength)
    }
    return { demand, requireTls: wish === 'required', before, heard }
  }

  /**
   * Tells of a policy that could not be had, and of the hosts that nothing may go to; once, and not for
   * each address.
   */
  tellBefore(): void {
    for (const fact of policyFacts(this.#judged)) this.#tell.ledger?.note(fact)
    for (const host of this.#hosts) {
      for (const fact of skipFacts(host, this.#judged)) this.#tell.ledger?.note(fact)
    }
  }

  get #hosts(): readonly HostDemand[] {
    return this.transport.result === 'no-route' ? [] : this.transport.hosts
  }
}
