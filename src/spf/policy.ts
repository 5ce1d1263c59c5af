/** From a domain to its one SPF record (RFC 7208 §4.3 to §4.6). */
import { TextMemo } from '../base/text-memo.ts'
import type { Evaluation, Stop } from './evaluation.ts'
import { cut, cutPolicy, policyLookupOf } from './evidence.ts'
import { isSpfRecord, type ParsedRecord, parseRecord, type SpfRecord } from './record.ts'
import { isAskable } from './target-name.ts'
import type { SpfAbsence, SpfCheck, SpfProblem } from './verdict.ts'

/**
 * Records already read. The same few policies answer for most of a server's mail, and reading one
 * costs more than evaluating it.
 */
const known = new TextMemo(parseRecord, { maxTexts: 256, maxLength: 1000 })

/** `parseRecord`, remembered. */
export function readRecord(text: string): ParsedRecord {
  return known.get(text)
}

/** There is no policy, or what is published cannot be used. */
export type NoPolicy =
  | { readonly result: 'none'; readonly absence: Exclude<SpfAbsence, 'noAddress'> }
  | Stop

/** What was asked, and the record or what stands in its way. */
export interface PolicySearch {
  readonly shown: Pick<SpfCheck, 'asked' | 'record'>
  readonly found: SpfRecord | NoPolicy
}

/** Looks for the policy of a domain, given in lower case without a trailing dot. */
export async function findPolicy(evaluation: Evaluation, domain: string): Promise<PolicySearch> {
  // RFC 7208 §4.3: malformed, or not a multi-label name.
  if (!isAskable(domain)) {
    return { shown: {}, found: { result: 'none', absence: 'notADomain' } }
  }
  const answer = await evaluation.askPolicy(domain)
  const shown = { asked: policyLookupOf(domain, answer) }
  if (answer.type === 'failed') {
    // RFC 7208 §4.4.
    const { reason } = answer
    const problem: SpfProblem = {
      type: 'dnsFailed',
      domain,
      name: domain,
      recordType: 'TXT',
      reason,
    }
    return { shown, found: { result: 'temperror', problem } }
  }
  if (answer.type === 'noName') return { shown, found: { result: 'none', absence: 'noName' } }
  const texts = answer.type === 'found' ? answer.records.filter(isSpfRecord) : []
  const [text] = texts
  // RFC 7208 §4.5: no record is "none", more than one a "permerror".
  if (text === undefined) return { shown, found: { result: 'none', absence: 'noRecord' } }
  if (texts.length > 1) {
    const records = texts.slice(0, 10).map(cut)
    return {
      shown,
      found: permerror({ type: 'severalRecords', domain, count: texts.length, records }),
    }
  }
  const parsed = readRecord(text)
  const withText = { ...shown, record: cutPolicy(text) }
  if (parsed.ok) return { shown: withText, found: parsed.value }
  const { term, at, because } = parsed.problem
  const problem: SpfProblem = { type: 'syntax', domain, term: cut(term), at, because }
  return { shown: withText, found: permerror(problem) }
}

function permerror(problem: SpfProblem): Stop {
  return { result: 'permerror', problem }
}
