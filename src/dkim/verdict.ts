/** What is said about one DKIM signature: plain data that can be stored, compared and replayed. */

import type { BodyEvidence, HeaderEvidence, KeyEvidence } from '../signature/evidence.ts'
import type { SignatureReason, SignatureReasonCode } from '../signature/reason.ts'
import type { SignatureAlgorithm } from '../signature/signature.ts'

/**
 * Why a signature does not pass.
 *
 * The signature's own field (`permerror`): `signature-syntax`, `tag-duplicate`, `tag-missing`,
 * `tag-invalid`, `version-unsupported`, `algorithm-unsupported`, `canonicalization-unsupported`,
 * `query-unsupported`, `from-not-signed`, `identity-outside-domain`, `expires-before-signed`,
 * `expired`, `length-exceeds-body`.
 *
 * Its key (`permerror`, and `temperror` for `key-unavailable`): none there, revoked, malformed, or
 * not for this signature.
 *
 * The cryptography (`fail`): `body-hash-mismatch`; `header-hash-mismatch`, when the key is the right
 * one and made the signature over other octets; `signature-mismatch`, when another key made it, or
 * that cannot be told (Ed25519); the two with `and-body`, when the body hash differs as well.
 *
 * Our own rules (`policy`; `neutral` for `too-many-signatures`): `algorithm-weak` (rsa-sha1),
 * `key-too-short`, `key-too-large`, `signed-in-future`, `too-much-signed`.
 */
export type DkimReasonCode =
  | SignatureReasonCode
  | 'signature-syntax'
  | 'version-unsupported'
  | 'identity-outside-domain'
  | 'key-identity-mismatch'
  | 'algorithm-weak'
  | 'too-many-signatures'

export type DkimReason = SignatureReason<DkimReasonCode>

/** What does not change the result and should be known. */
export interface DkimRemark {
  readonly code: 'body-partly-signed' | 'key-testing' | 'several-key-records'
  readonly text: string
}

/** What the signature's field says, so far as it could be read. */
export interface DkimClaims {
  /** Which DKIM-Signature field of the message, counted from the top, 0 first. */
  readonly index: number
  /** `d=`, A-labels in lower case. */
  readonly domain?: string
  /** `s=`, A-labels in lower case. */
  readonly selector?: string
  /** `i=`, decoded, its domain as A-labels; `@domain` when the field has none. */
  readonly identity?: string
  /** `a=` in lower case, also when it is none that is known. */
  readonly algorithm?: string
  /** `c=` in full: `relaxed/simple`. */
  readonly canonicalization?: string
  /** `h=` in lower case, in its order. */
  readonly signedFields?: readonly string[]
  /** `t=`, Unix seconds. */
  readonly signedAt?: number
  /** `x=`, Unix seconds. */
  readonly expiresAt?: number
}

/** The key that was used, or the answer in which there was none. */
export interface DkimKeyEvidence extends KeyEvidence {
  /** The text of the record that was used (octet string), at most 4,096 characters of it. */
  readonly record?: string
}

export type DkimHeaderEvidence = HeaderEvidence

export interface DkimBodyEvidence extends BodyEvidence {
  /** How many octets anybody could have added: more than 0 only with `l=`. */
  readonly uncovered: number
  /** `l=`, when the field has one. */
  readonly limit?: number
}

/** The canonical forms, for showing a difference. Octet strings; the body is cut at a limit. */
export interface DkimCanonicalForms {
  readonly header: string
  readonly headerTruncated: boolean
  readonly body: string
  readonly bodyTruncated: boolean
}

export interface DkimEvidence {
  /** The key is published with `t=y`: its owner asks for no harm from a failure (RFC 6376 §3.6.1). */
  readonly testing: boolean
  readonly remarks: readonly DkimRemark[]
  readonly key?: DkimKeyEvidence
  readonly keyBits?: number
  readonly header?: DkimHeaderEvidence
  readonly body?: DkimBodyEvidence
  readonly canonical?: DkimCanonicalForms
}

/**
 * The verdict on one signature, in the words of RFC 8601 §2.7.1. `none` is no verdict: a message
 * without signatures has an empty list.
 */
export type DkimVerdict = DkimPass | DkimNoPass

export interface DkimPass
  extends DkimEvidence,
    Required<Omit<DkimClaims, 'signedAt' | 'expiresAt'>>,
    Pick<DkimClaims, 'signedAt' | 'expiresAt'> {
  readonly result: 'pass'
  readonly algorithm: SignatureAlgorithm
  readonly keyBits: number
  readonly key: DkimKeyEvidence
  readonly header: DkimHeaderEvidence
  readonly body: DkimBodyEvidence
}

export interface DkimNoPass extends DkimClaims, DkimEvidence {
  readonly result: 'fail' | 'neutral' | 'policy' | 'permerror' | 'temperror'
  readonly reason: DkimReason
  /** `too-many-signatures`: how many this verdict stands for, the first of them being `index`. */
  readonly signatures?: number
}
