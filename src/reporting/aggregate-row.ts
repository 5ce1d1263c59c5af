import type { DkimVerdict } from '../dkim/dkim.ts'
import type { DmarcDecision } from '../dmarc/decision.ts'
import type { DmarcVerdict } from '../dmarc/dmarc.ts'
import type { Evaluation } from '../inspect/inspection.ts'
import { oneLine } from '../message/field.ts'
import type { ReportedDisposition } from '../report/aggregate.ts'
import type { AggregateRow, RowDkim, RowPolicy } from '../report/gather-aggregate.ts'

/** A verdict of ours as the record of a message has it. */
export interface JudgedMessage {
  /** Unix milliseconds. */
  readonly receivedAt: number
  readonly evaluation: Evaluation
  readonly decision: DmarcDecision
}

/**
 * What an aggregate report says of a message; `undefined` when no policy bears on it, and when it
 * was put off: it comes again, and is counted then.
 */
export function aggregateRow({
  receivedAt,
  evaluation,
  decision,
}: JudgedMessage): AggregateRow | undefined {
  const { spf, dkim, dmarc } = evaluation
  const { record, authorDomain, policy } = dmarc
  if (record === null || authorDomain === null || decision.did === null) return undefined
  const { domain, tags } = record
  const passed = dmarc.result === 'pass'
  const did: ReportedDisposition = passed && policy !== 'none' ? 'pass' : decision.did
  return {
    receivedAt,
    sourceIp: spf.ip,
    headerFrom: authorDomain,
    // SPF looked at HELO because the reverse-path was null (RFC 7208 §2.4).
    envelopeFrom: spf.identity === 'helo' ? '' : spf.domain,
    dkim: dkim.flatMap((verdict) => signature(verdict, dmarc)),
    spf: { domain: spf.domain, result: spf.result },
    dkimAligned: dmarc.dkimAligned,
    spfAligned: dmarc.spfAligned,
    disposition: did,
    overrides: overridesOf(dmarc, decision),
    policy: {
      domain,
      p: tags.p,
      // RFC 9990 §3.1.1.5: "the discovered or default value".
      sp: tags.sp ?? tags.p,
      np: tags.np ?? tags.sp ?? tags.p,
      adkim: tags.adkim,
      aspf: tags.aspf,
      fo: tags.fo.join(':'),
      testing: tags.t,
      rua: tags.rua.map(({ uri }) => uri),
      problems: recordProblems(tags.problems),
    },
    count: 1,
  }
}

function signature(verdict: DkimVerdict, dmarc: DmarcVerdict): readonly RowDkim[] {
  const { domain, selector = '', result } = verdict
  if (domain === undefined) return []
  const aligned =
    result === 'pass' &&
    dmarc.dkim.some((one) => {
      return one.aligned && one.domain === domain && (one.selector ?? '') === selector
    })
  const humanResult = verdict.result === 'pass' ? undefined : oneLine(verdict.reason.text, 200)
  return [
    { domain, selector, result, aligned, ...(humanResult === undefined ? {} : { humanResult }) },
  ]
}

/** RFC 9990 §3.1.1.9: where less or more was done than is published, a reason must be there. */
function overridesOf(dmarc: DmarcVerdict, decision: DmarcDecision): AggregateRow['overrides'] {
  if (decision.override !== null) return [decision.override]
  if (dmarc.result === 'pass' || decision.did === dmarc.policy) return []
  return [{ type: 'other', comment: oneLine(decision.because, 300) }]
}

function recordProblems(
  problems: readonly { readonly tag: string; readonly value: string }[],
): RowPolicy['problems'] {
  return problems.map(({ tag, value }) => {
    if (tag === '') return `The record holds "${oneLine(value, 60)}", which is no tag.`
    if (value === '') return `The tag ${oneLine(tag, 20)} is missing.`
    return `The tag ${oneLine(tag, 20)} has the value "${oneLine(value, 60)}", which is not valid.`
  })
}
