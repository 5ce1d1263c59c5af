import { readFile } from 'node:fs/promises'
import type { Clock } from '../base/clock.ts'
import { codeOf, WaybillError } from '../base/error.ts'
import { CachingResolver } from '../dns/caching-resolver.ts'
import { MemoryResolver } from '../dns/memory-resolver.ts'
import type { DnsAnswer, RecordData, RecordType, Resolver } from '../dns/resolver.ts'
import { compileZone, type ZoneTable } from '../dns/zone-table.ts'
import { stubOptions, trustOf } from '../app/resolver.ts'
import type { Settings } from '../config/settings.ts'
import { systemClock } from '../io/clock.ts'
import type { DnsEndpoint } from '../io/stub-options.ts'
import { readResolvConf } from '../io/resolv-conf.ts'
import { StubResolver } from '../io/stub-resolver.ts'

/**
 * The resolver of a command: a zone from a file or a server, when one is named, else the one of the
 * settings, else this machine's own DNS.
 *
 * @param dns the table `[dns]` of the settings, where the command has some
 */
export async function commandResolver(
  zoneFile: string | undefined,
  server?: DnsEndpoint,
  dns?: Settings['dns'],
): Promise<Resolver> {
  if (zoneFile !== undefined) return new MemoryResolver(await readZone(zoneFile))
  return server === undefined ? new SystemResolver(dns) : serverResolver(server)
}

/** Asks this one server, and keeps its answers. */
export function serverResolver(server: DnsEndpoint): Resolver {
  const stub = new StubResolver({ servers: [server], clock: systemClock })
  return new CachingResolver(stub, { now: () => systemClock.monotonicMs() })
}

/**
 * Reads a zone in the JSON shape of `Zone`.
 *
 * @throws WaybillError `not-found`, or `usage` with the name, type and value that cannot be read
 */
export async function readZone(path: string): Promise<ZoneTable> {
  const text = await readTextFile(path)
  const zone = compileZone(parseZone(text, path))
  if (zone.ok) return zone.value
  throw new WaybillError('usage', `${path} is not a zone: ${zone.problem}.`, { hint: zoneHint })
}

const zoneHint = 'Example: {"north.example":{"TXT":["v=spf1 ip4:192.0.2.0/24 -all"]}}'

async function readTextFile(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    const why = codeOf(cause) === 'ENOENT' ? 'there is no such file' : 'it cannot be opened'
    throw new WaybillError('not-found', `Cannot read ${path}: ${why}.`, { cause })
  }
}

function parseZone(text: string, path: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause
    throw new WaybillError('usage', `${path} is not JSON: ${cause.message}.`, { hint: zoneHint })
  }
}

/**
 * Asks the servers of the settings, or else those of `/etc/resolv.conf`, and keeps their answers. The
 * file is read with the first question, so that who never asks needs neither file nor network.
 */
export class SystemResolver implements Resolver {
  readonly #dns: Settings['dns'] | undefined
  #opened: Promise<Resolver> | undefined

  /** @param dns what the settings say; absent: there are none */
  constructor(dns?: Settings['dns']) {
    this.#dns = dns
  }

  async resolve<T extends RecordType>(name: string, type: T): Promise<DnsAnswer<RecordData[T]>> {
    this.#opened ??= openSystemResolver(this.#dns)
    const resolver = await this.#opened
    return await resolver.resolve(name, type)
  }
}

async function openSystemResolver(dns: Settings['dns'] | undefined): Promise<Resolver> {
  const conf = await readResolvConf()
  const options = dns === undefined ? { ...conf, ...trustOf(conf.trustAd) } : stubOptions(dns, conf)
  const stub = new StubResolver({ ...options, clock: systemClock })
  return new CachingResolver(stub, { now: () => systemClock.monotonicMs() })
}

/**
 * Answers `failed`, `timeout` when the time of one evaluation is over (RFC 7208 §4.6.4: at least 20
 * seconds), however many questions it asks.
 */
export class DeadlineResolver implements Resolver {
  readonly #inner: Resolver
  readonly #clock: Clock
  readonly #deadlineMs: number

  constructor(inner: Resolver, clock: Clock, ms: number) {
    this.#inner = inner
    this.#clock = clock
    this.#deadlineMs = clock.monotonicMs() + ms
  }

  async resolve<T extends RecordType>(name: string, type: T): Promise<DnsAnswer<RecordData[T]>> {
    const leftMs = this.#deadlineMs - this.#clock.monotonicMs()
    if (leftMs <= 0) return late
    let cancel: (() => void) | undefined
    const lateAnswer = new Promise<typeof late>((resolve) => {
      cancel = this.#clock.setTimer(leftMs, () => resolve(late))
    })
    try {
      return await Promise.race([this.#inner.resolve(name, type), lateAnswer])
    } finally {
      cancel?.()
    }
  }
}

const late = { type: 'failed', reason: 'timeout' } as const
