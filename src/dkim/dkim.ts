/**
 * The door `waybill/dkim`: verifying and signing after RFC 6376, with RFC 8301, 8463 and 8616.
 *
 * `verifyDkim` and `signDkim` take a message that is whole in memory; `DkimVerifier` and `DkimSigner`
 * work while it arrives. `docs/dkim.md` tells how to use them.
 */
export {
  type DkimLimits,
  type DkimOptions,
  DkimVerifier,
  type DkimVerifierOptions,
  defaultDkimLimits,
  verifyDkim,
} from './verifier.ts'
export type { SignatureRules as DkimRules } from '../signature/rules.ts'
export type {
  DkimBodyEvidence,
  DkimCanonicalForms,
  DkimClaims,
  DkimEvidence,
  DkimHeaderEvidence,
  DkimKeyEvidence,
  DkimNoPass,
  DkimPass,
  DkimReason,
  DkimReasonCode,
  DkimRemark,
  DkimVerdict,
} from './verdict.ts'
export { DkimSigner, signDkim } from './signer.ts'
export type { DkimSignOptions, DkimSigningKey } from './draft.ts'
export { type DkimHeaderPolicy, defaultHeaderPolicy } from './header-policy.ts'
export {
  type DkimKeyPair,
  type DkimPublicKey,
  type DkimPublication,
  type DkimRecordOptions,
  checkDkimPublication,
  dkimPublicKey,
  formatDkimRecord,
  formatKeyTxt,
  generateDkimKey,
} from './keys.ts'
export {
  type DkimBodyDifference,
  type DkimDiff,
  type DkimDifference,
  type DkimExcerpt,
  type DkimFieldDifference,
  diffDkim,
} from './diff.ts'
export {
  type DkimSignature,
  type UnusableSignature,
  parseDkimSignature,
} from './signature-field.ts'
export {
  type KeyRecord as DkimKeyRecord,
  type KeyRecordProblem as DkimKeyRecordProblem,
  parseKeyRecord as parseDkimKeyRecord,
} from '../signature/key-record.ts'
export { KeyCache as DkimKeyCache } from '../signature/key-cache.ts'
export { splitMessage } from '../message/header-reader.ts'
