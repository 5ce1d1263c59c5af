/** The mechanisms that ask DNS, but for `include` (RFC 7208 §5.3 to §5.7). */
import { isWithin } from '../address/domain.ts'
import { inNetwork, parseIp } from '../base/ip.ts'
import { type DnsAnswer, type MxRecord, normalizeName } from '../dns/resolver.ts'
import type { Evaluation, Place, Stop } from './evaluation.ts'
import { isHostName } from './target-name.ts'
import { firstValidated, ptrNames } from './target.ts'
import type { PrefixLengths } from './term.ts'
import type { SpfLookup, SpfRecordType } from './verdict.ts'

/** MX names that are looked up; one more makes a permerror (RFC 7208 §4.6.4). */
const maxMxNames = 10

/** What a mechanism is asked to compare: the client with what stands at `name`. */
export interface Question {
  readonly evaluation: Evaluation
  readonly name: string
  readonly place: Place
  /** Where questions and answers are noted. */
  readonly asked: SpfLookup[]
}

/** `a`: an address of the name has the client in its network (RFC 7208 §5.3). */
export async function matchesA(
  question: Question,
  lengths: PrefixLengths,
): Promise<boolean | Stop> {
  const { evaluation, name, asked } = question
  const answer = await evaluation.ask(name, evaluation.addressType, asked)
  if (answer.type === 'found' && answer.records.length > 0) {
    return hasClient(evaluation, answer.records, lengths)
  }
  return nothingFound(question, evaluation.addressType, answer)
}

/** `exists`: the name has an A record, whatever the client's family (RFC 7208 §5.7). */
export async function matchesExists(question: Question): Promise<boolean | Stop> {
  const answer = await question.evaluation.ask(question.name, 'A', question.asked)
  if (answer.type === 'found' && answer.records.length > 0) return true
  return nothingFound(question, 'A', answer)
}

/**
 * `mx`: an address of a mail exchanger has the client in its network (RFC 7208 §5.4). There is no
 * implicit MX here. The address questions have their own limit of ten names and are not void
 * look-ups of the term, whose question found something.
 */
export async function matchesMx(
  question: Question,
  lengths: PrefixLengths,
): Promise<boolean | Stop> {
  const { evaluation, name, place, asked } = question
  const answer = await evaluation.ask(name, 'MX', asked)
  if (answer.type !== 'found' || answer.records.length === 0) {
    return nothingFound(question, 'MX', answer)
  }
  const hosts = answer.records.filter(({ exchange }) => exchange !== '').sort(byPreference)
  for (const [i, { exchange }] of hosts.entries()) {
    if (i === maxMxNames) {
      const count = hosts.length
      const problem = { type: 'tooManyMx' as const, ...place, name, count, limit: maxMxNames }
      return { result: 'permerror', problem }
    }
    if (!isHostName(exchange)) continue
    const addresses = await evaluation.ask(exchange, evaluation.addressType, asked)
    if (addresses.type === 'failed') {
      return dnsFailed(question, exchange, evaluation.addressType, addresses)
    }
    if (addresses.type === 'found' && hasClient(evaluation, addresses.records, lengths)) return true
  }
  return false
}

/** By preference, then by name: the order of equal records in an answer means nothing. */
function byPreference(a: MxRecord, b: MxRecord): number {
  return a.preference - b.preference || (a.exchange < b.exchange ? -1 : 1)
}

/**
 * `ptr`: a validated name of the client is the name or lies below it (RFC 7208 §5.5 with erratum
 * 4751). Only names that could match are validated. No error of DNS counts here.
 */
export async function matchesPtr(question: Question): Promise<boolean | Stop> {
  const { evaluation, name, place, asked } = question
  const names = await ptrNames(evaluation, asked)
  if (names === 'failed') return false
  if (names === 'void') return evaluation.spendVoid(place) ?? false
  const wanted = normalizeName(name)
  const fitting = names.filter((one) => isWithin(one, wanted))
  return (await firstValidated(evaluation, fitting, asked)) !== undefined
}

function hasClient(
  { ip }: Evaluation,
  addresses: readonly string[],
  lengths: PrefixLengths,
): boolean {
  const length = lengths[ip.family]
  for (const text of addresses) {
    const address = parseIp(text)
    if (address !== undefined && inNetwork(ip, address, length)) return true
  }
  return false
}

/** No records: a failure is a temperror, and nothing at all is a void look-up (RFC 7208 §5). */
function nothingFound(
  question: Question,
  type: SpfRecordType,
  answer: DnsAnswer<unknown>,
): false | Stop {
  if (answer.type === 'failed') return dnsFailed(question, question.name, type, answer)
  return question.evaluation.spendVoid(question.place) ?? false
}

function dnsFailed(
  { place }: Question,
  name: string,
  recordType: SpfRecordType,
  { reason }: Extract<DnsAnswer<unknown>, { type: 'failed' }>,
): Stop {
  const problem = { type: 'dnsFailed' as const, ...place, name, recordType, reason }
  return { result: 'temperror', problem }
}
