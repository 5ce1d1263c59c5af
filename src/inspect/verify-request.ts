import { type ZoneTable, compileZone } from '../dns/zone-table.ts'
import { parseIp } from '../base/ip.ts'
import { bad, ok, type Result } from '../base/result.ts'
import type { DmarcInput } from '../dmarc/dmarc.ts'

/** What a caller calls its request; comes back with the answer. */
export type RequestId = string | number | boolean | null

/** The sender as the SMTP dialogue had it. */
export interface SenderFacts {
  /** Address of the client, as text. */
  readonly ip: string
  /** Empty when it is not known. */
  readonly helo: string
  /** The reverse-path without brackets; empty for `<>`. */
  readonly mailFrom: string
}

/** What is to be evaluated: a whole message, or SPF and DMARC over given facts. */
export type VerifySubject =
  | {
      readonly type: 'message'
      readonly octets: Uint8Array
      /** Absent when nothing is known of the connection: then SPF is not evaluated. */
      readonly sender: SenderFacts | undefined
    }
  | {
      readonly type: 'parts'
      readonly spf: SenderFacts | undefined
      readonly dmarc: DmarcInput | undefined
    }

/** One request of `waybill verify --jsonl`. `docs/verify.md` has the contract. */
export interface VerifyRequest {
  readonly id: RequestId
  readonly subject: VerifySubject
  /** The DNS of this request; absent when the real one is to be asked. */
  readonly zone: ZoneTable | undefined
  /** Unix seconds; absent when the clock tells. */
  readonly now: number | undefined
}

/** Why a request cannot be answered, with its id when that could be read. */
export interface RequestProblem {
  readonly id: RequestId
  readonly problem: string
}

/** Reads a request that has been parsed as JSON. Members that it does not know are ignored. */
export function readVerifyRequest(json: unknown): Result<VerifyRequest, RequestProblem> {
  if (!isObject(json)) return bad({ id: null, problem: 'a request is a JSON object' })
  const id = readId(json['id'])
  if (id === undefined) return bad({ id: null, problem: 'id: is a text or a number' })
  const wrong = (problem: string) => bad({ id, problem })
  const subject = readSubject(json)
  if (!subject.ok) return wrong(subject.problem)
  const { now = null, dns = null } = json
  if (now !== null && !isTime(now)) return wrong('now: is a number of seconds since 1970')
  const zone = dns === null ? ok(undefined) : compileZone(dns)
  if (!zone.ok) return wrong(`dns: ${zone.problem}`)
  return ok({
    id,
    subject: subject.value,
    zone: zone.value,
    now: now === null ? undefined : Math.floor(now),
  })
}

type Json = Readonly<Record<string, unknown>>

function readSubject(json: Json): Result<VerifySubject> {
  const { message = null, spf = null, dmarc = null } = json
  if (message !== null) {
    if (spf !== null || dmarc !== null) return bad('message: comes without spf and dmarc')
    const octets = typeof message === 'string' ? readBase64(message) : undefined
    if (octets === undefined) return bad('message: is not base64')
    const { ip = null } = json
    const sender = ip === null ? ok(undefined) : readSender(json)
    return sender.ok ? ok({ type: 'message', octets, sender: sender.value }) : sender
  }
  if (spf === null && dmarc === null) return bad('has none of message, spf and dmarc')
  const sender = spf === null ? ok(undefined) : within('spf', spf, readSender)
  if (!sender.ok) return sender
  const input = dmarc === null ? ok(undefined) : within('dmarc', dmarc, readDmarc)
  return input.ok ? ok({ type: 'parts', spf: sender.value, dmarc: input.value }) : input
}

function within<T>(name: string, value: unknown, read: (json: Json) => Result<T>): Result<T> {
  if (!isObject(value)) return bad(`${name}: is an object`)
  const result = read(value)
  return result.ok ? result : bad(`${name}.${result.problem}`)
}

