import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { Settings } from '../config/settings.ts'
import { CachingResolver } from '../dns/caching-resolver.ts'
import type { DnsAnswer, RecordData, RecordType, Resolver } from '../dns/resolver.ts'
import { zoneOfName } from '../inspect/public-suffixes.ts'
import { systemClock } from '../io/clock.ts'
import { type ResolvConf, readResolvConf } from '../io/resolv-conf.ts'
import type { StubOptions } from '../io/stub-options.ts'
import { StubResolver } from '../io/stub-resolver.ts'

/** The resolver of the settings, with its cache. */
export async function openResolver({ dns }: Settings, log: Log): Promise<OpenResolver> {
  const clock = systemClock
  const open = (conf: ResolvConf): OpenResolver => {
    return new StubResolver({ ...stubOptions(dns, conf), clock, zoneOf: zoneOfName, log })
  }
  const conf = await readResolvConf()
  const stub =
    dns.servers.length > 0
      ? open(conf)
      : new FollowingResolver(conf, { read: readResolvConf, open, clock, log })
  const cache = new CachingResolver(stub, { now: () => systemClock.monotonicMs() })
  return {
    resolve: (name, type, client) => cache.resolve(name, type, client),
    close: () => stub.close(),
  }
}

/** What the settings say goes before what `resolv.conf` says. */
export function stubOptions(
  dns: Settings['dns'],
  conf: ResolvConf,
): Omit<StubOptions, 'clock' | 'zoneOf' | 'log'> {
  const named = dns.servers.map((text) => {
    const match = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d+))?$/.exec(text)
    return { address: match?.[1] ?? match?.[2] ?? text, port: Number(match?.[3] ?? 53) }
  })
  const common = {
    timeoutMs: dns.timeout_ms,
    ...(conf.attempts === undefined ? {} : { attempts: conf.attempts }),
    maxInFlight: dns.questions,
    maxPerClient: dns.questions_per_address,
  }
  if (named.length > 0) return { ...common, servers: named, trustAd: dns.trust_ad }
  const { servers, trustAd } = conf
  return { ...common, servers, ...trustOf(trustAd), ...(dns.trust_ad ? { trustAd: true } : {}) }
}

/**
 * As the C library does: with `options trust-ad` the AD bit of every server of the file is believed,
 * wherever it stands; who writes that line answers for the way there (resolv.conf(5)).
 */
export function trustOf(trustAd: boolean): Pick<StubOptions, 'trustAd' | 'trustAdFrom'> {
  return trustAd ? { trustAd: true, trustAdFrom: 'anywhere' } : { trustAd: false }
}

/** A resolver that must be closed: what is asked then, or later, is `failed`, `no-resolver`. */
export interface OpenResolver extends Resolver {
  close(): void
}

/** How soon the configuration is read again after the last time, while no resolver answers. */
const readAgainMs = 5000

/**
 * The resolvers of this machine as its configuration names them now. When none of them answers, the
 * configuration is read again, as the C library does: a machine that was given other resolvers (by
 * DHCP, by a container that came back) must not put all mail off until somebody starts us anew.
 *
 * One that still answers is asked on, whatever the configuration says meanwhile.
 */
export class FollowingResolver implements OpenResolver {
  readonly #read: () => Promise<ResolvConf>
  readonly #open: (conf: ResolvConf) => OpenResolver
  readonly #clock: Clock
  readonly #log: Log
  #conf: ResolvConf
  #current: OpenResolver
  #readAtMs: number
  #reading: Promise<void> | undefined
  #closed = false

  /** @param parts.read rejects when the configuration cannot be read; then all stays as it is */
  constructor(
    conf: ResolvConf,
    parts: {
      readonly read: () => Promise<ResolvConf>
      readonly open: (conf: ResolvConf) => OpenResolver
      readonly clock: Clock
      readonly log: Log
    },
  ) {
    this.#read = parts.read
    this.#open = parts.open
    this.#clock = parts.clock
    this.#log = parts.log
    this.#conf = conf
    this.#current = parts.open(conf)
    this.#readAtMs = this.#clock.monotonicMs()
  }

  async resolve<T extends RecordType>(
    name: string,
    type: T,
    client?: string,
  ): Promise<DnsAnswer<RecordData[T]>> {
    const asked = this.#current
    const answer = await asked.resolve(name, type, client)
    if (answer.type !== 'failed' || answer.reason !== 'no-resolver') return answer
    if (asked === this.#current) await this.#readAgain()
    // Others were named meanwhile, by this question or by another one.
    return asked === this.#current ? answer : this.#current.resolve(name, type, client)
  }

  close(): void {
    this.#closed = true
    this.#current.close()
  }

  /** Reads the configuration once, however many want to know. */
  #readAgain(): Promise<void> {
    if (this.#reading === undefined) {
      const now = this.#clock.monotonicMs()
      if (this.#closed || now - this.#readAtMs < readAgainMs) return Promise.resolve()
      this.#readAtMs = now
      this.#reading = this.#follow().finally(() => {
        this.#reading = undefined
      })
    }
    return this.#reading
  }

  async #follow(): Promise<void> {
    const conf = await this.#read().catch(() => this.#conf)
    if (this.#closed || sameText(conf, this.#conf)) return
    this.#conf = conf
    const before = this.#current
    this.#current = this.#open(conf)
    before.close()
    const servers = conf.servers.map(({ address }) => address)
    this.#log({ level: 'info', event: 'reloaded', fields: { changed: ['resolv.conf'], servers } })
  }
}

function sameText(a: ResolvConf, b: ResolvConf): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}
