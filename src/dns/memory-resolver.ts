import { WaybillError } from '../base/error.ts'
import { isQueryableName, maxAliases, normalizeName } from './resolver.ts'
import type { DnsAnswer, DnsFailure, DnssecState, RecordData, RecordType } from './resolver.ts'
import type { Resolver } from './resolver.ts'
import {
  type TableEntry,
  type TableName,
  type Zone,
  type ZoneFault,
  type ZoneTable,
  compileZone,
} from './zone-table.ts'

export interface MemoryResolverOptions {
  /** The TTL of every answer; 300 when not given. */
  readonly ttlSeconds?: number
  /**
   * What every answer says of DNSSEC; `insecure` when not given. By names: an answer is proved when
   * each name is that the question was led along.
   */
  readonly dnssec?: DnssecState | ((name: string) => DnssecState)
}

/**
 * A resolver without a network: it answers from a zone in memory, at once and always the same.
 *
 * A name that is absent does not exist, even when there are names below it; a type that is absent
 * has no data. Names compare without case. Aliases are followed, at most ten.
 *
 * @throws WaybillError `usage` when the zone has a value that cannot be read; who takes zones from
 * strangers calls `compileZone` first, whose result is taken here as well
 */
export class MemoryResolver implements Resolver {
  readonly #table: ZoneTable
  readonly #ttlSeconds: number
  readonly #dnssec: (name: string) => DnssecState

  constructor(zone: Zone | ZoneTable, options: MemoryResolverOptions = {}) {
    this.#table = tableOf(zone)
    this.#ttlSeconds = options.ttlSeconds ?? 300
    const { dnssec = 'insecure' } = options
    this.#dnssec = typeof dnssec === 'function' ? dnssec : () => dnssec
  }

  resolve<T extends RecordType>(name: string, type: T): Promise<DnsAnswer<RecordData[T]>> {
    return Promise.resolve(this.#answer(normalizeName(name), type))
  }

  #answer<T extends RecordType>(asked: string, type: T): DnsAnswer<RecordData[T]> {
    const aliases: string[] = []
    let name = asked
    for (;;) {
      if (!isQueryableName(name)) return this.#absent('noName', asked, aliases)
      const found = this.#table.get(name)
      if (found === undefined) return this.#absent('noName', asked, aliases)
      const entry = entryOf(found, type)
      if (entry?.type === 'error') return this.#fault(entry.error, asked, aliases)
      if (entry !== undefined && entry.records.length > 0) {
        return {
          type: 'found',
          records: entry.records,
          ttlSeconds: this.#ttlSeconds,
          dnssec: this.#along(asked, aliases),
          ...(aliases.length > 0 && { aliases }),
        }
      }
      const alias = type === 'CNAME' ? undefined : entryOf(found, 'CNAME')
      if (alias?.type === 'error') return this.#fault(alias.error, asked, aliases)
      const target = alias?.records[0]
      if (target === undefined) return this.#absent('noData', asked, aliases)
      // A circle comes to the limit too.
      if (aliases.length >= maxAliases) return { type: 'failed', reason: 'servfail' }
      aliases.push(target)
      name = target
    }
  }

  #along(asked: string, aliases: readonly string[]): DnssecState {
    const proved = [asked, ...aliases].every((name) => this.#dnssec(name) === 'secure')
    return proved ? 'secure' : 'insecure'
  }

  #absent<T>(type: 'noName' | 'noData', asked: string, aliases: readonly string[]): DnsAnswer<T> {
    const dnssec = this.#along(asked, aliases)
    const answer = { type, ttlSeconds: this.#ttlSeconds, dnssec }
    return aliases.length > 0 ? { ...answer, aliases } : answer
  }

  #fault<T>(fault: ZoneFault, asked: string, aliases: readonly string[]): DnsAnswer<T> {
    if (fault === 'NXDOMAIN') return this.#absent('noName', asked, aliases)
    return { type: 'failed', reason: failures[fault] }
  }
}

const failures: Readonly<Record<Exclude<ZoneFault, 'NXDOMAIN'>, DnsFailure>> = {
  SERVFAIL: 'servfail',
  REFUSED: 'refused',
  TIMEOUT: 'timeout',
}

function entryOf<T extends RecordType>(
  name: TableName,
  type: T,
): TableEntry<RecordData[T]> | undefined {
  return name.type === 'error' ? name : name.records[type]
}

function tableOf(zone: Zone | ZoneTable): ZoneTable {
  if (zone instanceof Map) return zone
  const read = compileZone(zone)
  if (read.ok) return read.value
  throw new WaybillError('usage', `This zone cannot be read: ${read.problem}`)
}
