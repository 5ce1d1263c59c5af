import { formatIp, parseIp } from '../base/ip.ts'
import { isAscii } from '../base/octets.ts'
import { type Result, bad, ok } from '../base/result.ts'
import {
  type MxRecord,
  type RecordData,
  type RecordType,
  type TlsaRecord,
  normalizeName,
  recordTypes,
} from './resolver.ts'

/**
 * Zones as plain JSON: the shape used in tests, in `waybill verify`, and by the lab.
 *
 * name → type → values. A TXT value is a string (code points 0–255 are octets) or a list of strings,
 * which are one record in pieces. `{"error": …}` stands for a whole name or for one type. A name that
 * is absent does not exist; a type that is absent has no data.
 */
export type ZoneError = { readonly error: 'NXDOMAIN' | 'SERVFAIL' | 'REFUSED' | 'TIMEOUT' }

export interface ZoneName {
  readonly A?: readonly string[] | ZoneError
  readonly AAAA?: readonly string[] | ZoneError
  /** `'10 mail.example'`, preference and exchange; `'0 .'` is the null MX. */
  readonly MX?: readonly string[] | ZoneError
  readonly TXT?: readonly (string | readonly string[])[] | ZoneError
  readonly PTR?: readonly string[] | ZoneError
  readonly NS?: readonly string[] | ZoneError
  /** `'3 1 1 hex'`. */
  readonly TLSA?: readonly string[] | ZoneError
  /** The one name that this name is an alias of. */
  readonly CNAME?: string | readonly string[] | ZoneError
}

export type Zone = Readonly<Record<string, ZoneName | ZoneError>>

/** What stands at one name for one type: the records in their written order, or a fault. */
export type TableEntry<T> =
  | { readonly type: 'records'; readonly records: readonly T[] }
  | { readonly type: 'error'; readonly error: ZoneFault }

export type ZoneFault = ZoneError['error']

/** The records of a name by type. SOA is never there: whoever serves a zone makes its own. */
export type TableRecords = { readonly [T in RecordType]?: TableEntry<RecordData[T]> }

/** One name of a zone: its records by type, or a fault for whatever is asked. */
export type TableName =
  | { readonly type: 'name'; readonly records: TableRecords }
  | { readonly type: 'error'; readonly error: ZoneFault }

/** A zone that has been read and checked. Keys are names in the form of `normalizeName`. */
export type ZoneTable = ReadonlyMap<string, TableName>

/** Types that exist in DNS and that nobody here asks for: allowed in a zone, and not read. */
const unreadTypes: ReadonlySet<string> = new Set(
  'SPF SOA SRV CAA NAPTR DS DNSKEY RRSIG NSEC NSEC3 HINFO LOC SSHFP SVCB HTTPS URI'.split(' '),
)

const faults: readonly ZoneFault[] = ['NXDOMAIN', 'SERVFAIL', 'REFUSED', 'TIMEOUT']

/**
 * Reads a zone in the JSON shape of `Zone` and checks every value in it. The problem names the name,
 * the type and the value. Names that differ only in case or in a trailing dot are one name.
 */
export function compileZone(json: unknown): Result<ZoneTable> {
  if (!isObject(json)) return bad('a zone is an object of names')
  const table = new Map<string, TableName>()
  for (const [written, value] of Object.entries(json)) {
    const name = normalizeName(written)
    const read = readName(value)
    if (!read.ok) return bad(`${written}${read.problem}`)
    const merged = merge(table.get(name), read.value)
    if (merged === undefined) return bad(`${written}: the name is there twice`)
    table.set(name, merged)
  }
  return ok(table)
}

/** Two spellings of a name may each bring some of its types, but not the same one. */
function merge(before: TableName | undefined, now: TableName): TableName | undefined {
  if (before === undefined) return now
  if (before.type === 'error' || now.type === 'error') return undefined
  if (Object.keys(now.records).some((type) => type in before.records)) return undefined
  return { type: 'name', records: { ...before.records, ...now.records } }
}

function readName(value: unknown): Result<TableName> {
  if (!isObject(value)) return bad(': a name holds an object of types, or {"error": …}')
  if ('error' in value) {
    const fault = readFault(value)
    return fault.ok ? ok({ type: 'error', error: fault.value }) : bad(`: ${fault.problem}`)
  }
  const records: { [T in RecordType]?: TableEntry<RecordData[T]> } = {}
  for (const [type, values] of Object.entries(value)) {
    const problem = addType(records, type, values)
    if (problem !== undefined) return bad(` ${type}: ${problem}`)
  }
  return ok({ type: 'name', records })
}

