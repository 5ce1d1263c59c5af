/** MTA-STS (RFC 8461), a sender's view: a domain's record here, its policy in `policy.ts`. */
import type { Domain } from '../address/domain.ts'
import { type FieldRecordAnswer, lookupFieldRecord } from '../dns/field-record.ts'
import type { Resolver } from '../dns/resolver.ts'
import { readStsRecord, type StsRecord, type StsRecordReason, stsVersion } from './record.ts'

/**
 * What stands at `_mta-sts.` of a domain. Only `record` announces a policy to be fetched. Whatever
 * else it is, a policy that was fetched before stays in force until its time is over (RFC 8461 §5.1).
 */
export type StsRecordAnswer = FieldRecordAnswer<StsRecord, StsRecordReason>

/**
 * Asks whether `domain` announces an MTA-STS policy. One question to DNS.
 *
 * @param domain the domain of the recipients' addresses, not of an MX host
 * @see RFC 8461 §3.1
 */
export function lookupStsRecord(domain: Domain, resolver: Resolver): Promise<StsRecordAnswer> {
  const name = `_mta-sts.${domain}`
  return lookupFieldRecord({ name, version: stsVersion, read: readStsRecord }, resolver)
}
