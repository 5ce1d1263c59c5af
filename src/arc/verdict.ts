/** What is said about the chain of a message: plain data that can be stored, compared and replayed. */

import type { BodyEvidence, HeaderEvidence, KeyEvidence } from '../signature/evidence.ts'
import type { SignatureReason, SignatureReasonCode } from '../signature/reason.ts'

/** The three fields of an ARC Set (RFC 8617 §4.1). */
export type ArcFieldName = 'ARC-Seal' | 'ARC-Message-Signature' | 'ARC-Authentication-Results'

/** `cv=`: what a sealer found of the chain as it came to it (RFC 8617 §4.4). */
export type ArcChainStatus = 'none' | 'pass' | 'fail'

/**
 * Why a chain, or one signature of it, does not pass.
 *
 * The structure (RFC 8617 §5.2, steps 1 to 3): `too-many-sets`, `instance-unreadable`,
 * `field-missing`, `field-repeated`, `status-invalid` (a `cv=` that cannot stand in its place),
 * `failed-before` (the newest seal says `cv=fail`).
 *
 * A field: `field-syntax`, `tag-duplicate`, `tag-missing`, `tag-invalid`, `algorithm-unsupported`,
 * `canonicalization-unsupported`, `query-unsupported`, `from-not-signed`, `seal-signed`,
 * `fields-listed` (`h=` in a seal), `expires-before-signed`, `expired`, `signed-in-future`,
 * `length-exceeds-body`.
 *
 * Its cost: `too-much-signed`.
 *
 * Its key: `key-unavailable` when DNS did not answer; the others when there is none, or none that
 * counts for this signature.
 *
 * The cryptography: as in a DKIM verdict.
 */
export type ArcReasonCode =
  | SignatureReasonCode
  | 'too-many-sets'
  | 'instance-unreadable'
  | 'field-missing'
  | 'field-repeated'
  | 'status-invalid'
  | 'failed-before'
  | 'field-syntax'
  | 'seal-signed'
  | 'fields-listed'

export type ArcReason = SignatureReason<ArcReasonCode>

/** Why a chain fails, and where it broke. */
export interface ArcFailure extends ArcReason {
  /** The instance that broke it; `null` when no single one did, or its number cannot be read. */
  readonly instance: number | null
  /** The field that broke it; `null` when no single one did. */
  readonly field: ArcFieldName | null
  /**
   * DNS did not answer: another day the chain may pass. For this message it fails all the same,
   * "including DNS failures" (RFC 8617 §5.2.1).
   */
  readonly temporary: boolean
}

/** What a signature's field says, so far as it could be read. */
export interface ArcClaims {
  /** `d=`, A-labels in lower case. */
  readonly domain?: string
  /** `s=`, A-labels in lower case. */
  readonly selector?: string
  /** `a=` in lower case, also when it is none that is known. */
  readonly algorithm?: string
  /** `t=`, Unix seconds. */
  readonly signedAt?: number
  /** `c=` in full; message signatures only, seals are always relaxed. */
  readonly canonicalization?: string
  /** `h=` in lower case, in its order, the first 100 names; message signatures only. */
  readonly signedFields?: readonly string[]
}

export type ArcKeyEvidence = KeyEvidence
export type ArcHeaderEvidence = HeaderEvidence
export type ArcBodyEvidence = BodyEvidence

/** What was found of one signature, message signature or seal. */
export type ArcSignatureVerdict =
  | (ArcClaims & ArcEvidence & { readonly result: 'pass'; readonly domain: string })
  | (ArcClaims & ArcEvidence & { readonly result: 'fail'; readonly reason: ArcReason })
  /** Nothing depends on it any more, so nobody looked (RFC 8617 §5.2). */
  | (ArcClaims & { readonly result: 'unchecked' })

export interface ArcEvidence {
  readonly key?: ArcKeyEvidence
  readonly header?: ArcHeaderEvidence
  /** Message signatures only: a seal does not cover the body. */
  readonly body?: ArcBodyEvidence
}

/** One ARC Set with what was found of it. */
export interface ArcSetVerdict {
  /** `i=`, from 1. */
  readonly instance: number
  /** `cv=` of its seal; `null` when there is none that can be read. */
  readonly status: ArcChainStatus | null
  /** `null` when the set has no such field. */
  readonly seal: ArcSignatureVerdict | null
  readonly messageSignature: ArcSignatureVerdict | null
  /**
   * What ARC-Authentication-Results says behind `i=`, unfolded (octet string), at most
   * `maxResultsLength` of it; `null` when the set has no such field. Only words until the seal that
   * covers it is believed.
   */
  readonly results: string | null
}

/** How many characters of an ARC-Authentication-Results field a verdict keeps. */
export const maxResultsLength = 4096

/** The Chain Validation Status (RFC 8617 §4.4) with all that it rests on. */
export type ArcVerdict =
  | { readonly result: 'none' }
  | {
      readonly result: 'pass'
      /** How many sets there are: the newest is this one. */
      readonly instances: number
      /** The oldest set whose message signature still holds; 0 when all do (RFC 8617 §5.2, step 5). */
      readonly oldestPass: number
      /** `d=` of the seals, the newest first. */
      readonly sealers: readonly string[]
      /** All sets, the oldest first. */
      readonly sets: readonly ArcSetVerdict[]
    }
  | {
      readonly result: 'fail'
      readonly reason: ArcFailure
      /** The highest instance that could be read; 0 when there is none. */
      readonly instances: number
      /** The sets so far as they could be read, the oldest first; never more than 50. */
      readonly sets: readonly ArcSetVerdict[]
    }
