import {
  type AggregateRecord,
  type AggregateReport,
  aggregateNamespace,
  type OverrideReason,
  type ReportedDkim,
  type ReportedPolicy,
  type ReportedResult,
  type ReportedSpf,
} from './aggregate.ts'
import { oneLine } from '../message/fold.ts'
import { ProblemList, type UnreadableReport, unreadable } from './report-problem.ts'
import { ValueReader, type WordChoice } from './reported-value.ts'
import { child, childrenOf, readXmlElements, type XmlElement } from './xml-elements.ts'
import { decodeXml } from './xml-text.ts'

/** How much of a report is read. */
export interface AggregateLimits {
  /** Octets of the XML. A longer document is not read at all. */
  readonly maxOctets: number
  /** Records; those behind are left out, and a problem says so. */
  readonly maxRecords: number
}

export const defaultAggregateLimits: AggregateLimits = {
  maxOctets: 32 << 20,
  maxRecords: 50_000,
}

const maxAuthResults = 100
const maxReasons = 20
const maxReportErrors = 20

/**
 * Reads an aggregate report: RFC 9990's, RFC 7489's, and what is sent in their name. Elements are
 * taken wherever they stand, in any namespace and order; unknown ones are passed over; what is
 * wrong is in `problems`. Never throws, whatever the octets are.
 */
export function readAggregate(
  octets: Uint8Array,
  limits: AggregateLimits = defaultAggregateLimits,
): AggregateReport | UnreadableReport {
  if (octets.length > limits.maxOctets) {
    const text = `The report has ${octets.length} octets; ${limits.maxOctets} are read.`
    return unreadable({ code: 'too-large', where: '', text })
  }
  const problems = new ProblemList()
  const { text, broken } = decodeXml(octets)
  if (broken) problems.add('encoding', '', 'Some octets are not in the character set it names.')
  const parts = collect(text.trimStart(), limits, problems)
  if (parts.metadata === undefined && parts.policy === undefined) {
    const told = 'This is no DMARC aggregate report: it has neither metadata nor a policy.'
    return unreadable({ code: 'not-a-report', where: '', text: told }, ...problems.all())
  }
  return assemble(parts, problems)
}

interface Parts {
  namespace: string | null
  version: string | null
  metadata: XmlElement | undefined
  policy: XmlElement | undefined
  readonly records: AggregateRecord[]
}

const wanted: ReadonlySet<string> = new Set([
  'version',
  'report_metadata',
  'policy_published',
  'record',
  // Whatever stands in it has other names than ours, even where they sound alike (RFC 9990 §3.1.1.6).
  'extension',
  'extensions',
])

function collect(text: string, limits: AggregateLimits, problems: ProblemList): Parts {
  const values = new ValueReader(problems)
  const parts: Parts = {
    namespace: null,
    version: null,
    metadata: undefined,
    policy: undefined,
    records: [],
  }
  const take = (element: XmlElement): 'go-on' | 'stop' => {
    if (element.name.startsWith('extension')) return 'go-on'
    if (element.name === 'version') {
      parts.version ??= oneLine(element.text, 20)
      return 'go-on'
    }
    if (element.name === 'report_metadata') parts.metadata ??= element
    else if (element.name === 'policy_published') parts.policy ??= element
    else if (parts.records.length >= limits.maxRecords) {
      const left = `It has more than ${limits.maxRecords} records. The rest was not read.`
      problems.add('too-large', 'record', left)
      return 'stop'
    } else parts.records.push(readRecord(element, parts.records.length + 1, values))
    return 'go-on'
  }
  const namespace = (uri: string, element: string): void => {
    const known = uri === aggregateNamespace
    if (element === 'feedback' && (known || parts.namespace === null)) {
      parts.namespace = oneLine(uri, 200)
    }
  }
  readXmlElements(text, { wanted, take, namespace }, problems)
  return parts
}

function assemble(parts: Parts, problems: ProblemList): AggregateReport {
  const { metadata } = parts
  const format = parts.namespace === aggregateNamespace ? 'rfc9990' : 'rfc7489'
  const values = new ValueReader(problems)
  values.at('report_metadata')
  const text = (name: string): string | undefined => child(metadata, name)?.text
  const range = child(metadata, 'date_range')
  const begin = readTime(child(range, 'begin')?.text, 'date_range/begin', values)
  const end = readTime(child(range, 'end')?.text, 'date_range/end', values)
  if (begin !== null && end !== null && begin > end) {
    values.problem('invalid-value', 'date_range', 'The period ends before it begins.')
  }
  const orgName = values.required(text('org_name'), 'org_name')
  const email = values.required(text('email'), 'email')
  const reportId = values.required(text('report_id'), 'report_id')
  const policy = readPolicy(parts.policy, values)
  values.at('')
  if (parts.records.length === 0) values.problem('missing', 'record', 'It has no record.')
  if (format === 'rfc9990') checkSelectors(parts.records, values)
  return {
    type: 'aggregate',
    format,
    namespace: parts.namespace,
    version: parts.version === '' ? null : parts.version,
    orgName,
    email,
    extraContactInfo: values.optional(text('extra_contact_info')),
    generator: values.optional(text('generator')),
    reportId,
    begin,
    end,
    errors: childrenOf(metadata, 'error')
      .slice(0, maxReportErrors)
      .map((one) => oneLine(one.text))
      .filter((one) => one !== ''),
    policy,
    records: parts.records,
    problems: problems.all(),
  }
}

