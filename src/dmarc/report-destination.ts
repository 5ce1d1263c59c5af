import { isWithin, parseDomain } from '../address/domain.ts'
import { type DnsFailure, type Resolver, isQueryableName } from '../dns/resolver.ts'
import { PolicyLookup } from './lookup.ts'
import { isDmarcRecord, readTagList } from './record.ts'
import { parseReportUri, type ReportUri } from './report-uri.ts'
import { organizationalDomain, walkTree } from './discovery.ts'

/** Whether reports about one domain may go to a place. Plain data. */
export type ReportDestination =
  /** Inside the organization: nobody else has to agree. */
  | { readonly result: 'internal'; readonly uri: ReportUri }
  /** Outside, and the place has agreed. `override` replaces the URI when it is not empty. */
  | {
      readonly result: 'authorized'
      readonly uri: ReportUri
      readonly asked: string
      readonly override: readonly ReportUri[]
    }
  /** Outside, and it has not: the URI is to be ignored. */
  | {
      readonly result: 'unauthorized'
      readonly uri: ReportUri
      readonly asked: string | null
      readonly because: 'no-record' | 'name-too-long' | 'override-elsewhere'
    }
  | {
      readonly result: 'temperror'
      readonly uri: ReportUri
      readonly asked: string | null
      readonly failure: DnsFailure | null
    }
  /** Not a URI, or one without a host. */
  | { readonly result: 'unusable'; readonly text: string }

export interface ReportDestinationInput {
  /** The domain at which the policy record was found. */
  readonly policyDomain: string
  /** One element of its `rua` or `ruf`. */
  readonly uri: string
  /** Which of the two; the agreeing record may name another place for each. `rua` by default. */
  readonly tag?: 'rua' | 'ruf'
}

/**
 * Verifies a place for reports: one outside the organization must publish a record at
 * `<policy domain>._report._dmarc.<host>`. RFC 9990 §4.
 *
 * Asks at most eight names of each tree, and that one.
 */
export async function checkReportDestination(
  input: ReportDestinationInput,
  resolver: Resolver,
): Promise<ReportDestination> {
  const uri = parseReportUri(input.uri)
  const policyDomain = parseDomain(input.policyDomain)
  const host = uri?.host
  if (uri === undefined || policyDomain === undefined || host === undefined || host === null) {
    return { result: 'unusable', text: input.uri.slice(0, 200) }
  }
  const inside = await isSameOrganization(policyDomain, host, new PolicyLookup(resolver))
  if (inside === 'unknown') return { result: 'temperror', uri, asked: null, failure: null }
  if (inside) return { result: 'internal', uri }
  const asked = `${policyDomain}._report._dmarc.${host}`
  // RFC 9990 §4 step 4
  if (!isQueryableName(asked)) {
    return { result: 'unauthorized', uri, asked: null, because: 'name-too-long' }
  }
  const answer = await resolver.resolve(asked, 'TXT')
  if (answer.type === 'failed') return { result: 'temperror', uri, asked, failure: answer.reason }
  const records = answer.type === 'found' ? answer.records.filter(agrees) : []
  if (records.length === 0) return { result: 'unauthorized', uri, asked, because: 'no-record' }
  const override = records.flatMap((text) => urisOf(text, input.tag ?? 'rua'))
  // "MUST NOT generate a report to either the original or the override URI"
  if (override.some((one) => one.host !== host)) {
    return { result: 'unauthorized', uri, asked, because: 'override-elsewhere' }
  }
  return { result: 'authorized', uri, asked, override }
}

/** RFC 9990 §4, the paragraph before the steps. */
async function isSameOrganization(
  policyDomain: string,
  host: string,
  lookup: PolicyLookup,
): Promise<boolean | 'unknown'> {
  if (policyDomain === host) return true
  const policyWalk = await walkTree(policyDomain, lookup)
  const org = organizationalDomain(policyWalk)
  if (org === null) return 'unknown'
  // An Organizational Domain is its name or one above it.
  if (!isWithin(host, org)) return false
  const hostOrg = organizationalDomain(await walkTree(host, lookup))
  return hostOrg === null ? 'unknown' : hostOrg === org
}

/** RFC 9990 §4 step 6: a series of `tag=value` pairs that begins with the version. */
function agrees(text: string): boolean {
  if (!isDmarcRecord(text)) return false
  const { malformed, duplicate } = readTagList(text)
  return malformed.length === 0 && duplicate === undefined
}

function urisOf(text: string, tag: 'rua' | 'ruf'): ReportUri[] {
  const list = readTagList(text).tags.get(tag)
  if (list === undefined) return []
  return list.split(',', 50).flatMap((piece) => parseReportUri(piece) ?? [])
}
