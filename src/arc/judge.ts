/** Decides about one signature of a chain, once DNS has answered (RFC 6376 §6.1.2, §6.1.3). */

import type { DnsAnswer } from '../dns/resolver.ts'
import type { BodyHash } from '../signature/body-hash.ts'
import { bodyEvidence, headerEvidence, mismatchOf } from '../signature/evidence.ts'
import type { KeyCache } from '../signature/key-cache.ts'
import {
  nearestToPass,
  notForAlgorithm,
  notForMail,
  publishedKeys,
  unusableKey,
} from '../signature/key-choice.ts'
import { describeAnswer, keyName } from '../signature/key-lookup.ts'
import type { KeyRecord } from '../signature/key-record.ts'
import {
  type SignatureRules,
  expired,
  keyTooShort,
  lengthExceedsBody,
  signedInFuture,
} from '../signature/rules.ts'
import type { SignedWork } from '../signature/signed-work.ts'
import type { ArcMessageSignature, ArcSignature } from './signature-field.ts'
import type {
  ArcBodyEvidence,
  ArcEvidence,
  ArcKeyEvidence,
  ArcReason,
  ArcSignatureVerdict,
} from './verdict.ts'

/** All that a verdict on one signature rests on. */
export interface ArcCase {
  readonly signature: ArcSignature
  /** How many octets it is over at most; only asked when there is a key. */
  readonly size: () => number
  /** Makes the canonical octets that it is over; only asked when there is a key. */
  readonly octets: () => Uint8Array
  /** For a message signature: what it says of the body, and what the body came to. */
  readonly body?: { readonly signature: ArcMessageSignature; readonly found: BodyHash }
  readonly answer: DnsAnswer<string>
  readonly keys: KeyCache
  /** Unix seconds. */
  readonly now: number
  readonly rules: SignatureRules
  /** What signatures of this kind have cost so far. */
  readonly work: SignedWork
}

export function judge(input: ArcCase): ArcSignatureVerdict {
  const { signature, answer, now, rules } = input
  const key = describeAnswer(keyName(signature.selector, signature.domain), answer)
  const known: Known = { key, ...bodyOf(input) }
  const tooLate = expired(input.body?.signature.expiresAt, now)
  if (tooLate !== undefined) return failed(input, tooLate, known)
  const records = publishedKeys(key.name, answer)
  if (!records.ok) return failed(input, records.problem, known)
  let octets: Uint8Array | undefined
  const cached = { ...input, octets: () => (octets ??= input.octets()) }
  return nearestToPass(records.value.slice(0, rules.maxKeyRecords), (record) =>
    withRecord(cached, record, known),
  )
}

/** What is known before a key was chosen. */
interface Known {
  readonly key: ArcKeyEvidence
  readonly body?: ArcBodyEvidence
}

/** Message signatures cover the body, seals do not. */
function bodyOf({ body }: ArcCase): Pick<Known, 'body'> {
  return body === undefined ? {} : { body: bodyEvidence(body.signature.bodyHash, body.found) }
}

function withRecord(input: ArcCase, text: string, known: Known): ArcSignatureVerdict {
  const { signature } = input
  const { algorithm } = signature
  const { name } = known.key
  const read = input.keys.read(text)
  if (!read.ok) return failed(input, unusableKey(name, read.problem), known)
  const record = read.value
  const key = { ...known.key, type: record.type, bits: record.key.bits }
  const found = { ...known, key }
  // RFC 6376 §6.1.2 items 5 to 9; ARC has no i= that `t=s` could be about.
  const unfit = notForMail(name, record) ?? notForAlgorithm(name, record, algorithm)
  if (unfit !== undefined) return failed(input, unfit, found)
  const tooMuch = input.work.begin(input.size())
  if (tooMuch !== undefined) return failed(input, tooMuch, found)
  const header = headerEvidence(signature, record.key, input.octets())
  const evidence = { ...found, header }
  const wrong =
    mismatchOf({ algorithm, header, body: known.body, fields: 'covered' }) ??
    objectionTo(input, record)
  if (wrong !== undefined) return failed(input, wrong, evidence)
  return { result: 'pass', ...signature.claims, domain: signature.domain, ...evidence }
}

/** Why a signature whose cryptography is right does not count. */
function objectionTo(input: ArcCase, record: KeyRecord): ArcReason | undefined {
  const { signature, body, now, rules } = input
  return (
    (body && lengthExceedsBody(body.signature.bodyLength, body.found.octets)) ??
    keyTooShort(record, rules) ??
    signedInFuture(signature.signedAt, now, rules)
  )
}

function failed(input: ArcCase, reason: ArcReason, evidence: ArcEvidence): ArcSignatureVerdict {
  return { result: 'fail', reason, ...input.signature.claims, ...evidence }
}
