import { encodeUtf8 } from '../base/octets.ts'
import { readStsPolicy, type StsPolicy } from './policy.ts'

/** A policy that is kept until its time is over. Plain data. */
export interface KeptPolicy {
  /** That of the record when it was fetched. */
  readonly id: string
  readonly policy: StsPolicy
  /** Unix milliseconds. */
  readonly fetchedAt: number
  /** When mail for the domain last asked for it, to the day: who is written to no more is forgotten. */
  readonly usedAt: number
}

/**
 * RFC 8461 §3.2 has no smallest `max_age`. One of 0 would have us fetch for every letter, so what was
 * fetched within the last minute counts as just fetched.
 */
const leastKeptMs = 60_000

/** When the time of a policy is over, Unix milliseconds. RFC 8461 §3.2, `max_age`. */
export function endOf({ policy, fetchedAt }: KeptPolicy): number {
  return fetchedAt + Math.max(leastKeptMs, policy.maxAgeSeconds * 1000)
}

/** What is kept, as text: the lines of the policy, which are read again by the one reader of them. */
export function writeKept({ id, policy, fetchedAt, usedAt }: KeptPolicy): string {
  return JSON.stringify({ id, lines: policy.lines, fetchedAt, usedAt })
}

/** `undefined` where the text is none of `writeKept`, or of a version that read more than this one. */
export function readKept(json: string): KeptPolicy | undefined {
  const value = parsed(json)
  if (typeof value !== 'object' || value === null) return undefined
  const { id, lines, fetchedAt, usedAt }: Partial<Record<string, unknown>> = { ...value }
  if (typeof id !== 'string' || typeof fetchedAt !== 'number' || typeof usedAt !== 'number') {
    return undefined
  }
  if (!Array.isArray(lines)) return undefined
  const read = readStsPolicy(encodeUtf8(lines.join('\n')))
  return read.ok ? { id, policy: read.value, fetchedAt, usedAt } : undefined
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return undefined
  }
}
