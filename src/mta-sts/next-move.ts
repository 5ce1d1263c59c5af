import type { Result } from '../base/result.ts'
import type { StsFinding, StsTrouble } from './finding.ts'
import { endOf, type KeptPolicy } from './kept.ts'
import type { StsPolicy } from './policy.ts'
import type { StsRecordAnswer } from './record.ts'

/** A fetch that was in vain. */
export interface FailedFetch {
  /** That of the record. */
  readonly id: string
  /** Unix milliseconds. */
  readonly at: number
  readonly trouble: StsTrouble
}

/** What is known of the policy of one domain, and what its record says now. */
export interface StsSituation {
  readonly answer: StsRecordAnswer
  readonly kept: KeptPolicy | undefined
  readonly failed: FailedFetch | undefined
  /** Unix milliseconds. */
  readonly now: number
}

/** What to do: go by a finding, or fetch the policy that a record names. */
export type StsMove =
  | { readonly type: 'use'; readonly finding: StsFinding }
  | { readonly type: 'fetch'; readonly id: string }

/** RFC 8461 §3.3: a fetch that failed is not repeated for the same id within five minutes. */
const failedForMs = 300_000
const dayMs = 86_400_000
/** A policy that no mail asked for in so long is not refreshed any more. */
const unusedForMs = 30 * dayMs

/**
 * What to do for a letter. A kept policy whose time is not over stays in force, whatever becomes of the
 * record or the fetch; only a newer one takes its place. RFC 8461 §3.1, §3.3, §5.1.
 */
export function nextMove({ answer, kept, failed, now }: StsSituation): StsMove {
  const valid = kept !== undefined && now < endOf(kept) ? kept : undefined
  if (answer.type !== 'record') return use(without(answer, valid))
  const { id } = answer.record
  if (valid?.id === id) return use(inForce(valid, 'kept'))
  const isFresh = failed?.id === id && Math.abs(now - failed.at) < failedForMs
  return isFresh ? use(afterFailure(failed.trouble, valid)) : { type: 'fetch', id }
}

/** What a fetch gave: what to go by, and what to keep or to remember of it. */
export interface StsFetched {
  readonly finding: StsFinding
  readonly keep?: KeptPolicy
  readonly failed?: FailedFetch
}

/** What to do with the outcome of a fetch. */
export function afterFetch(input: {
  readonly id: string
  readonly result: Result<StsPolicy, StsTrouble>
  readonly kept: KeptPolicy | undefined
  readonly now: number
}): StsFetched {
  const { id, result, kept, now } = input
  if (result.ok) {
    const keep = { id, policy: result.value, fetchedAt: now, usedAt: now }
    return { finding: inForce(keep, 'fetched'), keep }
  }
  const valid = kept !== undefined && now < endOf(kept) ? kept : undefined
  const failed = { id, at: now, trouble: result.problem }
  return { finding: afterFailure(result.problem, valid), failed }
}

/**
 * When a kept policy is fetched again though nobody asks: after a day, or half its time where that is
 * shorter (RFC 8461 §3.3, §10.2), so that who can hide the record from us cannot let it run out.
 * `undefined`: not any more.
 */
export function refreshAt(kept: KeptPolicy): number | undefined {
  const wait = Math.min(dayMs, (endOf(kept) - kept.fetchedAt) / 2)
  const at = kept.fetchedAt + wait
  return at < kept.usedAt + unusedForMs ? at : undefined
}

/** Whether it is to be written down that a policy is in use. */
export function usedAnew({ usedAt }: KeptPolicy, now: number): boolean {
  return Math.abs(now - usedAt) >= dayMs
}

function use(finding: StsFinding): StsMove {
  return { type: 'use', finding }
}

function inForce(kept: KeptPolicy, from: 'fetched' | 'kept'): StsFinding & { type: 'policy' } {
  const { id, policy, fetchedAt } = kept
  return { type: 'policy', id, policy, fetchedAt, from }
}

function afterFailure(trouble: StsTrouble, valid: KeptPolicy | undefined): StsFinding {
  if (valid === undefined) return { type: 'failed', trouble }
  return { ...inForce(valid, 'kept'), problem: trouble }
}

/** Without a record that announces one. */
function without(
  answer: Exclude<StsRecordAnswer, { readonly type: 'record' }>,
  valid: KeptPolicy | undefined,
): StsFinding {
  const trouble = recordTrouble(answer)
  // RFC 8461 §3.1: what is no record is as if there were no policy, which is no failure either.
  if (valid === undefined && answer.type !== 'failed') return { type: 'none' }
  return afterFailure(trouble, valid)
}

function recordTrouble(answer: Exclude<StsRecordAnswer, { readonly type: 'record' }>): StsTrouble {
  const { name } = answer
  switch (answer.type) {
    case 'failed': {
      const text = `DNS could not be asked for ${name} (${answer.reason}).`
      return { stage: 'dns', text, resultType: 'sts-policy-fetch-error' }
    }
    case 'none': {
      const text = `There is no record at ${name} any more.`
      return { stage: 'record', text, resultType: 'sts-policy-fetch-error' }
    }
    case 'several': {
      const text = `There are ${answer.texts.length} records at ${name}, where there must be one.`
      return { stage: 'record', text, resultType: 'sts-policy-invalid' }
    }
    case 'unusable': {
      const text = `The record at ${name} cannot be used: ${answer.refusal.text}`
      return { stage: 'record', text, resultType: 'sts-policy-invalid' }
    }
  }
}
