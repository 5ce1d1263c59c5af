/** Decides about one signature, once the body has ended and DNS has answered (RFC 6376 §6.1.2, §6.1.3). */

import { octetString } from '../base/octets.ts'
import type { DnsAnswer } from '../dns/resolver.ts'
import type { HeaderField } from '../message/field.ts'
import type { BodyHash, CanonicalExcerpt } from '../signature/body-hash.ts'
import { mostSigned, signedHeader } from '../signature/canonical-header.ts'
import { headerEvidence, mismatchOf } from '../signature/evidence.ts'
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
  keyTooShort,
  lengthExceedsBody,
  signedInFuture,
} from '../signature/rules.ts'
import type { SignedWork } from '../signature/signed-work.ts'
import { type Found, dkimBodyEvidence, evidence, remarksOn } from './evidence.ts'
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
  readonly rules: SignatureRules
  /** What the signatures of this message have cost so far. */
  readonly work: SignedWork
  /** Canonical body octets, when they are to be shown. */
  readonly excerpt?: { readonly body: CanonicalExcerpt; readonly maxOctets: number } | undefined
}

const maxRecordExcerpt = 4096

export function judge(input: DkimCase): DkimVerdict {
  const { signature, answer, rules } = input
  const asked = describeAnswer(keyName(signature.selector, signature.domain), answer)
  const body = dkimBodyEvidence(signature, input.bodyHash)
  const records = publishedKeys(asked.name, answer)
  if (!records.ok) {
    const result = records.problem.code === 'key-unavailable' ? 'temperror' : 'permerror'
    return notPassed(input, result, records.problem, { key: asked, body })
  }
  let made: Uint8Array | undefined
  const octets = (): Uint8Array => (made ??= headerOf(input))
  return nearestToPass(records.value.slice(0, rules.maxKeyRecords), (record) =>
    withRecord(input, record, { asked, body, octets }),
  )
}

/** What is known before a key was chosen. */
interface Known {
  readonly asked: DkimKeyEvidence
  readonly body: DkimBodyEvidence
  /** Makes what is signed, once for all keys. */
  readonly octets: () => Uint8Array
}

function headerOf({ signature, fields }: DkimCase): Uint8Array {
  return signedHeader({
    fields,
    signature: signature.field,
    omit: signature.omit,
    canonicalization: signature.canonicalization.header,
  })
}

function withRecord(input: DkimCase, text: string, { asked, body, octets }: Known): DkimVerdict {
  const { signature } = input
  const said: DkimKeyEvidence = { ...asked, record: text.slice(0, maxRecordExcerpt) }
  const read = input.keys.read(text)
  if (!read.ok) {
    const { testing } = read.problem
    const reason = unusableKey(asked.name, read.problem)
    // RFC 8301 has a verifier support up to 4,096 bits; what lies far beyond is our choice.
    const result = reason.code === 'key-too-large' ? 'policy' : 'permerror'
    return notPassed(input, result, reason, { key: said, body, testing })
  }
  const record = read.value
  const key: DkimKeyEvidence = { ...said, type: record.type, bits: record.key.bits }
  const { testing } = record
  const unfit = unfitness(signature, record, asked.name)
  if (unfit !== undefined) {
    return notPassed(input, 'permerror', unfit, { key, keyBits: record.key.bits, body, testing })
  }
  return withKey(input, record, { key, body, octets })
}

/** RFC 6376 §6.1.2 items 5 to 9: a record that can be read but is not for this signature. */
function unfitness(
  signature: DkimSignature,
  record: KeyRecord,
  name: string,
): DkimReason | undefined {
  return (
    notForMail(name, record) ??
    notForIdentity(name, record, signature) ??
    notForAlgorithm(name, record, signature.algorithm)
  )
}

/** RFC 6376 §3.6.1, `t=s`: the domain of `i=` must be `d=` itself. */
function notForIdentity(
  name: string,
  { strict }: KeyRecord,
  { domain, identityDomain }: DkimSignature,
): DkimReason | undefined {
  if (!strict || identityDomain === domain) return undefined
  const text = `The key at ${name} is only for identities in ${domain} itself (t=s).`
  return { code: 'key-identity-mismatch', text, tag: 'i' }
}

/** RFC 6376 §6.1.3, and RFC 8301 on top of it. */
function withKey(
  input: DkimCase,
  record: KeyRecord,
  known: Omit<Known, 'asked'> & { readonly key: DkimKeyEvidence },
): DkimVerdict {
  const { signature } = input
  const { key, body } = known
  const size = mostSigned({ fields: input.fields, signature: signature.field })
  const tooMuch = input.work.begin(size)
  if (tooMuch !== undefined) {
    const { testing } = record
    return notPassed(input, 'policy', tooMuch, { key, keyBits: record.key.bits, body, testing })
  }
  const octets = known.octets()
  const header = headerEvidence(signature, record.key, octets)
  const { bits } = record.key
  const canonical = canonicalForms(input, octets)
  const { testing } = record
  const found: Found = { key, keyBits: bits, header, body, testing, canonical }
  const { algorithm } = signature
  const mismatch = mismatchOf({ algorithm, header, body, fields: 'signed' })
  if (mismatch !== undefined) return notPassed(input, 'fail', mismatch, found)
  const tooLong = lengthExceedsBody(body.limit, body.octets)
  if (tooLong !== undefined) return notPassed(input, 'permerror', tooLong, found)
  const objection = objectionTo(input, record)
  if (objection !== undefined) return notPassed(input, 'policy', objection, found)
  const { claims, canonicalization, domain, selector } = signature
  const { signedAt, expiresAt } = claims
  // Property by property: spreading claims and evidence would take a tenth of the verification.
  return {
    result: 'pass',
    index: claims.index,
    domain,
    selector,
    identity: claims.identity ?? `@${domain}`,
    algorithm,
    canonicalization: `${canonicalization.header}/${canonicalization.body}`,
    signedFields: claims.signedFields ?? [],
    ...(signedAt === undefined ? {} : { signedAt }),
    ...(expiresAt === undefined ? {} : { expiresAt }),
    testing: record.testing,
    remarks: remarksOn(found),
    key,
    keyBits: bits,
    header,
    body,
    ...(canonical === undefined ? {} : { canonical }),
  }
}

/** Why a signature that is right proves nothing to us. */
function objectionTo(
  { signature, now, rules }: DkimCase,
  record: KeyRecord,
): DkimReason | undefined {
  // RFC 8301 §3.1.
  if (signature.algorithm === 'rsa-sha1') {
    const text = 'The signature is right, but rsa-sha1 proves nothing any more (RFC 8301).'
    return { code: 'algorithm-weak', text, tag: 'a' }
  }
  return keyTooShort(record, rules) ?? signedInFuture(signature.signedAt, now, rules)
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
