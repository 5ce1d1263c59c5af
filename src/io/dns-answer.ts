import {
  type DnsAnswer,
  type DnsFailure,
  type RecordData,
  type RecordType,
  maxAliases,
} from '../dns/resolver.ts'
import {
  type DnsMessage,
  classIn,
  ednsUdpSize,
  optTypeCode,
  rcodes,
  typeCodes,
} from './dns-message.ts'

export interface QueryOptions {
  readonly id: number
  /** As `isQueryableName` allows, ASCII; the empty string is the root. */
  readonly name: string
  readonly type: RecordType
  /** Offers 1232 octets over UDP (RFC 6891); some old servers answer only without. */
  readonly edns: boolean
  /** Asks whether DNSSEC proves the answer (RFC 6840 §5.7), without asking for the signatures. */
  readonly wantsAd: boolean
  /**
   * Random bits, one for each letter of the name (the "0x20" measure): a forger must guess the case
   * of the letters too. 0 or no bits leave the name as it is.
   */
  readonly caseBits?: Uint8Array
}

/** The octets of one question with recursion desired. */
export function writeDnsQuery(options: QueryOptions): Uint8Array {
  const { name, edns, id } = options
  const end = 12 + (name === '' ? 1 : name.length + 2)
  const octets = new Uint8Array(end + 4 + (edns ? 11 : 0))
  const view = new DataView(octets.buffer)
  view.setUint16(0, id)
  view.setUint16(2, 0x0100 | (options.wantsAd ? 0x0020 : 0))
  view.setUint16(4, 1)
  view.setUint16(10, edns ? 1 : 0)
  writeName(octets, name, options.caseBits)
  view.setUint16(end, typeCodes[options.type])
  view.setUint16(end + 2, classIn)
  if (edns) {
    view.setUint16(end + 5, optTypeCode)
    view.setUint16(end + 7, ednsUdpSize)
  }
  return octets
}

function writeName(octets: Uint8Array, name: string, caseBits: Uint8Array | undefined): void {
  let lengthAt = 12
  for (let i = 0; i < name.length; i++) {
    const code = name.charCodeAt(i)
    if (code === 0x2e) {
      octets[lengthAt] = 12 + i - lengthAt
      lengthAt = 13 + i
      continue
    }
    const letter = (code | 0x20) >= 0x61 && (code | 0x20) <= 0x7a
    const flip = letter && ((caseBits?.[i >> 3] ?? 0) >> (i & 7)) & 1
    octets[13 + i] = flip ? code ^ 0x20 : code
  }
  octets[lengthAt] = 12 + name.length - lengthAt
}

/**
 * How a message stands to the query: its answer, an answer with the letters in another case, or
 * something else (a forgery, or a late answer to another question).
 */
export function matchAnswer(
  query: Uint8Array,
  octets: Uint8Array,
  message: DnsMessage,
): 'answer' | 'other-case' | 'foreign' {
  if (!message.response || message.opcode !== 0) return 'foreign'
  if (octets[0] !== query[0] || octets[1] !== query[1]) return 'foreign'
  const question = message.question
  if (question === undefined) {
    // Who cannot read our question need not repeat it.
    return message.rcode === rcodes.formErr ? 'answer' : 'foreign'
  }
  if (message.questionCount !== 1) return 'foreign'
  // The octets themselves are compared, name to class. Only letters have another case: the lengths of
  // labels and the types that we ask for are smaller numbers than they.
  let sameCase = true
  for (let i = question.start; i < question.end; i++) {
    const ours = query[i] ?? 0
    const theirs = octets[i] ?? 0
    if (ours === theirs) continue
    if (lowerCase(ours) !== lowerCase(theirs)) return 'foreign'
    sameCase = false
  }
  return sameCase ? 'answer' : 'other-case'
}

function lowerCase(octet: number): number {
  return octet >= 0x41 && octet <= 0x5a ? octet | 0x20 : octet
}

/** What one message says to a question. */
export type Reading<T> =
  | { readonly type: 'answer'; readonly answer: Exclude<DnsAnswer<T>, { type: 'failed' }> }
  /** The aliases lead to `name`, about which the message says nothing: it has to be asked for. */
  | {
      readonly type: 'continue'
      readonly name: string
      readonly aliases: readonly string[]
      readonly ttlSeconds: number
    }
  /** This server cannot tell; another might. */
  | { readonly type: 'failed'; readonly reason: DnsFailure; readonly withoutEdns: boolean }

/**
 * Reads the answer to "which `type` records does the question's name have?" out of a message that is
 * known to belong to the question. Aliases inside the message are followed (RFC 1034 §4.3.2).
 */
