import { WaybillError } from '../base/error.ts'
import { maxAliases, normalizeName, recordTypes } from '../dns/resolver.ts'
import type { RecordData, RecordType } from '../dns/resolver.ts'
import {
  type TableEntry,
  type TableName,
  type Zone,
  type ZoneFault,
  type ZoneTable,
  compileZone,
} from '../dns/zone-table.ts'
import { rcodes, typeCodes } from './dns-message.ts'

export interface ZoneSettings {
  /** 300 when not given. */
  readonly ttlSeconds?: number
  /** How long "no such name" and "no such record" hold; 60 when not given. */
  readonly negativeTtlSeconds?: number
  /** Play a validating resolver: say of answers from this zone that DNSSEC proves them. */
  readonly authenticated?: boolean
}

/** A record to be written into an answer. */
export type ReplyRecord = {
  readonly [T in Exclude<RecordType, 'SOA'>]: {
    readonly type: T
    readonly name: string
    readonly ttlSeconds: number
    readonly data: RecordData[T]
  }
}[Exclude<RecordType, 'SOA'>]

/** What a zone says of itself in an answer that something is not there (RFC 2308 §3). */
export interface ReplySoa {
  readonly apex: string
  readonly serial: number
  readonly ttlSeconds: number
}

export type Reply =
  | {
      readonly type: 'reply'
      readonly rcode: number
      readonly answers: readonly ReplyRecord[]
      /** In the answer section when SOA was asked for, else in the authority section. */
      readonly soa?: { readonly at: 'answer' | 'authority'; readonly record: ReplySoa }
      readonly authoritative: boolean
      readonly authenticated: boolean
    }
  | { readonly type: 'silence' }

interface ServedZone {
  readonly apex: string
  readonly table: ZoneTable
  /** Every name with something at or below it, so that an empty name between is known to exist. */
  readonly existing: ReadonlySet<string>
  readonly settings: Required<ZoneSettings>
  readonly serial: number
}

/** The zones of an authoritative server, which may change while it runs. Socket-free. */
export class DnsZones {
  readonly #zones = new Map<string, ServedZone>()
  #serial = 0

  /**
   * Puts a zone in place, or another in its place.
   *
   * @param apex the name at its top; the empty string serves every name there is
   * @throws WaybillError `usage` for a value that cannot be read, or a name outside of `apex`
   */
  set(apex: string, zone: Zone, settings: ZoneSettings = {}): void {
    const top = normalizeName(apex)
    const read = compileZone(zone)
    if (!read.ok)
      throw new WaybillError('usage', `The zone "${top}" cannot be read: ${read.problem}`)
    const existing = new Set([top])
    for (const name of read.value.keys()) {
      if (!isBelow(name, top)) {
        throw new WaybillError('usage', `"${name}" is not in the zone "${top}"`)
      }
      for (let at = name; !existing.has(at); at = parentOf(at)) existing.add(at)
    }
    const { ttlSeconds = 300, negativeTtlSeconds = 60, authenticated = false } = settings
    this.#zones.set(top, {
      apex: top,
      table: read.value,
      existing,
      settings: { ttlSeconds, negativeTtlSeconds, authenticated },
      serial: ++this.#serial,
    })
  }

  remove(apex: string): void {
    this.#zones.delete(normalizeName(apex))
  }

  /** The answer of RFC 1034 §4.3.2, for a name in lower case and a type by its number. */
  answer(asked: string, typeCode: number): Reply {
    const type = recordTypes.find((one) => typeCodes[one] === typeCode)
    const answers: ReplyRecord[] = []
    let name = asked
    let authenticated = true
    for (;;) {
      const zone = this.#zoneOf(name)
      // An alias that leads away from here: whoever asked goes on from there.
      if (zone === undefined) return reply(answers.length > 0 ? 'noError' : 'refused', answers)
      authenticated &&= zone.settings.authenticated
      const found = zone.table.get(name)
      const alias = found === undefined ? undefined : entryOf(found, 'CNAME')
      const entry = found === undefined || type === undefined ? undefined : entryOf(found, type)
      if (entry?.type === 'error') return this.#fault(entry.error, zone, answers, authenticated)
      if (type === 'SOA' && name === zone.apex) {
        const soa = { at: 'answer', record: soaOf(zone) } as const
        return { ...reply('noError', answers), soa, authenticated }
      }
      if (entry !== undefined && entry.records.length > 0) {
        for (const data of entry.records) {
          const { ttlSeconds } = zone.settings
          // The data was taken from the entry of `type`.
          answers.push({ type, name, ttlSeconds, data } as ReplyRecord)
        }
        return { ...reply('noError', answers), authenticated }
      }
      if (alias?.type === 'error') return this.#fault(alias.error, zone, answers, authenticated)
      const target = alias?.records[0]
      if (target === undefined) {
        const rcode = zone.existing.has(name) ? 'noError' : 'nxDomain'
        const soa = { at: 'authority', record: soaOf(zone) } as const
        return { ...reply(rcode, answers), soa, authenticated }
      }
      answers.push({ type: 'CNAME', name, ttlSeconds: zone.settings.ttlSeconds, data: target })
      if (answers.length > maxAliases + 1) return reply('noError', answers)
      name = target
    }
  }

  #fault(
    fault: ZoneFault,
    zone: ServedZone,
    answers: readonly ReplyRecord[],
    authenticated: boolean,
  ): Reply {
    switch (fault) {
      case 'TIMEOUT':
        return { type: 'silence' }
      case 'SERVFAIL':
        return reply('servFail', [])
      case 'REFUSED':
        return reply('refused', [])
      case 'NXDOMAIN': {
        const soa = { at: 'authority', record: soaOf(zone) } as const
        return { ...reply('nxDomain', answers), soa, authenticated }
      }
    }
  }

  /** The zone with the longest apex that `name` lies in. */
  #zoneOf(name: string): ServedZone | undefined {
    for (let at = name; ; at = parentOf(at)) {
      const zone = this.#zones.get(at)
      if (zone !== undefined || at === '') return zone
    }
  }
}

function reply(
  rcode: keyof typeof rcodes,
  answers: readonly ReplyRecord[],
): Extract<Reply, { type: 'reply' }> {
  const authoritative = rcode === 'noError' || rcode === 'nxDomain'
  return { type: 'reply', rcode: rcodes[rcode], answers, authoritative, authenticated: false }
}

function soaOf(zone: ServedZone): ReplySoa {
  const ttlSeconds = zone.settings.negativeTtlSeconds
  return { apex: zone.apex, serial: zone.serial, ttlSeconds }
}

function entryOf<T extends RecordType>(
  name: TableName,
  type: T,
): TableEntry<RecordData[T]> | undefined {
  return name.type === 'error' ? name : name.records[type]
}

function parentOf(name: string): string {
  const dot = name.indexOf('.')
  return dot < 0 ? '' : name.slice(dot + 1)
}

function isBelow(name: string, apex: string): boolean {
  return apex === '' || name === apex || name.endsWith(`.${apex}`)
}
