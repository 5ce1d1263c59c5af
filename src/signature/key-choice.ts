/** From what DNS answered to the key that a signature is judged with (RFC 6376 §6.1.2). */

import { type Result, bad, ok } from '../base/result.ts'
import type { DnsAnswer } from '../dns/resolver.ts'
import type { HeaderEvidence } from './evidence.ts'
import { type KeyRecord, type KeyRecordProblem, allowsHash, servesEmail } from './key-record.ts'
import type { SignatureReason } from './reason.ts'
import { type SignatureAlgorithm, hashOf, keyTypeOf } from './signature.ts'

/**
 * The texts of the records at `name`, at least one. `key-unavailable` when DNS did not answer,
 * `key-missing` when there is none.
 */
export function publishedKeys(
  name: string,
  answer: DnsAnswer<string>,
): Result<readonly string[], SignatureReason> {
  if (answer.type === 'failed') {
    const { reason } = answer
    const text =
      reason === 'not-asked'
        ? `The key at ${name} is not looked up here.`
        : `DNS did not give the key at ${name} (${reason}).`
    return bad({ code: 'key-unavailable', text })
  }
  if (answer.type === 'found' && answer.records.length > 0) return ok(answer.records)
  const what = answer.type === 'noName' ? 'no such name' : 'no TXT record'
  return bad({ code: 'key-missing', text: `There is no key at ${name} (${what}).` })
}

/** As much of a verdict as tells how near to a pass it is. */
interface Judged {
  readonly result: string
  readonly header?: HeaderEvidence
}

/**
 * RFC 6376 §6.1.2 item 4: with several records a verifier may cycle through them; the order in
 * which they came means nothing. The first one that the signature passes with decides; when there is
 * none, the one that came nearest to it.
 */
export function nearestToPass<Verdict extends Judged>(
  records: readonly string[],
  judgeWith: (record: string) => Verdict,
): Verdict {
  let best: Verdict | undefined
  for (const record of records) {
    const verdict = judgeWith(record)
    if (verdict.result === 'pass') return verdict
    if (best === undefined || nearness(verdict) > nearness(best)) best = verdict
  }
  if (best === undefined) throw new Error('nearestToPass: no record to judge with')
  return best
}

/** Right cryptography first, then wrong, then none. */
function nearness({ header }: Judged): number {
  if (header === undefined) return 0
  return header.signature === 'match' ? 2 : 1
}

/** The record at `name` cannot be read. */
export function unusableKey(name: string, { code, text }: KeyRecordProblem): SignatureReason {
  return { code, text: `The key at ${name} is not usable: ${text}.` }
}

/** A record that can be read, but is not for mail. */
export function notForMail(name: string, record: KeyRecord): SignatureReason | undefined {
  if (servesEmail(record)) return undefined
  return { code: 'key-service-mismatch', text: `The key at ${name} is not meant for mail (s=).` }
}

/** A record that can be read, but is not for signatures with this `algorithm`. */
export function notForAlgorithm(
  name: string,
  record: KeyRecord,
  algorithm: SignatureAlgorithm,
): SignatureReason | undefined {
  const hash = hashOf(algorithm)
  if (!allowsHash(record, hash)) {
    return { code: 'key-hash-mismatch', text: `The key at ${name} is not for ${hash} (h=).` }
  }
  const wanted = keyTypeOf(algorithm)
  if (record.type === wanted) return undefined
  const text = `The key at ${name} is of type ${record.type}; the signature needs ${wanted}.`
  return { code: 'key-type-mismatch', text }
}
