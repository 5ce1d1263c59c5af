import { isWithin, parseDomain } from '../address/domain.ts'
import type { DmarcVerdict } from './verdict.ts'

/** Why the owner's policy was not applied, in the words of RFC 9990 §3.1.6. */
export type OverrideType =
  | 'local_policy'
  | 'mailing_list'
  | 'other'
  | 'policy_test_mode'
  | 'trusted_forwarder'

/** What evidence can lead to. */
export type EvidenceAction = 'deliver' | 'mark-as-spam' | 'refuse'

/**
 * What a receiver knows beside DMARC. `not-considered` says that nobody looked, which is something
 * else than having looked and found nothing.
 */
export interface DecisionEvidence {
  readonly localPolicy: LocalPolicyEvidence | 'not-considered'
  readonly trustedForwarder: ForwarderEvidence | 'not-considered'
  readonly mailingList: MailingListEvidence | 'not-considered'
  readonly arc: ArcEvidence | 'not-considered'
}

/** The operator's own rules: `matched` is the one that fits this message, or `null`. */
export interface LocalPolicyEvidence {
  readonly matched: {
    readonly rule: string
    readonly action: EvidenceAction
  } | null
}

/** The operator's list of forwarders, and whether the sending host is on it. */
export interface ForwarderEvidence {
  /** The host as it is known: an address, or a name that was verified. */
  readonly peer: string
  /** The entry of the list that fits, or `null`. */
  readonly entry: string | null
}

/** What the header says of a mailing list, and which lists the operator trusts. */
export interface MailingListEvidence {
  /** The value of List-Id (RFC 2919), or `null`. */
  readonly listId: string | null
  /** The value of List-Post (RFC 2369), or `null`. */
  readonly listPost: string | null
  /** Domains of trusted lists, as `parseDomain` gives them. */
  readonly trusted: readonly string[]
}

/** What ARC says (RFC 8617), and whose seals the operator believes. */
export interface ArcEvidence {
  readonly result: string
  /** The domains of the seals, the newest first. */
  readonly sealers: readonly string[]
  /** Domains of sealers that are believed, as `parseDomain` gives them. */
  readonly trusted: readonly string[]
  /** Whether the newest trusted sealer saw DMARC pass; `null` when it does not say. */
  readonly passedBefore: boolean | null
}

/** One kind of evidence and what it came to. Plain data. */
export type Consideration =
  | {
      readonly evidence: keyof DecisionEvidence
      readonly outcome: 'overrides'
      readonly action: EvidenceAction
      readonly type: OverrideType
      readonly because: string
    }
  | {
      readonly evidence: keyof DecisionEvidence
      readonly outcome: 'no-bearing' | 'not-considered'
      readonly because: string
    }

/** Weighs all evidence, in the order of its weight: the operator's own word comes first. */
export function weighEvidence(
  evidence: DecisionEvidence,
  dmarc: DmarcVerdict,
): readonly Consideration[] {
  const { localPolicy, trustedForwarder, mailingList, arc } = evidence
  const unseen = (kind: keyof DecisionEvidence): Consideration => {
    return { evidence: kind, outcome: 'not-considered', because: 'nobody looked' }
  }
  return [
    localPolicy === 'not-considered' ? unseen('localPolicy') : weighRule(localPolicy),
    trustedForwarder === 'not-considered'
      ? unseen('trustedForwarder')
      : weighForwarder(trustedForwarder),
    mailingList === 'not-considered' ? unseen('mailingList') : weighList(mailingList, dmarc),
    arc === 'not-considered' ? unseen('arc') : weighArc(arc),
  ]
}

function weighRule({ matched }: LocalPolicyEvidence): Consideration {
  const evidence = 'localPolicy'
  if (matched === null) return { evidence, outcome: 'no-bearing', because: 'no local rule fits' }
  const because = `the local rule ${matched.rule} says so`
  return { evidence, outcome: 'overrides', action: matched.action, type: 'local_policy', because }
}

function weighForwarder({ peer, entry }: ForwarderEvidence): Consideration {
  const evidence = 'trustedForwarder'
  if (entry === null) {
    return { evidence, outcome: 'no-bearing', because: `${peer} is not a listed forwarder` }
  }
  const because = `${peer} is a listed forwarder (${entry})`
  return { evidence, outcome: 'overrides', action: 'deliver', type: 'trusted_forwarder', because }
}

/**
 * Header fields can be made by anybody, so a list is believed only when the operator trusts its
 * domain and a signature of that domain passes.
 */
function weighList(list: MailingListEvidence, dmarc: DmarcVerdict): Consideration {
  const evidence = 'mailingList'
  const no = (because: string) => ({ evidence, outcome: 'no-bearing', because }) as const
  const domains = listDomains(list)
  const [shown] = domains
  if (shown === undefined) return no('it does not come from a mailing list')
  const trusted = list.trusted.filter((one) => domains.some((domain) => isWithin(domain, one)))
  if (trusted.length === 0) return no(`the mailing list ${shown} is not among the trusted ones`)
  const signer = dmarc.dkim.find((signature) => {
    const domain = signature.result === 'pass' ? parseDomain(signature.domain) : undefined
    return domain !== undefined && trusted.some((one) => isWithin(domain, one))
  })
  if (signer === undefined) return no(`no signature of the mailing list ${shown} passes`)
  const because = `it comes through the trusted mailing list ${shown}, signed by ${signer.domain}`
  return { evidence, outcome: 'overrides', action: 'deliver', type: 'mailing_list', because }
}

/** The domains in List-Id and in the address of List-Post. */
function listDomains({ listId, listPost }: MailingListEvidence): string[] {
  const id = listId === null ? undefined : parseDomain(lastInAngles(listId))
  const post =
    listPost === null ? undefined : /<mailto:[^<>@?]{1,200}@([^<>@?]{1,255})/i.exec(listPost)?.[1]
  const postDomain = post === undefined ? undefined : parseDomain(post)
  return [id, postDomain].filter((one) => one !== undefined)
}

/** RFC 2919 §3: the identifier is what stands in the angle brackets; some write it without. */
function lastInAngles(text: string): string {
  const open = text.lastIndexOf('<')
  const close = text.indexOf('>', open + 1)
  return (open >= 0 && close > open ? text.slice(open + 1, close) : text).trim()
}

/**
 * RFC 8617 §7.2.1: a chain that passes shows who handled the message, not that they told the truth.
 *
 * RFC 9990 §3.1.6 has a word for "other evidence linking the message to a locally maintained list of
 * known and trusted forwarders", where the older RFC 8617 §7.2.2 shows `local_policy`. The comment
 * says `arc=pass`, as it does there.
 */
function weighArc({ result, sealers, trusted, passedBefore }: ArcEvidence): Consideration {
  const evidence = 'arc'
  const no = (because: string) => ({ evidence, outcome: 'no-bearing', because }) as const
  const [newest] = sealers
  if (result !== 'pass' || newest === undefined) return no(`the ARC result is ${result}`)
  const domain = parseDomain(newest)
  const listed = domain !== undefined && trusted.some((one) => isWithin(domain, one))
  if (!listed) return no(`the ARC seal of ${newest} is not among the trusted ones`)
  if (passedBefore !== true) return no(`${newest} does not say that DMARC passed before`)
  const because = `the trusted forwarder ${newest} sealed that DMARC passed before (arc=pass)`
  return { evidence, outcome: 'overrides', action: 'deliver', type: 'trusted_forwarder', because }
}