export function readAnswer<T extends RecordType>(
  message: DnsMessage,
  type: T,
): Reading<RecordData[T]> {
  if (message.rcode !== rcodes.noError && message.rcode !== rcodes.nxDomain) {
    return failure(message.rcode)
  }
  // The name as the message has it, since the names of its records are written in the same way.
  const name = message.question?.name.toLowerCase() ?? ''
  const aliases: string[] = []
  let owner = name
  let ttlSeconds = Number.POSITIVE_INFINITY
  for (;;) {
    const records: RecordData[T][] = []
    for (const record of message.answers) {
      if (record.type !== type || record.name !== owner) continue
      // The tag was compared with `type`, so the data is that of `T`.
      records.push(record.data as RecordData[T])
      ttlSeconds = Math.min(ttlSeconds, record.ttlSeconds)
    }
    if (records.length > 0) {
      // RFC 2308 §2.1: the name error is about the last name of the chain, which is there.
      if (message.rcode === rcodes.nxDomain) return malformed
      const found = { type: 'found', records, ttlSeconds, dnssec: dnssecOf(message) } as const
      return { type: 'answer', answer: withAliases(found, aliases) }
    }
    const alias = message.answers.find((one) => one.type === 'CNAME' && one.name === owner)
    if (alias?.type !== 'CNAME' || type === 'CNAME') break
    const circle = alias.data === name || aliases.includes(alias.data)
    if (circle || aliases.length >= maxAliases) return looping
    aliases.push(alias.data)
    owner = alias.data
    ttlSeconds = Math.min(ttlSeconds, alias.ttlSeconds)
  }
  return readAbsence(message, aliases, ttlSeconds)
}

/** RFC 2308 §2: which kind of nothing, and for how long. */
function readAbsence<T>(
  message: DnsMessage,
  aliases: readonly string[],
  aliasTtlSeconds: number,
): Reading<T> {
  const last = aliases.at(-1)
  // Records, and none of them to the point: whoever wrote this did not answer our question.
  if (last === undefined && message.answers.length > 0) return malformed
  const soa = message.authorities.find((one) => one.type === 'SOA')
  // RFC 2308 §5: without an SOA the answer is not to be kept.
  const soaTtl = soa?.type === 'SOA' ? Math.min(soa.ttlSeconds, soa.data.minimumTtlSeconds) : 0
  const ttlSeconds = Math.min(aliasTtlSeconds, soaTtl)
  const absent = { ttlSeconds, dnssec: dnssecOf(message) }
  if (message.rcode === rcodes.nxDomain) {
    return { type: 'answer', answer: withAliases({ type: 'noName', ...absent }, aliases) }
  }
  if (soa === undefined && last !== undefined) {
    return { type: 'continue', name: last, aliases, ttlSeconds: aliasTtlSeconds }
  }
  // RFC 2308 §2.2: name servers and no SOA are a referral. We asked for an answer, not for the way.
  const referral = soa === undefined && message.authorities.some((one) => one.type === 'NS')
  if (referral && !message.authoritative) return lame
  return { type: 'answer', answer: withAliases({ type: 'noData', ...absent }, aliases) }
}

const malformed = { type: 'failed', reason: 'malformed', withoutEdns: false } as const
const looping = { type: 'failed', reason: 'servfail', withoutEdns: false } as const
const lame = { type: 'failed', reason: 'servfail', withoutEdns: false } as const

function failure(rcode: number): Reading<never> {
  switch (rcode) {
    case rcodes.refused:
      return { type: 'failed', reason: 'refused', withoutEdns: false }
    case rcodes.formErr:
    case rcodes.notImp:
      // RFC 6891 §7: servers older than EDNS answer so.
      return { type: 'failed', reason: 'servfail', withoutEdns: true }
    default:
      return { type: 'failed', reason: 'servfail', withoutEdns: false }
  }
}

function dnssecOf(message: DnsMessage): 'secure' | 'insecure' {
  return message.authenticated ? 'secure' : 'insecure'
}

function withAliases<A extends object>(answer: A, aliases: readonly string[]): A {
  return aliases.length > 0 ? { ...answer, aliases } : answer
}

/** What was learnt on the way along aliases, before the name that is asked for now. */
export interface Led {
  readonly aliases: readonly string[]
  readonly ttlSeconds: number
  readonly dnssec: 'secure' | 'insecure'
}

/** There is no such name at the end of the way. */
export function absentName(led: Led): DnsAnswer<never> {
  const ttlSeconds = led.aliases.length > 0 ? led.ttlSeconds : 0
  return lengthened({ type: 'noName', ttlSeconds, dnssec: 'insecure' }, led, undefined)
}

/** An answer to the last name of the way, as one to the first: with all that was learnt before. */
export function lengthened<T>(
  answer: Exclude<DnsAnswer<T>, { type: 'failed' }>,
  led: Led,
  server: string | undefined,
): DnsAnswer<T> {
  const aliases = [...led.aliases, ...(answer.aliases ?? [])]
  return {
    ...answer,
    ttlSeconds: Math.min(answer.ttlSeconds, led.ttlSeconds),
    dnssec: led.dnssec === 'secure' ? answer.dnssec : 'insecure',
    ...(aliases.length > 0 && { aliases }),
    ...(server !== undefined && { server }),
  }
}
