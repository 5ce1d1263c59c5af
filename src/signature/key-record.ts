/** Key records, the TXT data under `selector._domainkey.domain` (RFC 6376 §3.6.1). */

import { type Result, bad, ok } from '../base/result.ts'
import { type PublicKey, readPublicKey } from './public-key.ts'
import { type HashAlgorithm, type KeyType, parseBase64Tag, parseColonList } from './signature.ts'
import { describeTagListProblem, parseTagList } from './tag-list.ts'

/** A record that can be used, whatever it may be used for. */
export interface KeyRecord {
  readonly type: KeyType
  readonly key: PublicKey
  /** `h=` in lower case; absent when every hash is welcome. */
  readonly hashes?: readonly string[]
  /** `s=`; `['*']` when the record has none. */
  readonly services: readonly string[]
  /** `t=y`: the domain is only trying DKIM. */
  readonly testing: boolean
  /** `t=s`: the domain of `i=` must be `d=` itself. */
  readonly strict: boolean
  /** `n=`, as published. For people. */
  readonly notes?: string
}

export type KeyRecordProblemCode =
  | 'key-syntax'
  | 'key-revoked'
  | 'key-type-unsupported'
  | 'key-unusable'
  | 'key-too-large'

export interface KeyRecordProblem {
  readonly code: KeyRecordProblemCode
  /** What is wrong, as the end of a sentence. */
  readonly text: string
  /** `t=y` of the record, so far as it could be read. */
  readonly testing: boolean
}

/**
 * Reads the text of one TXT record, its strings joined without anything between them (§3.6.2.2).
 *
 * Unknown tags and the removed `g=` are ignored. An empty `p=` is a revoked key.
 */
export function parseKeyRecord(text: string): Result<KeyRecord, KeyRecordProblem> {
  const list = parseTagList(text)
  if (!list.ok) return syntax(describeTagListProblem(list.problem))
  const tags = list.value
  const value = (name: string): string | undefined => tags.get(name)?.value

  // RFC 6376 §3.6.1, v=: first if it is there, and compared octet by octet.
  const version = value('v')
  if (version !== undefined) {
    if (version !== 'DKIM1') return syntax('its version is not DKIM1')
    if (tags.keys().next().value !== 'v') return syntax('v= does not stand first')
  }
  const flags = parseColonList((value('t') ?? '').toLowerCase())
  const testing = flags.includes('y')
  const data = value('p')
  if (data === undefined) return syntax('it has no p=', testing)
  if (data === '') return bad({ code: 'key-revoked', text: 'its p= is empty', testing })

  const type = (value('k') ?? 'rsa').toLowerCase()
  if (type !== 'rsa' && type !== 'ed25519') {
    const text = `it holds a key of another type (k=${excerpt(type)})`
    return bad({ code: 'key-type-unsupported', text, testing })
  }
  const octets = parseBase64Tag(data)
  if (octets === undefined) return syntax('its p= is not base64', testing)
  const key = readPublicKey(octets, type)
  if (!key.ok) {
    if (key.problem.type === 'unusable') {
      return bad({ code: 'key-unusable', text: key.problem.text, testing })
    }
    const size = key.problem.bits === undefined ? '' : ` (${key.problem.bits} bits)`
    return bad({ code: 'key-too-large', text: `verifying would cost too much${size}`, testing })
  }
  const hashes = value('h')
  const notes = value('n')
  return ok({
    type,
    key: key.value,
    ...(hashes === undefined ? {} : { hashes: parseColonList(hashes.toLowerCase()) }),
    services: parseColonList((value('s') ?? '*').toLowerCase()),
    testing,
    strict: flags.includes('s'),
    ...(notes === undefined ? {} : { notes }),
  })
}

/** Whether the record lets signatures with this hash count (§3.6.1, `h=`). */
export function allowsHash(record: KeyRecord, hash: HashAlgorithm): boolean {
  return record.hashes === undefined || record.hashes.includes(hash)
}

/** Whether the record is meant for mail (§3.6.1, `s=`). */
export function servesEmail(record: KeyRecord): boolean {
  return record.services.includes('*') || record.services.includes('email')
}

function syntax(text: string, testing = false): { ok: false; problem: KeyRecordProblem } {
  return bad({ code: 'key-syntax', text, testing })
}

/** Foreign text for a sentence: short, and without control characters. */
export function excerpt(text: string): string {
  const clean = text.slice(0, 40).replace(/[^\x20-\x7e]/g, '?')
  return text.length > 40 ? `${clean}…` : clean
}
