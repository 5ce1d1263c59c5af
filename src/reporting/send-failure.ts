import { isWithin } from '../address/domain.ts'
import type { DkimVerdict } from '../dkim/dkim.ts'
import type { DmarcDecision } from '../dmarc/decision.ts'
import type { Resolver } from '../dns/resolver.ts'
import type { Evaluation } from '../inspect/inspection.ts'
import type { HeaderField } from '../message/field.ts'
import { isAutomatic } from '../report/automatic.ts'
import { buildFailureMail, type FailureMailInput } from '../report/failure-mail.ts'
import {
  type FailureLimiter,
  type FailurePermit,
  type FailureWish,
  failureWish,
} from '../report/failure-policy.ts'
import { type Destinations, findDestinations, type RefusedDestination } from './destinations.ts'
import type { OutgoingReport } from './send-aggregate.ts'

/** A message that was judged, and what a report about it needs. */
export interface FailureRun
  extends Pick<
    FailureMailInput,
    'authenticationResults' | 'include' | 'redact' | 'from' | 'reporter' | 'random'
  > {
  /** The message; asked for only when a report is made. */
  readonly original: () => Promise<FailureMailInput['original']>
  readonly evaluation: Evaluation
  readonly decision: DmarcDecision
  /** The header, to tell a person's message from a program's. */
  readonly fields: readonly HeaderField[]
  readonly reversePath: string
  readonly envelopeId: string
  readonly sourcePort?: number
  /** Unix milliseconds. */
  readonly arrivedAt: number
  readonly now: number
  readonly limiter: FailureLimiter
  readonly resolver: Resolver
  /** Whether mail can get to an address from here. */
  readonly reaches: (address: string) => Promise<boolean>
  /** Fulfils when the report is safe, and with it what is told of it. */
  readonly submit: (report: OutgoingReport, outcome: SentFailure) => Promise<void>
}

/** A failure report that was handed over. Plain data. */
export interface SentFailure {
  readonly result: 'sent'
  readonly to: readonly string[]
  readonly incidents: number
  readonly refused: readonly RefusedDestination[]
}

/** What became of a failure report. Plain data. */
export type FailureOutcome =
  | SentFailure
  | {
      readonly result: 'not-sent'
      readonly because:
        | Extract<FailureWish, { report: false }>['because']
        | Extract<FailurePermit, { send: false }>['because']
        | 'no-destination'
      readonly refused: readonly RefusedDestination[]
    }

/**
 * Tells a domain owner of one message that failed, when the owner asks for it (`ruf`, `fo`), the
 * operator allows it, and the limits leave room. RFC 9991.
 */
export async function sendFailureReport(run: FailureRun): Promise<FailureOutcome> {
  const { evaluation, limiter, now } = run
  const { dmarc, spf } = evaluation
  const { record, authorDomain } = dmarc
  const no = (because: Extract<FailureOutcome, { result: 'not-sent' }>['because']) => {
    return { result: 'not-sent', because, refused: [] } as const
  }
  if (record === null || authorDomain === null) return no('not-wanted')
  const { tags, domain: policyDomain } = record
  const wish = failureWish({
    policyDomain,
    psd: tags.psd,
    fo: tags.fo,
    wanted: tags.ruf.length > 0,
    dkim: dmarc.dkim,
    spf: dmarc.spf,
    automatic: isAutomatic(run.fields, run.reversePath).automatic,
  })
  if (!wish.report) return no(wish.because)
  // The limit comes before DNS: a flood of forged mail must not become a flood of questions.
  const permit = limiter.permit(policyDomain, now)
  if (!permit.send) return no(permit.because)
  const uris = tags.ruf.map(({ uri }) => uri)
  const found = await findDestinations({ policyDomain, uris, tag: 'ruf' }, run.resolver)
  const { mailboxes, refused } = await admitted(found, run)
  if (mailboxes.length === 0) {
    limiter.holdBack(policyDomain, permit.incidents)
    return { ...no('no-destination'), refused }
  }
  const inside = (name: string | undefined): boolean => {
    return name !== undefined && isWithin(name, dmarc.orgDomain ?? authorDomain)
  }
  const failed = evaluation.dkim.find((one) => one.result !== 'pass' && inside(one.domain))
  const { message, messageId } = buildFailureMail({
    ...run,
    authFailure: wish.authFailure === 'signature' ? kindOf(failed) : wish.authFailure,
    identityAlignment: wish.identityAlignment,
    deliveryResult: deliveryResult(run.decision),
    sourceIp: spf.ip,
    originalMailFrom: run.reversePath,
    originalEnvelopeId: run.envelopeId,
    reportedDomain: authorDomain,
    original: await run.original(),
    incidents: permit.incidents,
    ...signatureOf(failed),
    // RFC 9991 §4: required when SPF failed for a domain that would be aligned.
    ...(spf.result !== 'pass' && inside(spf.domain) && spf.record !== undefined
      ? { spf: { domain: spf.domain, record: spf.record } }
      : {}),
    to: mailboxes,
  })
  const outcome: SentFailure = {
    result: 'sent',
    to: mailboxes,
    incidents: permit.incidents,
    refused,
  }
  // Nobody shall be told that a failure report failed.
  const report = { reportId: messageId, reversePath: '', recipients: mailboxes, message }
  await run.submit(report, outcome)
  return outcome
}

/** Of the places that may have the report, those that can get it and have room for it today. */
async function admitted(
  found: Destinations,
  { reaches, limiter, now }: FailureRun,
): Promise<Destinations> {
  const refused = [...found.refused]
  const mailboxes: string[] = []
  for (const mailbox of found.mailboxes) {
    const there = await reaches(mailbox)
    if (there && limiter.admit(mailbox, now)) mailboxes.push(mailbox)
    else refused.push({ uri: `mailto:${mailbox}`, because: there ? 'limit' : 'no-mailbox' })
  }
  return { mailboxes, refused }
}

function signatureOf(verdict: DkimVerdict | undefined): Pick<FailureMailInput, 'dkim'> {
  const { domain, selector, identity } = verdict ?? {}
  if (domain === undefined || selector === undefined) return {}
  return { dkim: { domain, selector, identity: identity ?? `@${domain}` } }
}

/** RFC 6591 §3.1. */
function kindOf(verdict: DkimVerdict | undefined): FailureMailInput['authFailure'] {
  if (verdict === undefined || verdict.result === 'pass') return 'signature'
  switch (verdict.reason.code) {
    case 'body-hash-mismatch':
      return 'bodyhash'
    case 'key-revoked':
      return 'revoked'
    default:
      return 'signature'
  }
}

function deliveryResult({ action }: DmarcDecision): FailureMailInput['deliveryResult'] {
  switch (action) {
    case 'deliver':
      return 'delivered'
    case 'mark-as-spam':
      return 'spam'
    case 'refuse':
      return 'reject'
    case 'defer':
      return 'other'
  }
}
