import type { DnsFailure } from '../dns/resolver.ts'
import type { PolicyAnswer, PolicyLookup } from './lookup.ts'
import type { DmarcRecord } from './record.ts'

/** One question of a walk and what came back. Plain data. */
export interface WalkStep {
  /** `_dmarc.` and the name that is looked at. */
  readonly name: string
  readonly answer:
    | 'record'
    | 'unusable-record'
    | 'several-records'
    | 'other-text'
    | 'no-name'
    | 'no-data'
    | 'failed'
  /** The record, cut at 2,000 characters. */
  readonly text: string | null
  readonly psd: DmarcRecord['psd'] | null
  readonly failure: DnsFailure | null
}

/** A record on the way, from the longest name to the shortest. */
export interface FoundRecord {
  readonly domain: string
  readonly psd: DmarcRecord['psd']
  readonly answer: PolicyAnswer
}

/** The DNS Tree Walk from one name. RFC 9989 §4.10. */
export interface TreeWalk {
  readonly start: string
  readonly steps: readonly WalkStep[]
  readonly found: readonly FoundRecord[]
  /** A question was not answered: what lies above it is not known. */
  readonly failed: boolean
}

/** RFC 9989 §4.10 step 4: names of eight labels and more are cut to seven. */
const labelsAfterCut = 7

/** What the evidence keeps of a record, in characters. */
export const maxTextShown = 2000

/**
 * Walks up from `start`, asking at most eight names, until a record with `psd=y` or `psd=n`, a
 * question that fails, or the top. RFC 9989 §4.10.
 *
 * @param start in A-labels and lower case
 */
export async function walkTree(start: string, lookup: PolicyLookup): Promise<TreeWalk> {
  const steps: WalkStep[] = []
  const found: FoundRecord[] = []
  for (let domain: string | undefined = start; domain !== undefined; domain = parent(domain)) {
    const answer = await lookup.ask(domain)
    const psd = psdOf(answer)
    steps.push(stepOf(domain, answer, psd))
    if (answer.type === 'failed') return { start, steps, found, failed: true }
    if (psd === null) continue
    found.push({ domain, psd, answer })
    if (psd !== 'u') break
  }
  return { start, steps, found, failed: false }
}

/**
 * The Organizational Domain of the name a walk began at. RFC 9989 §4.10.2. It is always that name or
 * one above it. `null` when the walk failed.
 */
export function organizationalDomain(walk: TreeWalk): string | null {
  if (walk.failed) return null
  for (const { domain, psd } of walk.found) {
    if (psd === 'n') return domain
    if (psd === 'y' && domain !== walk.start) return oneBelow(domain, walk.start)
  }
  return walk.found.at(-1)?.domain ?? walk.start
}

/** RFC 9989 §4.10 steps 4 and 7. */
function parent(domain: string): string | undefined {
  const labels = domain.split('.')
  const rest = labels.slice(Math.max(1, labels.length - labelsAfterCut))
  return rest.length === 0 ? undefined : rest.join('.')
}

/** The name with one label more than `domain` on the way down to `start`. */
function oneBelow(domain: string, start: string): string {
  const above = start.slice(0, -domain.length - 1)
  return start.slice(above.lastIndexOf('.') + 1)
}

/** `null` when there is no valid record. A record without a policy is one, and says where it stands. */
function psdOf(answer: PolicyAnswer): DmarcRecord['psd'] | null {
  if (answer.type === 'record') return answer.record.psd
  const tells = answer.type === 'unusable' && answer.rejection.type === 'no-policy'
  return tells ? answer.rejection.psd : null
}

function stepOf(domain: string, answer: PolicyAnswer, psd: WalkStep['psd']): WalkStep {
  const step = { name: `_dmarc.${domain}`, text: null, psd, failure: null }
  switch (answer.type) {
    case 'record':
      return { ...step, answer: 'record', text: answer.text.slice(0, maxTextShown) }
    case 'unusable':
      return { ...step, answer: 'unusable-record', text: answer.text.slice(0, maxTextShown) }
    case 'several':
      return { ...step, answer: 'several-records' }
    case 'none':
      return { ...step, answer: answer.reason }
    case 'failed':
      return { ...step, answer: 'failed', failure: answer.reason }
  }
}
