import {
  type DnsAnswer,
  type DnsFailure,
  maxAliases,
  type RecordData,
  type RecordType,
} from '../dns/resolver.ts'
import { type DnsMessage, rcodes } from './dns-message.ts'

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
