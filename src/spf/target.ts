/** The <target-name> of a term (RFC 7208 §4.8), and the validated names of the client (§5.5). */
import { isWithin } from '../address/domain.ts'
import { parseIp, reverseName } from '../base/ip.ts'
import { normalizeName } from '../dns/resolver.ts'
import type { Evaluation, Place, Stop } from './evaluation.ts'
import { expandName } from './macro.ts'
import { isAskable, isHostName } from './target-name.ts'
import type { DomainSpec } from './term.ts'
import type { SpfLookup } from './verdict.ts'

/** PTR names that are looked at; the others are ignored (RFC 7208 §4.6.4). */
const maxPtrNames = 10

/** The name that a term is about, in lower case, and why no question can be asked with it. */
export interface Target {
  readonly name: string
  /**
   * `unaskable`: an empty or over-long label, or octets outside ASCII. `localPart`: the name was
   * made from a local-part outside ASCII, so that the term must match nothing (RFC 8616 §4).
   */
  readonly obstacle: 'unaskable' | 'localPart' | undefined
}

/** Expands a domain-spec; without one the target is the domain itself. */
export async function targetOf(
  evaluation: Evaluation,
  spec: DomainSpec | undefined,
  place: Place,
  asked: SpfLookup[],
): Promise<Target | Stop> {
  if (spec === undefined) return { name: place.domain, obstacle: undefined }
  if (spec.fixed !== undefined) return target(spec.fixed)
  let validated = 'unknown'
  if (spec.usesPtr) {
    // The PTR question of %{p} is among those that the limit is for (RFC 7208 §4.6.4).
    const stop = evaluation.spend(place)
    if (stop !== undefined) return stop
    const names = await ptrNames(evaluation, asked)
    const exceeded = names === 'void' ? evaluation.spendVoid(place) : undefined
    if (exceeded !== undefined) return exceeded
    validated = await validatedName(evaluation, names, place.domain, asked)
  }
  const { name, obstacle } = target(
    expandName(spec.parts, evaluation.macroValues(place.domain, validated)),
  )
  const matchesNothing = spec.usesLocalPart && !evaluation.localPartIsAscii
  return { name, obstacle: matchesNothing ? 'localPart' : obstacle }
}

function target(written: string): Target {
  // Asked before lower-casing, which can make ASCII of other letters (U+212A, the Kelvin sign).
  const obstacle = isAskable(written) ? undefined : 'unaskable'
  return { name: written.toLowerCase(), obstacle }
}

/** What the reverse tree says: the first ten names, that there is nothing, or that it failed. */
export type PtrNames = readonly string[] | 'void' | 'failed'

/** Asks for the PTR records of the client. */
export async function ptrNames(evaluation: Evaluation, asked: SpfLookup[]): Promise<PtrNames> {
  const answer = await evaluation.ask(reverseName(evaluation.ip), 'PTR', asked)
  if (answer.type === 'failed') return 'failed'
  if (answer.type !== 'found' || answer.records.length === 0) return 'void'
  return answer.records.slice(0, maxPtrNames).map(normalizeName)
}

/** The value of `%{p}`: the domain itself, else a name below it, else any (RFC 7208 §7.3). */
export async function validatedName(
  evaluation: Evaluation,
  names: PtrNames,
  domain: string,
  asked: SpfLookup[],
): Promise<string> {
  if (typeof names === 'string') return 'unknown'
  const wanted = normalizeName(domain)
  const same = names.filter((name) => name === wanted)
  const below = names.filter((name) => name !== wanted && isWithin(name, wanted))
  const others = names.filter((name) => !isWithin(name, wanted))
  return (await firstValidated(evaluation, [...same, ...below, ...others], asked)) ?? 'unknown'
}

/**
 * The first of `names` whose addresses have the client among them. A name that cannot be looked up
 * is skipped (RFC 7208 §5.5). These questions are not counted: the names are the client's choice,
 * and ten of them are the limit.
 */
export async function firstValidated(
  evaluation: Evaluation,
  names: readonly string[],
  asked: SpfLookup[],
): Promise<string | undefined> {
  for (const name of names) {
    if (!isHostName(name)) continue
    const answer = await evaluation.ask(name, evaluation.addressType, asked)
    if (answer.type === 'found' && answer.records.some((text) => isClient(evaluation, text))) {
      return name
    }
  }
  return undefined
}

function isClient(evaluation: Evaluation, text: string): boolean {
  const ip = parseIp(text)
  const client = evaluation.ip
  return ip?.family === client.family && ip.octets.every((o, i) => o === client.octets[i])
}
