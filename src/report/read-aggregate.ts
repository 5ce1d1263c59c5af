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
import {
  ProblemList,
  type ReportProblem,
  type UnreadableReport,
  unreadable,
} from './report-problem.ts'
import { ValueReader, type WordChoice } from './reported-value.ts'
import { child, childrenOf, readXmlElements, type XmlElement } from './xml-elements.ts'
import type { XmlParents } from './xml-repair.ts'
import { decodeXml } from './xml-text.ts'

/** How much of a report is read. */
export interface AggregateLimits {
  /** Octets of the XML. A longer document is not read at all. */
  readonly maxOctets: number
  /** Records in the whole file; those behind are left out, and a problem says so. */
  readonly maxRecords: number
}

export const defaultAggregateLimits: AggregateLimits = {
  maxOctets: 32 << 20,
  maxRecords: 50_000,
}

const maxAuthResults = 100
const maxReasons = 20
const maxReportErrors = 20
/** Reports in one file. */
const maxReports = 20

/**
 * Reads the first aggregate report of a file; when there are others, a problem says so. See
 * `readAggregates`.
 */
export function readAggregate(
  octets: Uint8Array,
  limits: AggregateLimits = defaultAggregateLimits,
): AggregateReport | UnreadableReport {
  const [first, ...others] = readAggregates(octets, limits)
  if (others.length === 0) return first
  const text = `The file has ${others.length + 1} reports. This is the first one.`
  return { ...first, problems: [...first.problems, { code: 'passed-over', where: '', text }] }
}

/**
 * Reads the aggregate reports of a file, which is one, or several one behind the other: RFC 9990's, RFC 7489's, and what is sent in their name. Elements are
 * taken wherever they stand, in any namespace and order; unknown ones are passed over; what is
 * wrong is in `problems`. Never throws, whatever the octets are.
 */
export function readAggregates(
  octets: Uint8Array,
  limits: AggregateLimits = defaultAggregateLimits,
): readonly [AggregateReport | UnreadableReport, ...(AggregateReport | UnreadableReport)[]] {
  if (octets.length > limits.maxOctets) {
    const text = `The report has ${octets.length} octets; ${limits.maxOctets} are read.`
    return [unreadable({ code: 'too-large', where: '', text })]
  }
  const problems = new ProblemList()
  const { text, broken } = decodeXml(octets)
  if (broken) problems.add('encoding', '', 'Some octets are not in the character set it names.')
  const [first, ...others] = collect(text.trimStart(), limits, problems)
  if (first === undefined) {
    const told = 'This is no DMARC aggregate report: it has neither metadata nor a policy.'
    return [unreadable({ code: 'not-a-report', where: '', text: told }, ...problems.all())]
  }
  // What is wrong with the file is wrong with each of them.
  const ofFile = problems.all()
  return [assemble(first, ofFile), ...others.map((one) => assemble(one, ofFile))]
}

