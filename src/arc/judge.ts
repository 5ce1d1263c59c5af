/** Decides about one signature of a chain, once DNS has answered (RFC 6376 §6.1.2, §6.1.3). */

import type { DnsAnswer } from '../dns/resolver.ts'
import type { BodyHash } from '../signature/body-hash.ts'
import type { KeyCache } from '../signature/key-cache.ts'
import { describeAnswer, keyName } from '../signature/key-lookup.ts'
import { type KeyRecord, allowsHash, servesEmail } from '../signature/key-record.ts'
import { hashBase64, recoverHash, verifySignature } from '../signature/signature-crypto.ts'
import { keyTypeOf } from '../signature/signature.ts'
import type { ArcMessageSignature, ArcSignature } from './signature-field.ts'
import type {
  ArcBodyEvidence,
  ArcEvidence,
  ArcHeaderEvidence,
  ArcKeyEvidence,
  ArcReason,
  ArcReasonCode,
  ArcSignatureVerdict,
} from './verdict.ts'

/** Where the RFCs leave a choice to the verifier. */
export interface ArcRules {
  /** RFC 8301 §3.2: shorter RSA keys never count. */
  readonly minRsaBits: number
  /** How many records of one name are tried (RFC 6376 §6.1.2 item 4). */
  readonly maxKeyRecords: number
  /** How far `t=` may lie ahead of `now` before a signature does not count (RFC 6376 §3.5, t=). */
  readonly futureToleranceSeconds: number
}

/** All that a verdict on one signature rests on. */
export interface ArcCase {
  readonly signature: ArcSignature
  /** Makes the canonical octets that it is over; only asked when there is a key. */
  readonly octets: () => Uint8Array
  /** For a message signature: what it says of the body, and what the body came to. */
  readonly body?: { readonly signature: ArcMessageSignature; readonly found: BodyHash }
  readonly answer: DnsAnswer<string>
  readonly keys: KeyCache
  /** Unix seconds. */
  readonly now: number
  readonly rules: ArcRules
}

export function judge(input: ArcCase): ArcSignatureVerdict {
  const { signature, answer } = input
  const key = describeAnswer(keyName(signature.selector, signature.domain), answer)
  const body = bodyEvidence(input)
  const known = { key, ...(body === undefined ? {} : { body }) }
  const expiresAt = input.body?.signature.expiresAt
  if (expiresAt !== undefined && expiresAt < input.now) {
    const text = `The signature expired ${input.now - expiresAt} seconds ago (x=).`
    return failed(input, { code: 'expired', text, tag: 'x' }, known)
  }
  if (answer.type === 'failed') {
    const text = `DNS did not give the key at ${key.name} (${answer.reason}).`
    return failed(input, { code: 'key-unavailable', text }, known)
  }
  if (answer.type !== 'found' || answer.records.length === 0) {
    const what = answer.type === 'noName' ? 'no such name' : 'no TXT record'
    const text = `There is no key at ${key.name} (${what}).`
    return failed(input, { code: 'key-missing', text }, known)
  }
  return chooseKey(input, answer.records, known)
}

/** What is known before a key was chosen. */
interface Known {
  readonly key: ArcKeyEvidence
  readonly body?: ArcBodyEvidence
}

/**
 * RFC 6376 §6.1.2 item 4: the order in which several records came means nothing. The first one that
 * the signature passes with decides; when there is none, the one that came nearest to it.
 */
function chooseKey(input: ArcCase, records: readonly string[], known: Known): ArcSignatureVerdict {
  let octets: Uint8Array | undefined
  const cached = { ...input, octets: () => (octets ??= input.octets()) }
  let best: ArcSignatureVerdict | undefined
  for (const text of records.slice(0, input.rules.maxKeyRecords)) {
    const verdict = withRecord(cached, text, known)
    if (verdict.result === 'pass') return verdict
    if (best === undefined || nearness(verdict) > nearness(best)) best = verdict
  }
  if (best === undefined) throw new Error('judge: no record to judge with')
  return best
}

/** How near to a pass: right cryptography first, then wrong, then none. */
function nearness(verdict: ArcSignatureVerdict): number {
  if (verdict.result === 'unchecked' || verdict.header === undefined) return 0
  return verdict.header.signature === 'match' ? 2 : 1
}

