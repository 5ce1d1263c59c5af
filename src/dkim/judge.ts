/** Decides about one signature, once the body has ended and DNS has answered (RFC 6376 §6.1.2, §6.1.3). */

import { octetString } from '../base/octets.ts'
import type { DnsAnswer } from '../dns/resolver.ts'
import type { HeaderField } from '../message/field.ts'
import type { BodyHash, CanonicalExcerpt } from '../signature/body-hash.ts'
import { signedHeader } from '../signature/canonical-header.ts'
import type { KeyCache } from '../signature/key-cache.ts'
import { describeAnswer, keyName } from '../signature/key-lookup.ts'
import { type KeyRecord, allowsHash, servesEmail } from '../signature/key-record.ts'
import { hashOf, keyTypeOf } from '../signature/signature.ts'
import { type Found, bodyEvidence, evidence, headerEvidence, mismatchOf } from './evidence.ts'
import type { DkimSignature } from './signature-field.ts'
import type {
  DkimBodyEvidence,
  DkimCanonicalForms,
  DkimKeyEvidence,
  DkimReason,
  DkimVerdict,
} from './verdict.ts'

/** All that a verdict rests on. */
export interface DkimCase {
  readonly signature: DkimSignature
  /** The fields that the signature covers, as `FieldSelection.select` gives them. */
  readonly fields: readonly (HeaderField | undefined)[]
  readonly bodyHash: BodyHash
  readonly answer: DnsAnswer<string>
  readonly keys: KeyCache
  /** Unix seconds. */
  readonly now: number
  readonly rules: DkimRules
  /** Canonical body octets, when they are to be shown. */
  readonly excerpt?: { readonly body: CanonicalExcerpt; readonly maxOctets: number } | undefined
}

/** Where the RFCs leave a choice to the verifier. */
export interface DkimRules {
  /** RFC 8301 §3.2: shorter RSA keys never count. */
  readonly minRsaBits: number
  /** How many records of one name are tried (RFC 6376 §6.1.2 item 4). */
  readonly maxKeyRecords: number
  /** How far `t=` may lie ahead of `now` before a signature does not count (§3.5, t=). */
  readonly futureToleranceSeconds: number
}

const maxRecordExcerpt = 4096

export function judge(input: DkimCase): DkimVerdict {
  const { signature, answer } = input
  const asked = describeAnswer(keyName(signature.selector, signature.domain), answer)
  const body = bodyEvidence(signature, input.bodyHash)
  if (answer.type === 'failed') {
    const text = `DNS did not give the key at ${asked.name} (${answer.reason}).`
    return notPassed(input, 'temperror', { code: 'key-unavailable', text }, { key: asked, body })
  }
  if (answer.type !== 'found' || answer.records.length === 0) {
    const what = answer.type === 'noName' ? 'no such name' : 'no TXT record'
    const text = `There is no key at ${asked.name} (${what}).`
    return notPassed(input, 'permerror', { code: 'key-missing', text }, { key: asked, body })
  }
  return chooseKey(input, answer.records, asked, body)
}

/**
 * RFC 6376 §6.1.2 item 4: with several records a verifier may cycle through them; the order in
 * which they came means nothing. The first one that the signature passes with decides; when there is
 * none, the one that came nearest to it.
 */
function chooseKey(
  input: DkimCase,
  records: readonly string[],
  asked: DkimKeyEvidence,
  body: DkimBodyEvidence,
): DkimVerdict {
  let best: DkimVerdict | undefined
  for (const text of records.slice(0, input.rules.maxKeyRecords)) {
    const verdict = withRecord(input, text, asked, body)
    if (verdict.result === 'pass') return verdict
    if (best === undefined || nearness(verdict) > nearness(best)) best = verdict
  }
  if (best === undefined) throw new Error('judge: no record to judge with')
  return best
}

/** How near to a pass: right cryptography first, then wrong, then none. */
function nearness(verdict: DkimVerdict): number {
  if (verdict.header === undefined) return 0
  return verdict.header.signature === 'match' ? 2 : 1
}

function withRecord(
  input: DkimCase,
  text: string,
  asked: DkimKeyEvidence,
  body: DkimBodyEvidence,
): DkimVerdict {
  const { signature } = input
  const said: DkimKeyEvidence = { ...asked, record: text.slice(0, maxRecordExcerpt) }
  const read = input.keys.read(text)
  if (!read.ok) {
    const { code, testing } = read.problem
    const reason = { code, text: `The key at ${asked.name} is not usable: ${read.problem.text}.` }
    // RFC 8301 has a verifier support up to 4,096 bits; what lies far beyond is our choice.
    const result = code === 'key-too-large' ? 'policy' : 'permerror'
    return notPassed(input, result, reason, { key: said, body, testing })
  }
  const record = read.value
  const key: DkimKeyEvidence = { ...said, type: record.type, bits: record.key.bits }
  const { testing } = record
  const unfit = unfitness(signature, record, asked.name)
  if (unfit !== undefined) {
    return notPassed(input, 'permerror', unfit, { key, keyBits: record.key.bits, body, testing })
  }
  return withKey(input, record, key, body)
}

