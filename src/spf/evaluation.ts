/** One SPF check under way: what it knows of the client, what it has spent, and what it shows. */
import { parseDomain } from '../address/domain.ts'
import { type IpAddress, formatIp, parseIp } from '../base/ip.ts'
import { isAscii } from '../base/octets.ts'
import {
  type DnsAnswer,
  type MxRecord,
  type RecordData,
  type Resolver,
  isQueryableName,
  normalizeName,
} from '../dns/resolver.ts'
import type { MacroValues } from './macro.ts'
import type { SpfIdentity, SpfLookup, SpfProblem, SpfRecordType } from './verdict.ts'

/** An evaluation that cannot go on. */
export interface Stop {
  readonly result: 'temperror' | 'permerror'
  readonly problem: SpfProblem
}

/** Where in the policies the evaluation is, for problems. */
export interface Place {
  /** Whose record it is: the <domain> of check_host(), as written. */
  readonly domain: string
  readonly term: string
}

export interface EvaluationInput {
  readonly ip: IpAddress
  readonly identity: Identity
  readonly helo: string
  readonly receiver: string
  readonly now: number
  readonly lookupLimit: number
  readonly voidLimit: number
}

/** The counters are for the whole check, includes and redirects included (RFC 7208 §4.1, §4.6.4). */
export class Evaluation {
  readonly ip: IpAddress
  readonly addressType: 'A' | 'AAAA'
  /** Terms with `%{s}` or `%{l}` match nothing then (RFC 8616 §4). */
  readonly localPartIsAscii: boolean
  readonly #input: EvaluationInput
  readonly #resolver: Resolver
  #values: MacroValues | undefined
  #used = 0
  #void = 0
  #termsToList = maxTermsInAll

  constructor(input: EvaluationInput, resolver: Resolver) {
    this.ip = input.ip
    this.addressType = input.ip.family === 4 ? 'A' : 'AAAA'
    this.localPartIsAscii = isAscii(input.identity.localPart)
    this.#input = input
    this.#resolver = resolver
  }

  /** Terms spent so far. */
  get used(): number {
    return this.#used
  }

  /** Terms whose question found nothing. */
  get voidCount(): number {
    return this.#void
  }

  /** Spends one of the terms that ask DNS, or says that none is left (RFC 7208 §4.6.4). */
  spend(place: Place): Stop | undefined {
    if (this.#used < this.#input.lookupLimit) {
      this.#used++
      return undefined
    }
    return this.#exceeded('tooManyLookups', this.#input.lookupLimit, place)
  }

  /** Counts a term's question that found nothing (RFC 7208 §4.6.4). */
  spendVoid(place: Place): Stop | undefined {
    this.#void++
    if (this.#void <= this.#input.voidLimit) return undefined
    return this.#exceeded('tooManyVoidLookups', this.#input.voidLimit, place)
  }

  #exceeded(
    type: 'tooManyLookups' | 'tooManyVoidLookups',
    limit: number,
    { domain, term }: Place,
  ): Stop {
    return { result: 'permerror', problem: { type, domain, term, limit } }
  }

