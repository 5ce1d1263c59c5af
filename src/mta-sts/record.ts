import type { Domain } from '../address/domain.ts'
import { type Result, bad, ok } from '../base/result.ts'
import {
  type FieldRecordAnswer,
  type FieldRecordReason,
  type RecordRefusal,
  lookupFieldRecord,
  quoted,
  readFieldRecord,
} from '../dns/field-record.ts'
import type { Resolver } from '../dns/resolver.ts'

/** The record at `_mta-sts.` of a domain: there is a policy, and this is its name. Plain data. */
export interface StsRecord {
  /** Changes when the policy does: 1 to 32 letters and digits, of no further meaning. */
  readonly id: string
  /** Names of fields that RFC 8461 does not know, once each. They are ignored. */
  readonly unknown: readonly string[]
  /** Whether `id` stands again: only the first counts. */
  readonly repeatedId: boolean
}

export type StsRecordReason = FieldRecordReason | 'missing-id' | 'bad-id'

const stsVersion = 'v=STSv1'

/**
 * Reads a record of MTA-STS. RFC 8461 §3.1.
 *
 * The version comes first, the order of the others is free; case counts everywhere. What is refused
 * is as good as no record, but takes no policy away that was fetched before.
 *
 * @param text the character-strings of the record joined, as an octet string
 */
export function readStsRecord(text: string): Result<StsRecord, RecordRefusal<StsRecordReason>> {
  const fields = readFieldRecord(text, { version: stsVersion })
  if (!fields.ok) return fields
  // RFC 8461 §3.2: of a field that stands twice, all but the first are ignored. The sentence is
  // about records and policies alike.
  const ids = fields.value.filter(({ name }) => name === 'id')
  const [first] = ids
  if (first === undefined) return bad({ reason: 'missing-id', text: 'It has no id.' })
  if (!/^[A-Za-z0-9]{1,32}$/.test(first.value)) {
    const text = `id is ${quoted(first.value)}, not 1 to 32 letters and digits.`
    return bad({ reason: 'bad-id', text })
  }
  const others = fields.value.filter(({ name }) => name !== 'id')
  const unknown = Array.from(new Set(others.map(({ name }) => name)))
  return ok({ id: first.value, unknown, repeatedId: ids.length > 1 })
}

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
