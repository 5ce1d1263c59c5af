import { matchesMx } from './mx-pattern.ts'
import type { StsPolicy } from './policy.ts'

/** Whether a policy allows an MX host. Plain data, with what decided. */
export type StsMxVerdict =
  | { readonly result: 'match'; readonly mxHost: string; readonly pattern: string }
  /** `enforced`: no mail may go to this host. Otherwise it may, and the failure is to be reported. */
  | { readonly result: 'mismatch'; readonly mxHost: string; readonly enforced: boolean }
  /** The mode is `none`: as if the domain had no policy. */
  | { readonly result: 'no-policy'; readonly mxHost: string }

/**
 * Compares an MX host with what a policy lists. The certificate is another question. A match allows
 * nothing that DANE forbids: where both are there, a failure of DANE stands (RFC 8461 §2).
 *
 * @see RFC 8461 §4.1, §5
 */
export function checkMx(policy: StsPolicy, mxHost: string): StsMxVerdict {
  if (policy.mode === 'none') return { result: 'no-policy', mxHost }
  const pattern = policy.mx.find((one) => matchesMx(one, mxHost))
  if (pattern !== undefined) return { result: 'match', mxHost, pattern }
  return { result: 'mismatch', mxHost, enforced: policy.mode === 'enforce' }
}