function withRecord(input: ArcCase, text: string, known: Known): ArcSignatureVerdict {
  const { signature, rules } = input
  const { name } = known.key
  const read = input.keys.read(text)
  if (!read.ok) {
    const { code } = read.problem
    const why = `The key at ${name} is not usable: ${read.problem.text}.`
    return failed(input, { code, text: why }, known)
  }
  const record = read.value
  const key = { ...known.key, type: record.type, bits: record.key.bits }
  const found = { ...known, key }
  const unfit = unfitness(signature, record, name)
  if (unfit !== undefined) return failed(input, unfit, found)
  const header = headerEvidence(signature, record, input.octets())
  const evidence = { ...found, header }
  const wrong = mismatch(signature, header, known.body) ?? objection(input, record, rules)
  if (wrong !== undefined) return failed(input, wrong, evidence)
  return { result: 'pass', ...signature.claims, domain: signature.domain, ...evidence }
}

/** A record that can be read but is not for this signature (RFC 6376 §6.1.2 items 5 to 9). */
function unfitness(
  signature: ArcSignature,
  record: KeyRecord,
  name: string,
): ArcReason | undefined {
  if (!servesEmail(record)) {
    return { code: 'key-service-mismatch', text: `The key at ${name} is not meant for mail (s=).` }
  }
  if (!allowsHash(record, 'sha256')) {
    return { code: 'key-hash-mismatch', text: `The key at ${name} is not for sha256 (h=).` }
  }
  const wanted = keyTypeOf(signature.algorithm)
  if (record.type !== wanted) {
    const text = `The key at ${name} is of type ${record.type}; the signature needs ${wanted}.`
    return { code: 'key-type-mismatch', text }
  }
  return undefined
}

function headerEvidence(
  { algorithm, signature }: ArcSignature,
  { key }: KeyRecord,
  octets: Uint8Array,
): ArcHeaderEvidence {
  const hash = hashBase64('sha256', octets)
  if (verifySignature({ algorithm, octets, key, signature })) {
    return { hash, octets: octets.length, signature: 'match' }
  }
  const signedHash = recoverHash(key, 'sha256', signature)
  const differs = { hash, octets: octets.length, signature: 'differs' } as const
  return signedHash === undefined ? differs : { ...differs, signedHash }
}

function bodyEvidence({ body }: ArcCase): ArcBodyEvidence | undefined {
  if (body === undefined) return undefined
  const { signature, found } = body
  return {
    expected: signature.bodyHash,
    found: found.hash,
    hash: signature.bodyHash === found.hash ? 'match' : 'differs',
    octets: found.octets,
    covered: found.covered,
  }
}

/** What differs, if anything does, and so far as that can be told. */
function mismatch(
  signature: ArcSignature,
  header: ArcHeaderEvidence,
  body: ArcBodyEvidence | undefined,
): ArcReason | undefined {
  const bodyDiffers = body?.hash === 'differs'
  if (header.signature === 'match') {
    if (!bodyDiffers) return undefined
    const text = 'The body is not the one that was signed: its hash differs from bh=.'
    return { code: 'body-hash-mismatch', text, tag: 'bh' }
  }
  const also = bodyDiffers ? ' The body hash differs as well.' : ''
  let code: ArcReasonCode
  let text: string
  if (header.signedHash !== undefined) {
    code = bodyDiffers ? 'header-and-body-hash-mismatch' : 'header-hash-mismatch'
    text = 'The key is right, but the covered header fields are not those that were signed.'
  } else {
    code = bodyDiffers ? 'signature-and-body-hash-mismatch' : 'signature-mismatch'
    text =
      keyTypeOf(signature.algorithm) === 'rsa'
        ? 'The signature was not made with the published key, or was changed on the way.'
        : 'The signature does not fit the published key and the covered header fields.'
  }
  return { code, text: `${text}${also}`, tag: 'b' }
}

/** Why a signature whose cryptography is right does not count. */
function objection(input: ArcCase, record: KeyRecord, rules: ArcRules): ArcReason | undefined {
  const { signature, body, now } = input
  const limit = body?.signature.bodyLength
  // RFC 6376 §3.5, l=: it must not say more than there is. What was hashed is then the whole body.
  if (body !== undefined && limit !== undefined && limit > body.found.octets) {
    const text = `The signature covers ${limit} octets of body (l=), and there are ${body.found.octets}.`
    return { code: 'length-exceeds-body', text, tag: 'l' }
  }
  if (record.type === 'rsa' && record.key.bits < rules.minRsaBits) {
    const text = `The signature is right, but a key of ${record.key.bits} bits proves nothing (RFC 8301).`
    return { code: 'key-too-short', text }
  }
  const { signedAt } = signature
  if (signedAt !== undefined && signedAt > now + rules.futureToleranceSeconds) {
    const text = `The signature is right, but says that it was made ${signedAt - now} seconds from now.`
    return { code: 'signed-in-future', text, tag: 't' }
  }
  return undefined
}

function failed(input: ArcCase, reason: ArcReason, evidence: ArcEvidence): ArcSignatureVerdict {
  return { result: 'fail', reason, ...input.signature.claims, ...evidence }
}
