/** What is kept of DNS answers and records in a verdict: enough to see why, and bounded. */
import type { DnsAnswer, MxRecord } from '../dns/resolver.ts'
import type { SpfLookup, SpfRecordType } from './verdict.ts'

const maxRecords = 10
const maxRecordLength = 300
const maxPolicyLength = 2000

/** Terms listed for one record, and for all of a check; those that decide are listed beyond it. */
export const maxTerms = 100
export const maxTermsInAll = 300

/** A short form of an answer. */
export function lookupOf(
  name: string,
  type: SpfRecordType,
  answer: DnsAnswer<string | MxRecord>,
): SpfLookup {
  if (answer.type === 'failed') return { name, type, answer: 'failed', reason: answer.reason }
  if (answer.type !== 'found') return { name, type, answer: answer.type }
  const { records } = answer
  const shown = records.length > maxRecords ? records.slice(0, maxRecords) : records
  return { name, type, answer: 'found', count: records.length, records: shown.map(recordText) }
}

/** The same for the TXT records of a domain whose policy is shown elsewhere. */
export function policyLookupOf(name: string, answer: DnsAnswer<string>): SpfLookup {
  if (answer.type !== 'found') return lookupOf(name, 'TXT', answer)
  return { name, type: 'TXT', answer: 'found', count: answer.records.length, records: [] }
}

function recordText(record: string | MxRecord): string {
  if (typeof record === 'string') return cut(record)
  return `${record.preference} ${record.exchange === '' ? '.' : record.exchange}`
}

/** Text that a domain owner or a client chose, cut where it cannot help any more. */
export function cut(text: string): string {
  return text.length > maxRecordLength ? `${text.slice(0, maxRecordLength)}...` : text
}

/** The text of a record. */
export function cutPolicy(text: string): string {
  return text.length > maxPolicyLength ? `${text.slice(0, maxPolicyLength)}...` : text
}
