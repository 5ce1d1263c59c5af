import { parseIp } from '../base/ip.ts'
import { parseMoment } from '../base/moment.ts'
import { bad, ok, type Result } from '../base/result.ts'
import { type DnsOverride, parseDnsOverride } from '../dns/dns-override.ts'
import type { DecisionRules } from '../inspect/rules.ts'

/** What to change before a journey is decided again; nothing of it is written back. */
export interface ReplayOverrides {
  readonly dns: readonly DnsOverride[]
  /** Address of the client. */
  readonly ip?: string
  readonly helo?: string
  readonly mailFrom?: string
  /** The value of From: one field, in place of those that are there. */
  readonly from?: string
  /** Unix seconds. */
  readonly now?: number
  /** Rules of another configuration. */
  readonly rules?: DecisionRules
  /** One letter of the body is another. */
  readonly body?: 'one-letter'
}

/** Whether anything is changed at all. */
export function changesSomething({ dns, ...others }: ReplayOverrides): boolean {
  return dns.length > 0 || Object.keys(others).length > 0
}

/** How many DNS answers may be said at once, and how long each text may be. */
const maxAnswers = 200
const maxText = 10_000

type Json = Readonly<Record<string, unknown>>

/**
 * Reads overrides as JSON has them: `ip`, `helo`, `mail_from`, `from`, `at` (a time or Unix seconds),
 * `body: "one-letter"`, `config` (the text of a waybill.toml), and `dns`, a list of `"NAME TYPE VALUE"`
 * or `{name, type, value}`, where a `value` of `null` takes the record away.
 *
 * @param rulesIn reads the rules of a configuration
 */
export function readOverrides(
  json: unknown,
  rulesIn: (toml: string) => Result<DecisionRules>,
): Result<ReplayOverrides> {
  if (json === undefined || json === null) return ok({ dns: [] })
  if (!isObject(json)) return bad('overrides: is an object')
  const stranger = Object.keys(json).find((name) => !names.includes(name))
  if (stranger !== undefined) {
    return bad(`overrides: "${stranger.slice(0, 60)}" is none of ${names.join(', ')}`)
  }
  const dns = readAnswers(json['dns'])
  if (!dns.ok) return dns
  let overrides: ReplayOverrides = { dns: dns.value }
  for (const [name, value] of Object.entries(json)) {
    if (name === 'dns' || value === null) continue
    const read = readOne(name, value, rulesIn)
    if (!read.ok) return bad(`${name}: ${read.problem}`)
    overrides = { ...overrides, ...read.value }
  }
  return ok(overrides)
}

const names: readonly string[] = 'ip helo mail_from from dns at config body'.split(' ')

function readOne(
  name: string,
  value: unknown,
  rulesIn: (toml: string) => Result<DecisionRules>,
): Result<Partial<ReplayOverrides>> {
  if (name === 'at' && typeof value === 'number') return readAt(String(value))
  if (typeof value !== 'string') return bad('is a text')
  if (name === 'config') {
    const rules = rulesIn(value)
    return rules.ok ? ok({ rules: rules.value }) : rules
  }
  if (value.length > maxText) return bad(`is longer than ${maxText} characters`)
  switch (name) {
    case 'ip':
      return parseIp(value) === undefined ? bad('is not an IP address') : ok({ ip: value })
    case 'helo':
      return oneLine(value) ? ok({ helo: value }) : bad(severalLines)
    case 'mail_from':
      return oneLine(value) ? ok({ mailFrom: withoutBrackets(value) }) : bad(severalLines)
    case 'from':
      return readFrom(value)
    case 'at':
      return readAt(value)
    default:
      return value === 'one-letter' ? ok({ body: value }) : bad('can only be "one-letter"')
  }
}

/** A new value of From: one line, and something in it. */
export function readFrom(value: string): Result<{ readonly from: string }> {
  if (value.trim() === '') return bad('is empty')
  return oneLine(value) ? ok({ from: value.trim() }) : bad(severalLines)
}

const severalLines = 'is more than one line'

function oneLine(value: string): boolean {
  return !/[\r\n\0]/.test(value)
}

function withoutBrackets(path: string): string {
  return path.startsWith('<') && path.endsWith('>') ? path.slice(1, -1) : path
}

function readAt(text: string): Result<{ readonly now: number }> {
  const ms = /^\d{1,12}$/.test(text) ? Number(text) * 1000 : parseMoment(text)
  if (ms === undefined) return bad('is not a time such as 2026-09-01T12:00:00Z')
  return ok({ now: Math.floor(ms / 1000) })
}

function readAnswers(json: unknown): Result<readonly DnsOverride[]> {
  if (json === undefined || json === null) return ok([])
  if (!Array.isArray(json)) return bad('dns: is a list')
  if (json.length > maxAnswers) return bad(`dns: more than ${maxAnswers} answers`)
  const answers: DnsOverride[] = []
  for (const one of json) {
    const text = textOf(one)
    if (text === undefined) return bad(`dns: wants "NAME TYPE VALUE" or name, type and value`)
    if (text.length > maxText) return bad(`dns: an answer is longer than ${maxText} characters`)
    const read = parseDnsOverride(text)
    if (!read.ok) return bad(`dns: ${read.problem}`)
    answers.push(read.value)
  }
  return ok(answers)
}

function textOf(one: unknown): string | undefined {
  if (typeof one === 'string') return one
  if (!isObject(one)) return undefined
  const { name, type, value = null } = one
  if (typeof name !== 'string' || typeof type !== 'string') return undefined
  if (value !== null && typeof value !== 'string') return undefined
  return `${name} ${type} ${value ?? '-'}`
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