/** RFC 9990 §3.1.1.12 requires what RFC 7489 left free. */
function checkSelectors(records: readonly AggregateRecord[], values: ValueReader): void {
  const without = records.filter(({ dkim }) => dkim.some((one) => one.selector === null))
  if (without.length === 0) return
  const told = `A selector is missing in ${without.length} of the records.`
  values.problem('missing', 'auth_results/dkim/selector', told)
}

const policies = { words: ['none', 'quarantine', 'reject'] } as const
const modes = { words: ['r', 's'], synonyms: { relaxed: 'r', strict: 's' } } as const
const yesNo = { words: ['y', 'n'], synonyms: { yes: 'y', no: 'n', true: 'y', false: 'n' } } as const
const methods = { words: ['psl', 'treewalk'], synonyms: { 'tree-walk': 'treewalk' } } as const

function readPolicy(element: XmlElement | undefined, values: ValueReader): ReportedPolicy {
  values.at('policy_published')
  const text = (name: string): string | undefined => child(element, name)?.text
  const pct = text('pct')
  const p = values.word(text('p'), 'p', policies)
  if (element !== undefined && (text('p') ?? '') === '') {
    values.problem('missing', 'p', 'p is missing.')
  }
  return {
    domain: domainText(values.required(text('domain'), 'domain')),
    p,
    sp: values.word(text('sp'), 'sp', policies),
    np: values.word(text('np'), 'np', policies),
    adkim: values.word(text('adkim'), 'adkim', modes),
    aspf: values.word(text('aspf'), 'aspf', modes),
    fo: values.optional(text('fo')),
    // Some early reports of the newer kind use the name of the tag.
    testing: values.word(text('testing') ?? text('t'), 'testing', yesNo),
    discoveryMethod: values.word(text('discovery_method'), 'discovery_method', methods),
    pct: (pct ?? '') === '' ? null : values.whole(pct, 'pct'),
  }
}

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

function readRecord(element: XmlElement, number: number, values: ValueReader): AggregateRecord {
  values.at(`record ${number}`)
  const row = child(element, 'row')
  const evaluated = child(row, 'policy_evaluated')
  // Drafts before RFC 7489 named it `identities`.
  const identifiers = child(element, 'identifiers') ?? child(element, 'identities')
  const results_ = child(element, 'auth_results')
  const disposition = child(evaluated, 'disposition')?.text
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
    dkim: childrenOf(results_, 'dkim')
      .slice(0, maxAuthResults)
      .flatMap((one) => readDkim(one, values)),
    spf: childrenOf(results_, 'spf')
      .slice(0, maxAuthResults)
      .map((one) => readSpf(one, values)),
  }
}

function readReasons(
  evaluated: XmlElement | undefined,
  values: ValueReader,
): AggregateRecord['reasons'] {
  return childrenOf(evaluated, 'reason')
    .slice(0, maxReasons)
    .flatMap((reason) => {
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

function domainText(text: string): string {
  const lower = text.toLowerCase()
  return lower.endsWith('.') && lower.length > 1 ? lower.slice(0, -1) : lower
}

/** The year 9999 and later are no times of a report. */
const lastSecond = 253_402_300_799

/** Unix seconds; a date in ISO 8601 is understood, too. */
function readTime(text: string | undefined, name: string, values: ValueReader): number | null {
  const written = (text ?? '').trim()
  if (/^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?)?$/.test(written)) {
    const zoned = /\d\d:\d\d:\d\d.*(?:Z|[+-]\d\d:?\d\d)$/.test(written)
    const ms = Date.parse(zoned || !/[T ]/.test(written) ? written : `${written}Z`)
    if (Number.isFinite(ms)) {
      const told = `${name} is written "${written}", not in seconds since 1970.`
      values.problem('unusual-value', name, told)
      return Math.floor(ms / 1000)
    }
  }
  const seconds = values.whole(text, name)
  if (seconds === null || seconds <= lastSecond) return seconds
  values.problem('invalid-value', name, `${name} is ${seconds}, which is no time in seconds.`)
  return null
}
