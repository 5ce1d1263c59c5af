import { parseMoment } from '../base/moment.ts'
import { oneLine } from '../message/field.ts'
import {
  type AggregateRecord,
  type AggregateReport,
  aggregateNamespace,
  type ReportedPolicy,
} from './aggregate.ts'
import {
  aggregateParents,
  inPolicy,
  singleInMetadata,
  wantedElements,
} from './aggregate-elements.ts'
import { readRecord } from './read-aggregate-record.ts'
import { atMost, checkRepeats } from './repeated-elements.ts'
import {
  ProblemList,
  type ReportProblem,
  type UnreadableReport,
  unreadable,
} from './report-problem.ts'
import { domainText, ValueReader } from './reported-value.ts'
import { child, childrenOf, readXmlElements, type XmlElement } from './xml-elements.ts'
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

const maxReportErrors = 20
/** Reports in one file. */
const maxReports = 20

/**
 * Reads the aggregate reports of a file, which is one, or several one behind the other: RFC 9990's,
 * RFC 7489's, and what is sent in their name. Elements are taken wherever they stand, in any
 * namespace and order; unknown ones are passed over; what is wrong is in `problems`. Never throws,
 * whatever the octets are.
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
  readXmlElements(
    text,
    { wanted: wantedElements, take, namespace, begin, parents: aggregateParents },
    problems,
  )
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

/** The year 9999 and later are no times of a report. */
const lastSecond = 253_402_300_799

/** Unix seconds; a time in RFC 3339, parts of a second and milliseconds are understood, too. */
function readTime(text: string | undefined, name: string, values: ValueReader): number | null {
  const written = (text ?? '').trim()
  const time = otherTime(written)
  if (time !== undefined) {
    const told = `${name} is written "${written}", not in seconds since 1970.`
    values.problem('unusual-value', name, told)
    return time
  }
  const seconds = values.whole(text, name)
  if (seconds === null || seconds <= lastSecond) return seconds
  values.problem('invalid-value', name, `${name} is ${seconds}, which is no time in seconds.`)
  return null
}

function otherTime(written: string): number | undefined {
  if (/^\d{9,10}\.\d{1,9}$/.test(written)) return Math.floor(Number(written))
  if (/^\d{13}$/.test(written)) return Math.floor(Number(written) / 1000)
  if (!/^\d{4}-/.test(written)) return undefined
  const withColon = written.replace(/([+-]\d\d)(\d\d)$/, '$1:$2')
  const ms = parseMoment(withColon) ?? parseMoment(`${withColon}Z`)
  return ms === undefined ? undefined : ms / 1000
}