function addType(
  records: { [T in RecordType]?: TableEntry<RecordData[T]> },
  type: string,
  values: unknown,
): string | undefined {
  switch (type) {
    case 'A':
      return keep(
        readEntry(values, (text) => readAddress(text, 4)),
        (entry) => (records.A = entry),
      )
    case 'AAAA':
      return keep(
        readEntry(values, (text) => readAddress(text, 6)),
        (e) => (records.AAAA = e),
      )
    case 'MX':
      return keep(readEntry(values, readMx), (entry) => (records.MX = entry))
    case 'TXT':
      return keep(readEntry(values, readTxt), (entry) => (records.TXT = entry))
    case 'PTR':
      return keep(readEntry(values, readTarget), (entry) => (records.PTR = entry))
    case 'NS':
      return keep(readEntry(values, readTarget), (entry) => (records.NS = entry))
    case 'TLSA':
      return keep(readEntry(values, readTlsa), (entry) => (records.TLSA = entry))
    case 'CNAME': {
      const entry = readEntry(typeof values === 'string' ? [values] : values, readTarget)
      if (!entry.ok || entry.value.type === 'error') return keep(entry, (e) => (records.CNAME = e))
      const targets = entry.value.records
      if (targets.length > 1) return 'a name is the alias of one other name'
      // An alias of nothing leads nowhere: the name is there and has no data.
      records.CNAME = { type: 'records', records: targets.filter((target) => target !== '') }
      return undefined
    }
    default:
      if (unreadTypes.has(type)) return undefined
      return `is not one of ${recordTypes.filter((known) => known !== 'SOA').join(', ')}`
  }
}

function keep<T>(
  read: Result<TableEntry<T>>,
  store: (entry: TableEntry<T>) => void,
): string | undefined {
  if (!read.ok) return read.problem
  store(read.value)
  return undefined
}

function readEntry<T>(
  values: unknown,
  read: (value: unknown) => T | undefined,
): Result<TableEntry<T>> {
  if (!Array.isArray(values)) {
    if (!isObject(values)) return bad('is a list of values, or {"error": …}')
    const fault = readFault(values)
    return fault.ok ? ok({ type: 'error', error: fault.value }) : fault
  }
  const records: T[] = []
  for (const value of values) {
    const record = read(value)
    if (record === undefined) return bad(`cannot read ${shown(value)}`)
    records.push(record)
  }
  return ok({ type: 'records', records })
}

function readFault(value: object): Result<ZoneFault> {
  const error: unknown = 'error' in value ? value.error : undefined
  const fault = faults.find((one) => one === error)
  if (fault !== undefined) return ok(fault)
  return bad(`"error" is one of ${faults.join(', ')}`)
}

function readAddress(value: unknown, family: 4 | 6): string | undefined {
  if (typeof value !== 'string') return undefined
  const ip = parseIp(value)
  return ip?.family === family ? formatIp(ip) : undefined
}

/** Names are written down as they are: what a name's owner publishes need not be a host name. */
function readTarget(value: unknown): string | undefined {
  if (typeof value !== 'string' || !isAscii(value)) return undefined
  return targetName(value)
}

function targetName(text: string): string {
  return text === '.' ? '' : normalizeName(text)
}

/** `10 mail.example`, or the two in a list; `0 .` is the null MX of RFC 7505. */
function readMx(value: unknown): MxRecord | undefined {
  const text = Array.isArray(value) && value.length === 2 ? value.join(' ') : value
  if (typeof text !== 'string' || !isAscii(text)) return undefined
  const match = /^(\d{1,5})(?: +(\S*))?$/.exec(text.trim())
  const preference = Number(match?.[1] ?? Number.NaN)
  if (!(preference <= 65535)) return undefined
  return { preference, exchange: targetName(match?.[2] ?? '') }
}

/** A string, or the character-strings of one record. Each code point is one octet. */
function readTxt(value: unknown): string | undefined {
  const pieces: readonly unknown[] = Array.isArray(value) ? value : [value]
  let text = ''
  for (const piece of pieces) {
    if (typeof piece !== 'string') return undefined
    for (let i = 0; i < piece.length; i++) if (piece.charCodeAt(i) > 255) return undefined
    text += piece
  }
  return text
}

/** `3 1 1 hex`; white space inside the hexadecimal part is allowed, as in zone files. */
function readTlsa(value: unknown): TlsaRecord | undefined {
  if (typeof value !== 'string') return undefined
  const match = /^(\d{1,3}) +(\d{1,3}) +(\d{1,3}) +([0-9a-fA-F ]+)$/.exec(value.trim())
  const [usage, selector, matchingType] = (match?.slice(1, 4) ?? []).map(Number)
  const data = match?.[4]?.replaceAll(' ', '').toLowerCase()
  if (usage === undefined || selector === undefined || matchingType === undefined) return undefined
  if (data === undefined || data.length % 2 !== 0) return undefined
  if (usage > 255 || selector > 255 || matchingType > 255) return undefined
  return { usage, selector, matchingType, data }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value)
  return text.length > 80 ? `${text.slice(0, 80)}…` : text
}
