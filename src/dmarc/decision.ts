import type { DmarcPolicy } from './record.ts'
import { type DmarcVerdict, wasNotAsked } from './verdict.ts'
import {
  type Consideration,
  type DecisionEvidence,
  type EvidenceAction,
  type OverrideType,
  weighEvidence,
} from './weighing.ts'

export type {
  ArcEvidence,
  Consideration,
  DecisionEvidence,
  EvidenceAction,
  ForwarderEvidence,
  LocalPolicyEvidence,
  MailingListEvidence,
  OverrideType,
} from './weighing.ts'

/** What is to be done with the message. */
export type DecisionAction = EvidenceAction | 'defer'

export interface PolicyOverride {
  readonly type: OverrideType
  readonly comment: string
}

/** What DMARC comes to for one message, with what was weighed. Plain data. */
export interface DmarcDecision {
  readonly action: DecisionAction
  /** What the domain owner wants done with this message; `null` when no policy bears on it. */
  readonly askedFor: DmarcPolicy | null
  /** What was done, in the words of a report; `null` while it is deferred. */
  readonly did: DmarcPolicy | null
  /** Present where less or more was done than the published policy says. RFC 9990 §3.1.1.9. */
  readonly override: PolicyOverride | null
  /** Each kind of evidence with what it came to; empty when there was nothing to weigh. */
  readonly considered: readonly Consideration[]
  /** One sentence. */
  readonly because: string
}

/** What a receiver may choose. RFC 9989 §4.10.1, §5.3.6 and §11.5 leave these open. */
export interface DecisionOptions {
  /** A DNS error kept the policy from being found. */
  readonly onUnknownPolicy: 'deliver' | 'mark-as-spam' | 'defer'
  /** The policy is quarantine or reject, and a DNS error keeps it open whether the message passes. */
  readonly onUnknownResult: 'deliver' | 'mark-as-spam' | 'defer'
  /** No From field, several, one without a domain, or one with too many. */
  readonly onInvalidAuthor: EvidenceAction
}

/**
 * What cannot be known is delivered where nobody asked for protection, and asked for again where
 * somebody did: delivering it would let a forger profit from a broken name server. A message without
 * one author escapes DMARC, so it is not put among the good mail, and not lost either.
 */
export const defaultDecisionOptions: DecisionOptions = {
  onUnknownPolicy: 'deliver',
  onUnknownResult: 'defer',
  onInvalidAuthor: 'mark-as-spam',
}

export interface DecisionInput {
  readonly dmarc: DmarcVerdict
  readonly evidence: DecisionEvidence
}

/**
 * Decides what DMARC means for a message. RFC 9989 §5.3.6, §5.4, §7.4. Pure.
 *
 * A receiver must not refuse on `p=reject` alone (§7.4): the evidence is weighed first, and the first
 * that speaks for the message overrides the policy by name. With evidence looked at and nothing found
 * in the message's favour, reject means refused. With no evidence looked at, it means marked as spam.
 * `p=none` changes nothing (§5.4).
 */
export function decideDmarc(
  { dmarc, evidence }: DecisionInput,
  options: DecisionOptions = defaultDecisionOptions,
): DmarcDecision {
  const nothing = { override: null, considered: [] }
  switch (dmarc.result) {
    case 'pass': {
      const because = `${dmarc.authorDomain ?? ''} authenticated this message`
      return { action: 'deliver', askedFor: null, did: 'none', ...nothing, because }
    }
    case 'none': {
      const because = `${dmarc.authorDomain ?? ''} publishes no policy`
      return { action: 'deliver', askedFor: null, did: 'none', ...nothing, because }
    }
    case 'permerror': {
      const action = options.onInvalidAuthor
      const because = authorProblems[dmarc.because]
      return { action, askedFor: null, did: doneBy(action), ...nothing, because }
    }
    case 'temperror': {
      const known = dmarc.disposition
      const action = known === null ? options.onUnknownPolicy : options.onUnknownResult
      // RFC 9989 §5.4: p=none changes nothing, not even for what could not be checked.
      const taken = known === 'none' ? 'deliver' : action
      const because = wasNotAsked(dmarc)
        ? `${dmarc.authorDomain} is not looked up here, so DMARC cannot tell`
        : `${openQuestions[dmarc.because]}, so DMARC cannot tell yet`
      return { action: taken, askedFor: known, did: doneBy(taken), ...nothing, because }
    }
    case 'fail':
      return decideFailure(dmarc, evidence)
  }
}

function decideFailure(
  dmarc: DmarcVerdict & { readonly result: 'fail' },
  evidence: DecisionEvidence,
): DmarcDecision {
  const { disposition: askedFor, policy } = dmarc
  const owner = dmarc.record.domain
  const testing = testMode(policy, askedFor, owner)
  if (askedFor === 'none') {
    const because = testing?.comment ?? `${owner} asks for nothing to be done with mail that fails`
    const done = { action: 'deliver', did: 'none', considered: [] } as const
    return { ...done, askedFor, override: testing, because }
  }
  const considered = weighEvidence(evidence, dmarc)
  const decisive = considered.find((one) => one.outcome === 'overrides')
  if (decisive !== undefined) {
    const { action, because } = decisive
    const override = { type: decisive.type, comment: because }
    return { action, askedFor, did: doneBy(action), override, considered, because }
  }
  const wish = `${owner} asks to ${askedFor} mail that fails`
  if (askedFor === 'quarantine') {
    const because = testing?.comment ?? `${wish}, and nothing known speaks for this message`
    const done = { action: 'mark-as-spam', did: 'quarantine' } as const
    return { ...done, askedFor, override: testing, considered, because }
  }
  // RFC 9989 §7.4: "In the absence of other knowledge and analysis … as if the policy were
  // quarantine".
  if (considered.every((one) => one.outcome === 'not-considered')) {
    const because = `${wish}; nothing else was looked at, and a policy alone refuses nothing`
    const override = { type: 'local_policy', comment: because } as const
    const done = { action: 'mark-as-spam', did: 'quarantine' } as const
    return { ...done, askedFor, override, considered, because }
  }
  const because = `${wish}, and nothing known speaks for this message`
  return { action: 'refuse', askedFor, did: 'reject', override: null, considered, because }
}

function testMode(
  policy: DmarcPolicy,
  disposition: DmarcPolicy,
  owner: string,
): PolicyOverride | null {
  if (policy === disposition) return null
  const comment = `${owner} is testing: ${policy} is applied as ${disposition} (t=y)`
  return { type: 'policy_test_mode', comment }
}

/** What an action is called in a report. */
function doneBy(action: DecisionAction): DmarcPolicy | null {
  switch (action) {
    case 'deliver':
      return 'none'
    case 'mark-as-spam':
      return 'quarantine'
    case 'refuse':
      return 'reject'
    case 'defer':
      return null
  }
}

const authorProblems = {
  'no-author': 'no From field names a domain',
  'several-from-fields': 'there are several From fields',
  'too-many-authors': 'From names too many domains',
} as const

const openQuestions = {
  'policy-unknown': 'a DNS error keeps the policy unknown',
  'alignment-unknown': 'a DNS error keeps it open whether the message is authenticated',
  'existence-unknown': 'a DNS error keeps it open whether the author domain exists',
} as const
