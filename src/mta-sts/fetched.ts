import { bad, ok, type Result } from '../base/result.ts'
import type { StsTrouble } from './finding.ts'
import { readStsPolicy, type StsPolicy } from './policy.ts'

/** The policy in the octets that its host gave, or what kept it from being read. RFC 8460 §4.3.2.2. */
export function readFetchedPolicy(octets: Uint8Array): Result<StsPolicy, StsTrouble> {
  const read = readStsPolicy(octets)
  if (read.ok) return ok(read.value)
  const { text } = read.problem
  return bad({ stage: 'policy', text, resultType: 'sts-policy-invalid' })
}
