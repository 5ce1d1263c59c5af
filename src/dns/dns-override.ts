import { encodeUtf8, octetString } from '../base/octets.ts'
import { bad, ok, type Result } from '../base/result.ts'
import { isQueryableName, normalizeName } from './resolver.ts'
import { type ZoneError, type ZoneTable, compileZone } from './zone-table.ts'

/** One thing that DNS is to say instead: "what if this record were there?" Plain JSON. */
export interface DnsOverride {
  readonly name: string
  /** A record type, or `*` when a fault is meant for whatever is asked. */
  readonly type: string
  /** Values as in a zone; an empty list is "no such record". */
  readonly values: readonly string[] | ZoneError
}

const faults = ['NXDOMAIN', 'SERVFAIL', 'REFUSED', 'TIMEOUT'] as const

/**
 * Reads `NAME TYPE VALUE`, as given on a command line:
 *
 *     _dmarc.north.example TXT "v=DMARC1; p=none"
 *     north.example A 192.0.2.1, 192.0.2.2
 *     north.example MX SERVFAIL
 *     north.example * NXDOMAIN
 *
 * VALUE is one or more values with commas between, or `NXDOMAIN`, `NODATA` (`-` says the same: the
 * record is taken away), `SERVFAIL`, `REFUSED` or `TIMEOUT`. TXT is taken whole when it is not in quotes; in quotes, strings side by side are one
 * record in pieces, and `\"`, `\\` and `\DDD` are read as in zone files (RFC 1035 §5.1). Text beyond
 * ASCII becomes UTF-8 octets.
 */
export function parseDnsOverride(text: string): Result<DnsOverride> {
  const match = /^(\S+)\s+(\S+)\s+(\S[^]*)$/.exec(text.trim())
  if (match === null) return bad(`"${text}" is not NAME TYPE VALUE`)
  const [, writtenName = '', writtenType = '', value = ''] = match
  const name = normalizeName(writtenName)
  if (!isQueryableName(name)) return bad(`"${writtenName}" is not a domain name`)
  const type = writtenType.toUpperCase()
  const values = readValues(type, value)
  if (!values.ok) return values
  const override: DnsOverride = { name, type, values: values.value }
  const checked = compileOverrides([override])
  return checked.ok ? ok(override) : checked
}

/** All overrides in one table; those of the same name and type are added up. */
export function compileOverrides(overrides: readonly DnsOverride[]): Result<ZoneTable> {
  const zone = new Map<string, Map<string, readonly string[] | ZoneError>>()
  const whole = new Map<string, ZoneError>()
  for (const { name, type, values } of overrides) {
    if (type === '*') {
      if (!('error' in values)) return bad(`${name} *: wants one of ${faults.join(', ')}`)
      whole.set(name, values)
      continue
    }
    const types = zone.get(name) ?? new Map<string, readonly string[] | ZoneError>()
    const before = types.get(type)
    const listed = before !== undefined && !('error' in before) && !('error' in values)
    types.set(type, listed ? [...before, ...values] : values)
    zone.set(name, types)
  }
  const named = [...zone].map(([name, types]) => [name, Object.fromEntries(types)] as const)
  return compileZone(Object.fromEntries([...named, ...whole]))
}

function readValues(type: string, value: string): Result<readonly string[] | ZoneError> {
  const word = value.trim()
  const fault = faults.find((one) => one === word)
  if (fault !== undefined) return ok({ error: fault })
  if (type === '*') return bad(`*: wants one of ${faults.join(', ')}`)
  if (word === 'NODATA' || word === '-') return ok([])
  if (type === 'TXT') return word.startsWith('"') ? readQuoted(word) : ok([octetsOfText(word)])
  return ok(word.split(',').map((one) => one.trim()))
}

/** `"piece" "piece", "another record"`. */
function readQuoted(text: string): Result<readonly string[]> {
  const quoted = /\s*"((?:[^"\\]|\\[^])*)"\s*/y
  const records: string[] = []
  let record = ''
  let at = 0
  for (;;) {
    quoted.lastIndex = at
    const piece = quoted.exec(text)
    if (piece === null) return bad(`a quote is missing or misplaced in ${text}`)
    record += unescaped(piece[1] ?? '')
    at += piece[0].length
    if (at < text.length && text[at] !== ',') continue
    records.push(record)
    record = ''
    if (at >= text.length) return ok(records)
    at++
  }
}

function unescaped(text: string): string {
  return text
    .split(/(\\\d{3}|\\[^])/)
    .map((part, i) => {
      if (i % 2 === 0) return octetsOfText(part)
      const code = Number(part.slice(1))
      return part.length === 4 && code < 256
        ? String.fromCharCode(code)
        : octetsOfText(part.slice(1))
    })
    .join('')
}

function octetsOfText(text: string): string {
  return octetString(encodeUtf8(text))
}
