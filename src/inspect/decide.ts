import { createHash } from 'node:crypto'
import { isWithin, parseDomain } from '../address/domain.ts'
import type { ArcVerdict } from '../arc/arc.ts'
import { parseAuthenticationResults } from '../auth-results/auth-results.ts'
import {
  type ArcEvidence,
  type DecisionEvidence,
  decideDmarc,
  defaultDecisionOptions,
  type DmarcDecision,
} from '../dmarc/decision.ts'
import { unfoldedValue } from '../message/field.ts'
import type { MessageHeader } from '../message/header-reader.ts'
import type { Evaluation } from './inspection.ts'

/** What the operator knows of senders; part of every record, so that a replay decides alike. */
export interface DecisionRules {
  /**
   * Domains of forwarders. One counts when SPF passes for it, when it signed the message, or when it
   * sealed the message last and says that DMARC passed when it came (RFC 8617).
   */
  readonly trustedForwarders: readonly string[]
  /** Domains of mailing lists whose own signature must pass. */
  readonly mailingLists: readonly string[]
  /** Author domains that are taken in whatever DMARC says. */
  readonly allow: readonly string[]
  readonly onTemperror: 'deliver' | 'defer'
}

/** The rules' fingerprint: another one at replay means that the configuration has changed. */
export function configHash(rules: DecisionRules): string {
  const known = hashes.get(rules)
  if (known !== undefined) return known
  const hash = createHash('sha256').update(JSON.stringify(rules)).digest('base64url').slice(0, 22)
  hashes.set(rules, hash)
  return hash
}

const hashes = new WeakMap<DecisionRules, string>()

/**
 * Decides what becomes of a message: what its author's domain asks for, weighed against what else is
 * known (RFC 9989 §7.4). Pure: the same evaluation, header and rules give the same decision.
 */
export function decide(
  evaluation: Evaluation,
  header: MessageHeader,
  rules: DecisionRules,
): DmarcDecision {
  const { onTemperror } = rules
  return decideDmarc(
    { dmarc: evaluation.dmarc, evidence: gatherEvidence(evaluation, header, rules) },
    { ...defaultDecisionOptions, onUnknownPolicy: onTemperror, onUnknownResult: onTemperror },
  )
}

function gatherEvidence(
  { spf, dkim, arc, dmarc }: Evaluation,
  header: MessageHeader,
  rules: DecisionRules,
): DecisionEvidence {
  const author = dmarc.authorDomain
  const allowed = rules.allow.find((domain) => author !== null && isWithin(author, domain))
  const vouched = [
    ...(spf.result === 'pass' ? [spf.domain] : []),
    ...dkim.flatMap((one) => (one.result === 'pass' ? [one.domain] : [])),
  ]
  const forwarder = rules.trustedForwarders.find((domain) => {
    return vouched.some((name) => isWithin(name, domain))
  })
  return {
    localPolicy: {
      matched: allowed === undefined ? null : { rule: `allow ${allowed}`, action: 'deliver' },
    },
    trustedForwarder: { peer: spf.ip, entry: forwarder ?? null },
    mailingList: {
      listId: firstValue(header, 'list-id'),
      listPost: firstValue(header, 'list-post'),
      trusted: rules.mailingLists,
    },
    arc: arcEvidence(arc, author, rules),
  }
}

/** RFC 8617 §7.2: a chain says who handled the message; whom to believe is the operator's to say. */
function arcEvidence(arc: ArcVerdict, author: string | null, rules: DecisionRules): ArcEvidence {
  const passed = arc.result === 'pass'
  return {
    result: arc.result,
    sealers: passed ? arc.sealers : [],
    trusted: rules.trustedForwarders,
    passedBefore: passed ? dmarcPassed(arc.sets.at(-1)?.results ?? '', author) : null,
  }
}

/**
 * Whether a sealer says that DMARC passed for this author when the message came to it; `null` when it
 * does not say. A pass for another author is none.
 */
function dmarcPassed(results: string, author: string | null): boolean | null {
  const read = parseAuthenticationResults(results)
  // RFC 8601 §2.2, §2.6: statements of a version that we do not know say nothing to us.
  const said = read.results.filter(({ method, version = 1 }) => {
    return method === 'dmarc' && version === 1 && read.version === 1
  })
  if (said.length === 0) return null
  return said.some(({ result, properties }) => {
    const from = properties.filter(
      ({ ptype, property }) => `${ptype}.${property}` === 'header.from',
    )
    return result === 'pass' && from.every(({ value }) => parseDomain(value) === author)
  })
}

function firstValue(header: MessageHeader, name: string): string | null {
  const field = header.fields.find((one) => one.name === name)
  return field === undefined ? null : unfoldedValue(field).slice(0, 1000)
}