function readSender(json: Json): Result<SenderFacts> {
  const { ip, helo = null, mailFrom = null } = json
  if (typeof ip !== 'string') return bad('ip: is an address, as text')
  if (parseIp(ip) === undefined)
    return bad(`ip: "${ip.slice(0, 60)}" is not an IPv4 or IPv6 address`)
  if (helo !== null && typeof helo !== 'string') return bad('helo: is a text')
  if (mailFrom !== null && typeof mailFrom !== 'string') return bad('mailFrom: is a text')
  return ok({ ip, helo: helo ?? '', mailFrom: withoutBrackets(mailFrom ?? '') })
}

/** `<joe@a.example>` as it stands in the dialogue. */
function withoutBrackets(path: string): string {
  return path.startsWith('<') && path.endsWith('>') ? path.slice(1, -1) : path
}

type Authenticated = DmarcInput['dkim'][number]

function readDmarc(json: Json): Result<DmarcInput> {
  const { from, spf = null, dkim = null } = json
  const values = typeof from === 'string' ? [from] : readTexts(from)
  if (values === undefined) return bad('from: is an address or a domain')
  const sender = spf === null ? ok(null) : readAuthenticated(spf, spfResults)
  if (!sender.ok) return bad(`spf${sender.problem}`)
  if (dkim !== null && !Array.isArray(dkim)) return bad('dkim: is a list')
  const signatures: Authenticated[] = []
  for (const one of dkim ?? []) {
    const signature = readAuthenticated(one, dkimResults)
    if (!signature.ok) return bad(`dkim${signature.problem}`)
    signatures.push(signature.value)
  }
  const [only = ''] = values
  const isDomain = values.length === 1 && !only.includes('@')
  return ok({
    from: isDomain ? { type: 'domain', domain: only.trim() } : { type: 'fields', values },
    spf: sender.value,
    dkim: signatures,
  })
}

/** RFC 8601 §2.7.2. A word that is none of these must not count as a fail, nor as anything. */
const spfResults: readonly string[] =
  'none neutral pass fail softfail policy temperror permerror'.split(' ')
/** RFC 8601 §2.7.1. */
const dkimResults: readonly string[] = 'none pass fail policy neutral temperror permerror'.split(
  ' ',
)

function readAuthenticated(json: unknown, results: readonly string[]): Result<Authenticated> {
  if (!isObject(json)) return bad(': is an object with result and domain')
  const { result, domain } = json
  if (typeof result !== 'string') return bad('.result: is a text')
  const known = result.toLowerCase()
  if (!results.includes(known)) {
    return bad(`.result: "${result.slice(0, 60)}" is not one of ${results.join(', ')}`)
  }
  // A signature that cannot be read has no domain in our own answers either.
  if (domain === null && known !== 'pass') return ok({ result: known, domain: '' })
  if (typeof domain !== 'string') return bad('.domain: is a text')
  return ok({ result: known, domain })
}

function readTexts(value: unknown): readonly string[] | undefined {
  if (!Array.isArray(value)) return undefined
  const texts = value.filter((one): one is string => typeof one === 'string')
  return texts.length === value.length ? texts : undefined
}

function readId(value: unknown): RequestId | undefined {
  switch (typeof value) {
    case 'undefined':
      return null
    case 'string':
    case 'number':
    case 'boolean':
      return value
    default:
      return value === null ? null : undefined
  }
}

/**
 * The octets. Padding may be missing, and line breaks may be there; any other character that is not
 * of the alphabet is an error, so that half a message is never taken for a whole one.
 */
function readBase64(text: string): Uint8Array | undefined {
  const digits = /[\t\n\r ]/.test(text) ? text.replace(/[\t\n\r ]+/g, '') : text
  const padding = digits.endsWith('==') ? 2 : digits.endsWith('=') ? 1 : 0
  const length = digits.length - padding
  if (length % 4 === 1) return undefined
  if (padding > 0 && (length + padding) % 4 !== 0) return undefined
  // Much faster than what base/ has, and silent about what it leaves out: the length tells.
  const octets = Buffer.from(digits, 'base64')
  return octets.length === Math.floor((length * 3) / 4) ? octets : undefined
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
