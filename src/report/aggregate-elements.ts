import type { XmlParents } from './xml-repair.ts'

/** Elements that are read whole, wherever they stand. */
export const wantedElements: ReadonlySet<string> = new Set([
  'version',
  'report_metadata',
  'policy_published',
  'record',
  // Whatever stands in it has other names than ours, even where they sound alike (RFC 9990 §3.1.1.6).
  'extension',
  'extensions',
])

const inRecord = ['row', 'identifiers', 'identities', 'auth_results']
/** What stands in `policy_published`. */
export const inPolicy: readonly string[] =
  'domain p sp np adkim aspf fo testing t discovery_method pct'.split(' ')
/** What stands once in `report_metadata`. */
export const singleInMetadata: readonly string[] = 'org_name email report_id date_range'.split(' ')
const inMetadata = 'org_name email extra_contact_info report_id date_range error generator'.split(
  ' ',
)

/** What stands in what: RFC 9990 appendix A, and the names that earlier formats have beside. */
export const aggregateParents: XmlParents = new Map<string, readonly string[]>([
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
