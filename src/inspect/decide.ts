import { createHash } from 'node:crypto'
import { isWithin } from '../address/domain.ts'
import {
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
  /** Domains of forwarders. One counts when SPF passes for it or it signed the message. */
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
  { spf, dkim, dmarc }: Evaluation,
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
    arc: 'not-considered',
  }
}

function firstValue(header: MessageHeader, name: string): string | null {
  const field = header.fields.find((one) => one.name === name)
  return field === undefined ? null : unfoldedValue(field).slice(0, 1000)
}
