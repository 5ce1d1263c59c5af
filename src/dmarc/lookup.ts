import type { Result } from '../base/result.ts'
import { TextMemo } from '../base/text-memo.ts'
import type { DnsFailure, Resolver } from '../dns/resolver.ts'
import {
  type DmarcRecord,
  isDmarcRecord,
  parseDmarcRecord,
  type RecordRejection,
} from './record.ts'

type ReadRecord = Result<DmarcRecord, RecordRejection>

/** Each in both readings, as a message needs them; records are short. */
const limits = { maxTexts: 512, maxLength: 500 } as const
const bis = new TextMemo<ReadRecord>((text) => parseDmarcRecord(text), limits)
const old = new TextMemo<ReadRecord>((text) => parseDmarcRecord(text, 'rfc7489'), limits)

/** `parseDmarcRecord`, remembered. */
function readDmarcRecord(text: string): ReadRecord {
  return bis.get(text)
}

/** The same for the reading of RFC 7489. */
export function readRfc7489Record(text: string): ReadRecord {
  return old.get(text)
}

/** What stands at `_dmarc.` of a domain. */
export type PolicyAnswer =
  | { readonly type: 'record'; readonly text: string; readonly record: DmarcRecord }
  /** One record of DMARC that cannot be applied; see `rejection`. */
  | { readonly type: 'unusable'; readonly text: string; readonly rejection: RecordRejection }
  /** Several records of DMARC, which is as good as none (RFC 9989 §4.10 step 2). */
  | { readonly type: 'several'; readonly count: number }
  | { readonly type: 'none'; readonly reason: 'no-name' | 'no-data' | 'other-text' }
  | { readonly type: 'failed'; readonly reason: DnsFailure }

/** Asks for policy records, each name once, however many walks pass through it. */
export class PolicyLookup {
  readonly resolver: Resolver
  readonly #answers = new Map<string, Promise<PolicyAnswer>>()

  constructor(resolver: Resolver) {
    this.resolver = resolver
  }

  /** @param domain without the `_dmarc` label */
  ask(domain: string): Promise<PolicyAnswer> {
    const known = this.#answers.get(domain)
    if (known !== undefined) return known
    const answer = askPolicy(domain, this.resolver)
    this.#answers.set(domain, answer)
    return answer
  }
}

async function askPolicy(domain: string, resolver: Resolver): Promise<PolicyAnswer> {
  const answer = await resolver.resolve(`_dmarc.${domain}`, 'TXT')
  switch (answer.type) {
    case 'failed':
      return { type: 'failed', reason: answer.reason }
    case 'noName':
      return { type: 'none', reason: 'no-name' }
    case 'noData':
      return { type: 'none', reason: 'no-data' }
    case 'found':
      return choose(answer.records)
  }
}

/** RFC 9989 §4.10 step 2: other records are discarded; of several, all are. */
function choose(texts: readonly string[]): PolicyAnswer {
  const candidates = texts.filter(isDmarcRecord)
  const [text] = candidates
  if (text === undefined) return { type: 'none', reason: 'other-text' }
  if (candidates.length > 1) return { type: 'several', count: candidates.length }
  const parsed = readDmarcRecord(text)
  if (parsed.ok) return { type: 'record', text, record: parsed.value }
  return { type: 'unusable', text, rejection: parsed.problem }
}
