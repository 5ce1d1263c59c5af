import type { Log } from '../base/log.ts'
import type { Settings } from '../config/settings.ts'
import { CachingResolver } from '../dns/caching-resolver.ts'
import { zoneOfName } from '../inspect/public-suffixes.ts'
import { systemClock } from '../io/clock.ts'
import { readResolvConf, type ResolvConf } from '../io/resolv-conf.ts'
import { StubResolver } from '../io/stub-resolver.ts'
import type { StubOptions } from '../io/stub-options.ts'
import { FollowingResolver, type OpenResolver } from './following-resolver.ts'

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
