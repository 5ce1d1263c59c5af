/**
 * The door `waybill/arc`: verifying and sealing chains after RFC 8617.
 *
 * `verifyArc` and `sealArc` take a message that is whole in memory; `ArcVerifier` and `ArcSealer`
 * work while it arrives. `docs/arc.md` tells how to use them, and when not to.
 */
export { ArcVerifier, type ArcVerifierOptions, verifyArc } from './verifier.ts'
export { type ArcLimits, type ArcOptions, defaultArcLimits } from './chain-check.ts'
export type { SignatureRules as ArcRules } from '../signature/rules.ts'
export {
  type ArcBodyEvidence,
  type ArcChainStatus,
  type ArcClaims,
  type ArcEvidence,
  type ArcFailure,
  type ArcFieldName,
  type ArcHeaderEvidence,
  type ArcKeyEvidence,
  type ArcReason,
  type ArcReasonCode,
  type ArcSetVerdict,
  type ArcSignatureVerdict,
  type ArcVerdict,
  maxResultsLength,
} from './verdict.ts'
export {
  type ArcSealing,
  type ArcSealOptions,
  ArcSealer,
  type ArcSealerOptions,
  sealArc,
} from './sealer.ts'
export { gatherResults } from './results-field.ts'
export { splitMessage } from '../message/header-reader.ts'