interface Parts {
  namespace: string | null
  version: string | null
  metadata: XmlElement | undefined
  policy: XmlElement | undefined
  readonly records: AggregateRecord[]
  /** What is wrong with this report alone. */
  readonly problems: ProblemList
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

const inRecord = ['row', 'identifiers', 'identities', 'auth_results']
const inPolicy = 'domain p sp np adkim aspf fo testing t discovery_method pct'.split(' ')
const singleInMetadata = 'org_name email report_id date_range'.split(' ')
const inMetadata = 'org_name email extra_contact_info report_id date_range error generator'.split(
  ' ',
)

/** RFC 9990 appendix A, and the names that earlier formats have beside. */
const parents: XmlParents = new Map<string, readonly string[]>([
  ['feedback', []],
  ['version', ['feedback']],
  ['report_metadata', ['feedback']],
  ['policy_published', ['feedback']],
  ['record', ['feedback']],
  ...inMetadata.map((name) => [name, ['report_metadata']] as const),
  ['begin', ['date_range']],
  ['end', ['date_range']],
  ...inPolicy.map((name) => [name, ['policy_published']] as const),
  ...inRecord.map((name) => [name, ['record']] as const),
  ['source_ip', ['row']],
  ['count', ['row']],
  ['policy_evaluated', ['row']],
  ['disposition', ['policy_evaluated']],
  ['reason', ['policy_evaluated']],
  ['type', ['reason']],
  ['comment', ['reason']],
  ['dkim', ['policy_evaluated', 'auth_results']],
  ['spf', ['policy_evaluated', 'auth_results']],
  ['domain', ['policy_published', 'dkim', 'spf']],
  ['selector', ['dkim']],
  ['scope', ['spf']],
  ['result', ['dkim', 'spf']],
  ['human_result', ['dkim', 'spf']],
  ['header_from', ['identifiers', 'identities']],
  ['envelope_from', ['identifiers', 'identities']],
  ['envelope_to', ['identifiers', 'identities']],
])

function openParts(): Parts {
  return {
    namespace: null,
    version: null,
    metadata: undefined,
    policy: undefined,
    records: [],
    problems: new ProblemList(),
  }
}

function isBegun({ metadata, policy, records }: Parts): boolean {
  return metadata !== undefined || policy !== undefined || records.length > 0
}

/** The reports of the file that have metadata or a policy. */
function collect(text: string, limits: AggregateLimits, problems: ProblemList): readonly Parts[] {
  let parts = openParts()
  const all = [parts]
  let records = 0
  const take = (element: XmlElement): 'go-on' | 'stop' => {
    const { name } = element
    if (name.startsWith('extension')) return 'go-on'
    const values = new ValueReader(parts.problems)
    if (name === 'version') {
      parts.version ??= oneLine(element.text, 20)
    } else if (name === 'report_metadata') {
      if (parts.metadata === undefined) parts.metadata = element
      else values.problem('passed-over', name, `${name} stands there again; the first was read.`)
    } else if (name === 'policy_published') {
      if (parts.policy === undefined) parts.policy = element
      else values.problem('passed-over', name, `${name} stands there again; the first was read.`)
    } else if (++records > limits.maxRecords) {
      const left = `It has more than ${limits.maxRecords} records. The rest was not read.`
      problems.add('too-large', 'record', left)
      return 'stop'
    } else parts.records.push(readRecord(element, parts.records.length + 1, values))
    return 'go-on'
  }
  const begin = (element: string): void => {
    if (element !== 'feedback' || !isBegun(parts)) return
    parts = openParts()
    if (all.length < maxReports) all.push(parts)
    else if (all.length === maxReports) {
      all.push(parts)
      const left = `The file has more than ${maxReports} reports. The rest was not read.`
      problems.add('too-large', '', left)
    }
  }
  const namespace = (uri: string, element: string): void => {
    const known = uri === aggregateNamespace
    // It stands in the tag that begins the next report.
    if (element === 'feedback') begin(element)
    if (element === 'feedback' && (known || parts.namespace === null)) {
      parts.namespace = oneLine(uri, 200)
    }
  }
  readXmlElements(text, { wanted, take, namespace, begin, parents }, problems)
  const read = all.slice(0, maxReports)
  const reports = read.filter(({ metadata, policy }) => {
    return metadata !== undefined || policy !== undefined
  })
  const lost = read.reduce((sum, one) => sum + (reports.includes(one) ? 0 : one.records.length), 0)
  if (lost > 0) {
    const told = `${lost} records stand in no report: neither metadata nor a policy is with them.`
    problems.add('passed-over', 'record', told)
  }
  return reports
}

/** Tells of elements that stand more often than they may; the first one is what is read. */
function checkRepeats(
  element: XmlElement | undefined,
  names: readonly string[],
  values: ValueReader,
): void {
  for (const name of names) {
    const count = childrenOf(element, name).length
    if (count < 2) continue
    values.problem('passed-over', name, `${name} stands there ${count} times; one was read.`)
  }
}

/** As many as are read; a problem says when there are more. */
function atMost(
  list: readonly XmlElement[],
  max: number,
  { name, values }: { readonly name: string; readonly values: ValueReader },
): readonly XmlElement[] {
  if (list.length <= max) return list
  values.problem('too-large', name, `${name} stands there ${list.length} times; ${max} were read.`)
  return list.slice(0, max)
}

function assemble(parts: Parts, ofFile: readonly ReportProblem[]): AggregateReport {
  const { metadata, problems } = parts
  const format = parts.namespace === aggregateNamespace ? 'rfc9990' : 'rfc7489'
  const values = new ValueReader(problems)
  values.at('report_metadata')
  checkRepeats(metadata, singleInMetadata, values)
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
  const errors = atMost(childrenOf(metadata, 'error'), maxReportErrors, { name: 'error', values })
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
    errors: errors.map((one) => oneLine(one.text)).filter((one) => one !== ''),
    policy,
    records: parts.records,
    problems: [...ofFile, ...problems.all()],
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
  checkRepeats(element, inPolicy, values)
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
