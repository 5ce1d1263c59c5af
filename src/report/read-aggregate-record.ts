import { oneLine } from '../message/field.ts'
import type {
  AggregateRecord,
  OverrideReason,
  ReportedDkim,
  ReportedResult,
  ReportedSpf,
} from './aggregate.ts'
import { atMost, checkRepeats } from './repeated-elements.ts'
import { domainText, type ValueReader, type WordChoice } from './reported-value.ts'
import { child, childrenOf, type XmlElement } from './xml-elements.ts'

const maxAuthResults = 100
const maxReasons = 20

const dispositions = { words: ['none', 'pass', 'quarantine', 'reject'] } as const
const evaluations = {
  words: ['pass', 'fail'],
  // RFC 9990 knows two words here; what is not a pass is a fail.
  synonyms: {
    none: 'fail',
    neutral: 'fail',
    softfail: 'fail',
    policy: 'fail',
    temperror: 'fail',
    permerror: 'fail',
  },
} as const
const results: WordChoice<ReportedResult> = {
  words: ['none', 'pass', 'fail', 'softfail', 'policy', 'neutral', 'temperror', 'permerror'],
  // RFC 7489 appendix C: "commonly implemented as" such.
  synonyms: { unknown: 'temperror', error: 'permerror', hardfail: 'fail', invalid: 'permerror' },
}
const scopes = { words: ['mfrom', 'helo'], synonyms: { mailfrom: 'mfrom', ehlo: 'helo' } } as const
const reasonTypes: WordChoice<OverrideReason> = {
  words: [
    'local_policy',
    'mailing_list',
    'other',
    'policy_test_mode',
    'trusted_forwarder',
    'forwarded',
    'sampled_out',
  ],
}

/** Reads one `record`, the `number`th of its report. */
export function readRecord(
  element: XmlElement,
  number: number,
  values: ValueReader,
): AggregateRecord {
  values.at(`record ${number}`)
  const row = child(element, 'row')
  const evaluated = child(row, 'policy_evaluated')
  // Drafts before RFC 7489 named it `identities`.
  const identifiers = child(element, 'identifiers') ?? child(element, 'identities')
  const authResults = childrenOf(element, 'auth_results')
  checkRepeats(element, ['row', 'identifiers'], values)
  checkRepeats(row, ['source_ip', 'count', 'policy_evaluated'], values)
  checkRepeats(evaluated, ['disposition', 'dkim', 'spf'], values)
  checkRepeats(identifiers, ['header_from', 'envelope_from', 'envelope_to'], values)
  const disposition = child(evaluated, 'disposition')?.text
  const resultsOf = (name: string): readonly XmlElement[] => {
    const all = authResults.flatMap((one) => childrenOf(one, name))
    return atMost(all, maxAuthResults, { name: `auth_results/${name}`, values })
  }
  return {
    sourceIp: values.address(child(row, 'source_ip')?.text, 'row/source_ip'),
    count: values.whole(child(row, 'count')?.text, 'row/count') ?? 0,
    disposition: values.word(disposition, 'policy_evaluated/disposition', dispositions),
    dkimAligned: values.word(child(evaluated, 'dkim')?.text, 'policy_evaluated/dkim', evaluations),
    spfAligned: values.word(child(evaluated, 'spf')?.text, 'policy_evaluated/spf', evaluations),
    reasons: readReasons(evaluated, values),
    headerFrom: domainText(
      values.required(child(identifiers, 'header_from')?.text, 'identifiers/header_from'),
    ),
    envelopeFrom: optionalDomain(child(identifiers, 'envelope_from')),
    envelopeTo: optionalDomain(child(identifiers, 'envelope_to')),
    dkim: resultsOf('dkim').flatMap((one) => readDkim(one, values)),
    spf: resultsOf('spf').map((one) => readSpf(one, values)),
  }
}

function readReasons(
  evaluated: XmlElement | undefined,
  values: ValueReader,
): AggregateRecord['reasons'] {
  const reasons = childrenOf(evaluated, 'reason')
  const place = { name: 'policy_evaluated/reason', values }
  return atMost(reasons, maxReasons, place).flatMap((reason) => {
    const written = child(reason, 'type')?.text
    const comment = values.optional(child(reason, 'comment')?.text)
    // An empty element, as some write when there is no reason.
    if ((written ?? '') === '' && comment === null) return []
    const type = values.word(written, 'policy_evaluated/reason/type', reasonTypes) ?? 'other'
    return [{ type, comment }]
  })
}

function readDkim(element: XmlElement, values: ValueReader): readonly ReportedDkim[] {
  const domain = domainText(oneLine(child(element, 'domain')?.text ?? '', 300))
  const result = values.word(child(element, 'result')?.text, 'auth_results/dkim/result', results)
  const humanResult = values.optional(child(element, 'human_result')?.text)
  const selector = values.optional(child(element, 'selector')?.text)
  // Many reports tell of an unsigned message by a signature of nobody.
  if (domain === '' && selector === null && (result === null || result === 'none')) return []
  return [{ domain, selector, result, humanResult }]
}

function readSpf(element: XmlElement, values: ValueReader): ReportedSpf {
  return {
    domain: domainText(oneLine(child(element, 'domain')?.text ?? '', 300)),
    scope: values.word(child(element, 'scope')?.text, 'auth_results/spf/scope', scopes),
    result: values.word(child(element, 'result')?.text, 'auth_results/spf/result', results),
    humanResult: values.optional(child(element, 'human_result')?.text),
  }
}

function optionalDomain(element: XmlElement | undefined): string | null {
  return element === undefined ? null : domainText(oneLine(element.text, 300))
}
