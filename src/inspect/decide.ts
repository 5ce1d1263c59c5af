import { isWithin, parseDomain } from '../address/domain.ts'
import type { ArcVerdict } from '../arc/arc.ts'
import { parseAuthenticationResults } from '../auth-results/auth-results.ts'
import {
  type ArcEvidence,
  type DecisionEvidence,
  type DmarcDecision,
  decideDmarc,
  defaultDecisionOptions,
} from '../dmarc/decision.ts'
import { weighEvidence } from '../dmarc/weighing.ts'
import type { DnsOutage } from '../dns/resolver.ts'
import { unfoldedValue } from '../message/field.ts'
import type { MessageHeader } from '../message/header-reader.ts'
import type { Evaluation } from './inspection.ts'
import { type DecisionRules, type Notice, notice, ofOurs } from './rules.ts'

/** What was decided about a message: DMARC's part, and what was noticed beside it. Plain data. */
export type Decision = DmarcDecision & {
  /** Absent when there was nothing. */
  readonly noticed?: readonly Notice[]
}

/**
 * Decides what becomes of a message: what its author's domain asks for, weighed against what else is
 * known (RFC 9989 §7.4). What DMARC leaves to us, the house's own rules decide. Pure: the same
 * evaluation, header and rules give the same decision.
 */
export function decide(
  evaluation: Evaluation,
  header: MessageHeader,
  rules: DecisionRules,
): Decision {
  const { onTemperror } = rules
  const { dmarc, outage } = evaluation
  const evidence = gatherEvidence(evaluation, header, rules)
  const decision = decideDmarc(
    { dmarc, evidence },
    { ...defaultDecisionOptions, onUnknownPolicy: onTemperror, onUnknownResult: onTemperror },
  )
  const noticed = notice(evaluation, rules)
  const junk = noticed.find((one) => one.action === 'mark-as-spam')
  if (outage !== undefined && hangsOnDns(decision, evaluation, { rules, junk })) {
    return putOff(decision, outage)
  }
  if (noticed.length === 0) return decision
  if (junk === undefined) return { ...decision, noticed }
  const considered = weighEvidence(evidence, dmarc)
  const speaksFor = considered.find((one) => one.outcome === 'overrides')
  if (speaksFor !== undefined) {
    const { because } = speaksFor
    return { ...decision, noticed, considered, because: `${junk.because}, yet ${because}` }
  }
  return {
    ...decision,
    action: 'mark-as-spam',
    did: 'quarantine',
    // RFC 9990 §3.1.6: more was done than the owner asks for.
    override: { type: 'local_policy', comment: junk.because },
    considered,
    because: junk.because,
    noticed,
  }
}

/**
 * Whether an answer that we could not ask for might change what becomes of the message. That it was
 * not asked is our own trouble, or a stranger's doing, so it must not speak for the message
 * (`on_temperror` is for domains whose DNS is lost), and not against it either.
 */
function hangsOnDns(
  { action }: DmarcDecision,
  { dmarc }: Evaluation,
  { rules, junk }: { readonly rules: DecisionRules; readonly junk: Notice | undefined },
): boolean {
  switch (dmarc.result) {
    case 'temperror':
      return dmarc.disposition !== 'none' || ofOurs(dmarc.author.domains, rules) !== undefined
    // What speaks for it, ARC or a forwarder's SPF, may be what is missing.
    case 'fail':
      return action !== 'deliver' || junk !== undefined
    case 'none':
      return junk !== undefined
    case 'pass':
    case 'permerror':
      return false
  }
}

function putOff(decision: DmarcDecision, outage: DnsOutage): Decision {
  const because = `${outages[outage]}, so nothing can be told yet`
  return {
    ...decision,
    action: 'defer',
    did: null,
    override: null,
    because,
    noticed: [{ finding: 'dns-outage', action: 'defer', because }],
  }
}

const outages: Readonly<Record<DnsOutage, string>> = {
  'no-resolver': 'no DNS server answers',
  'no-place': 'too many questions to DNS are open',
  'silent-zone': 'a domain whose DNS is silent has too many open questions',
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

/** A letter from a stranger that was taken or refused for good, with what led to it. */
export interface JudgedLetter {
  readonly journeyId: string
  /** Its octets in the store. */
  readonly messageId: string
  readonly mailFrom: string
  /** As the client gave it (RFC 3461 §4.4); empty when it did not. */
  readonly envelopeId: string
  /** Unix milliseconds. */
  readonly arrivedAt: number
  readonly header: MessageHeader
  readonly evaluation: Evaluation
  readonly decision: DmarcDecision
}