/** RFC 6376 §6.1.2 items 5 to 9: a record that can be read but is not for this signature. */
function unfitness(
  signature: DkimSignature,
  record: KeyRecord,
  name: string,
): DkimReason | undefined {
  if (!servesEmail(record)) {
    return { code: 'key-service-mismatch', text: `The key at ${name} is not meant for mail (s=).` }
  }
  if (record.strict && signature.identityDomain !== signature.domain) {
    const text = `The key at ${name} is only for identities in ${signature.domain} itself (t=s).`
    return { code: 'key-identity-mismatch', text, tag: 'i' }
  }
  const hash = hashOf(signature.algorithm)
  if (!allowsHash(record, hash)) {
    return { code: 'key-hash-mismatch', text: `The key at ${name} is not for ${hash} (h=).` }
  }
  const wanted = keyTypeOf(signature.algorithm)
  if (record.type !== wanted) {
    const text = `The key at ${name} is of type ${record.type}; the signature needs ${wanted}.`
    return { code: 'key-type-mismatch', text }
  }
  return undefined
}

/** RFC 6376 §6.1.3, and RFC 8301 on top of it. */
function withKey(
  input: DkimCase,
  record: KeyRecord,
  key: DkimKeyEvidence,
  body: DkimBodyEvidence,
): DkimVerdict {
  const { signature, rules } = input
  const octets = signedHeader({
    fields: input.fields,
    signature: signature.field,
    omit: signature.omit,
    canonicalization: signature.canonicalization.header,
  })
  const header = headerEvidence(signature, record.key, octets)
  const { bits } = record.key
  const found: Found = {
    key,
    keyBits: bits,
    header,
    body,
    testing: record.testing,
    canonical: canonicalForms(input, octets),
  }
  const mismatch = mismatchOf(signature, header, body)
  if (mismatch !== undefined) return notPassed(input, 'fail', mismatch, found)
  // RFC 6376 §3.5, l=: it must not say more than there is. What was hashed is then the whole body.
  if (body.limit !== undefined && body.limit > body.octets) {
    const text = `The signature covers ${body.limit} octets of body (l=), and there are ${body.octets}.`
    return notPassed(input, 'permerror', { code: 'length-exceeds-body', text, tag: 'l' }, found)
  }
  if (signature.algorithm === 'rsa-sha1') {
    const text = 'The signature is right, but rsa-sha1 proves nothing any more (RFC 8301).'
    return notPassed(input, 'policy', { code: 'algorithm-weak', text, tag: 'a' }, found)
  }
  if (record.type === 'rsa' && bits < rules.minRsaBits) {
    const text = `The signature is right, but a key of ${bits} bits proves nothing (RFC 8301).`
    return notPassed(input, 'policy', { code: 'key-too-short', text }, found)
  }
  if (
    signature.signedAt !== undefined &&
    signature.signedAt > input.now + rules.futureToleranceSeconds
  ) {
    const ahead = signature.signedAt - input.now
    const text = `The signature is right, but says that it was made ${ahead} seconds from now.`
    return notPassed(input, 'policy', { code: 'signed-in-future', text, tag: 't' }, found)
  }
  const { claims, canonicalization, domain, selector, algorithm } = signature
  return {
    result: 'pass',
    ...claims,
    ...evidence(found),
    domain,
    selector,
    identity: claims.identity ?? `@${domain}`,
    algorithm,
    canonicalization: `${canonicalization.header}/${canonicalization.body}`,
    signedFields: claims.signedFields ?? [],
    key,
    keyBits: bits,
    header,
    body,
  }
}

function canonicalForms(input: DkimCase, header: Uint8Array): DkimCanonicalForms | undefined {
  if (input.excerpt === undefined) return undefined
  const { body, maxOctets } = input.excerpt
  const covered = Math.min(input.bodyHash.covered, body.octets.length)
  return {
    header: octetString(header, 0, Math.min(header.length, maxOctets)),
    headerTruncated: header.length > maxOctets,
    body: octetString(body.octets, 0, covered),
    bodyTruncated: covered < input.bodyHash.covered,
  }
}

function notPassed(
  input: DkimCase,
  result: 'fail' | 'policy' | 'permerror' | 'temperror',
  reason: DkimReason,
  found: Found,
): DkimVerdict {
  return { result, reason, ...input.signature.claims, ...evidence(found) }
}