  /** How many terms of the next record may be listed in the verdict. */
  reserveTerms(wanted: number): number {
    const reserved = Math.min(wanted, maxTerms, this.#termsToList)
    this.#termsToList -= reserved
    return reserved
  }

  /** Asks, and notes question and answer in `asked`. */
  async ask<T extends SpfRecordType>(
    name: string,
    type: T,
    asked: SpfLookup[],
  ): Promise<DnsAnswer<RecordData[T]>> {
    const question = normalizeName(name)
    const answer = await this.#resolver.resolve(question, type)
    asked.push(lookupOf(question, type, answer))
    return answer
  }

  /** Asks for the TXT records of a domain; who asks notes the answer. */
  askPolicy(name: string): Promise<DnsAnswer<string>> {
    return this.#resolver.resolve(name, 'TXT')
  }

  /** What the macros stand for while `domain` is evaluated. */
  macroValues(domain: string, validatedName: string): MacroValues {
    this.#values ??= macroValues(this.#input)
    // The first <domain> is the sender's, in the letters in which it came (RFC 7208 §4.1).
    const { identity } = this.#input
    const d = domain === identity.domain ? identity.senderDomain : domain
    return { ...this.#values, d, p: validatedName }
  }
}

/** RFC 7208 §7.2 and §7.3. */
function macroValues(input: EvaluationInput): MacroValues {
  const { ip, identity, helo, receiver, now } = input
  const address = formatIp(ip)
  return {
    s: `${identity.localPart}@${identity.senderDomain}`,
    l: identity.localPart,
    o: identity.senderDomain,
    d: identity.senderDomain,
    i: ip.family === 4 ? address : nibbles(ip.octets),
    p: 'unknown',
    v: ip.family === 4 ? 'in-addr' : 'ip6',
    h: helo,
    c: address,
    r: receiver === '' ? 'unknown' : receiver,
    t: String(Math.floor(now)),
  }
}

/** 32 hexadecimal digits with dots between them. */
function nibbles(octets: readonly number[]): string {
  return octets.map((o) => `${(o >> 4).toString(16)}.${(o & 15).toString(16)}`).join('.')
}

/** What the SMTP dialogue says, and which part of it is to be checked. */
export interface ClaimedIdentity {
  readonly helo: string
  readonly mailFrom: string
  readonly identity?: SpfIdentity
}

/** Read by `readIdentity`. */
export interface Identity {
  readonly identity: SpfIdentity
  readonly localPart: string
  /** The domain of the sender as it was written, without a trailing dot; A-labels for U-labels. */
  readonly senderDomain: string
  /** `senderDomain` in lower case when it is a name to ask for. */
  readonly domain: string | undefined
}

/** What is longer is no local-part, and macros that repeat it must not grow without bound. */
const maxLocalPart = 1024

/**
 * The identity to check: MAIL FROM, or HELO when that is asked for or when the reverse-path is empty
 * (RFC 7208 §2.4). A missing local-part is `postmaster` (§4.3).
 */
export function readIdentity({ helo, mailFrom, identity }: ClaimedIdentity): Identity {
  const checksHelo = identity === 'helo' || mailFrom === ''
  const text = checksHelo ? helo : mailFrom
  // A quoted local-part may have "@" in it: the domain follows the last one.
  const at = checksHelo ? -1 : text.lastIndexOf('@')
  const written = text.slice(at + 1)
  const undotted = written.endsWith('.') ? written.slice(0, -1) : written
  const domain = mailDomain(undotted)
  return {
    identity: checksHelo ? 'helo' : 'mailfrom',
    localPart: at > 0 ? text.slice(0, Math.min(at, maxLocalPart)) : 'postmaster',
    senderDomain: domain === undefined || isAscii(undotted) ? undotted : domain,
    domain,
  }
}

/**
 * A domain of mail: more than one label, all of a length that DNS takes (RFC 7208 §4.3). Address
 * literals are none, and neither are bare IPv4 addresses, which clients like to greet with.
 */
function mailDomain(text: string): string | undefined {
  if (!text.includes('.') || text.endsWith('.') || text.length > 1024) return undefined
  const domain = parseDomain(text) ?? looseDomain(text)
  if (domain === undefined || !domain.includes('.')) return undefined
  return parseIp(domain) === undefined ? domain : undefined
}

/** Labels that begin or end with a hyphen: no host names, yet names that are asked for and exist. */
function looseDomain(text: string): string | undefined {
  return /^[A-Za-z0-9_.-]+$/.test(text) && isQueryableName(text) ? text.toLowerCase() : undefined
}

const maxRecords = 10
const maxRecordLength = 300
const maxPolicyLength = 2000

/** Terms listed for one record, and for all of a check; those that decide are listed beyond it. */
const maxTerms = 100
const maxTermsInAll = 300

/** A short form of an answer. */
function lookupOf(
  name: string,
  type: SpfRecordType,
  answer: DnsAnswer<string | MxRecord>,
): SpfLookup {
  if (answer.type === 'failed') return { name, type, answer: 'failed', reason: answer.reason }
  if (answer.type !== 'found') return { name, type, answer: answer.type }
  const { records } = answer
  const shown = records.length > maxRecords ? records.slice(0, maxRecords) : records
  return { name, type, answer: 'found', count: records.length, records: shown.map(recordText) }
}

/** The same for the TXT records of a domain whose policy is shown elsewhere. */
export function policyLookupOf(name: string, answer: DnsAnswer<string>): SpfLookup {
  if (answer.type !== 'found') return lookupOf(name, 'TXT', answer)
  return { name, type: 'TXT', answer: 'found', count: answer.records.length, records: [] }
}

function recordText(record: string | MxRecord): string {
  if (typeof record === 'string') return cut(record)
  return `${record.preference} ${record.exchange === '' ? '.' : record.exchange}`
}

/** Text that a domain owner or a client chose, cut where it cannot help any more. */
export function cut(text: string): string {
  return text.length > maxRecordLength ? `${text.slice(0, maxRecordLength)}...` : text
}

/** The text of a record. */
export function cutPolicy(text: string): string {
  return text.length > maxPolicyLength ? `${text.slice(0, maxPolicyLength)}...` : text
}
