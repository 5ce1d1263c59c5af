import { isTooDeep } from '../base/json-depth.ts'
import { oneLine } from '../message/field.ts'
import type { TlsFact, TlsFactPolicy, TlsResultType } from './tls-fact.ts'

/** One kind of failure under a policy, and how many sessions had it. Plain data. */
export interface CountedFailure {
  readonly resultType: TlsResultType
  /** Empty where none was tried. */
  readonly mxHost: string
  readonly ip: string
  /** Our address; absent where no connection was made. */
  readonly from?: string
  readonly helo: string
  readonly reason: string
  readonly count: number
}

/** How the sessions under one policy fared. Plain data. */
export interface CountedPolicy {
  readonly policy: TlsFactPolicy
  readonly successes: number
  /** All of them; `failures` has the kinds that there was room for. */
  readonly failed: number
  readonly failures: readonly CountedFailure[]
}

/** How much is counted for one domain and day. */
export interface TallyLimits {
  readonly policies: number
  /** Kinds of failures, under all policies. */
  readonly failures: number
  /** Characters of all that policies say. */
  readonly policyText: number
}

const defaultLimits: TallyLimits = { policies: 10, failures: 100, policyText: 131_072 }

/** More of a text of others is not kept. */
const mostText = 255

interface Row {
  readonly policy: TlsFactPolicy
  successes: number
  failed: number
  readonly failures: Map<string, CountedFailure>
}

/** Counts how sessions for one domain fared on one day. Bounded, whatever others say. */
export class TlsTally {
  readonly #limits: TallyLimits
  readonly #rows = new Map<string, Row>()
  #room: { failures: number; text: number }

  constructor(limits: TallyLimits = defaultLimits) {
    this.#limits = limits
    this.#room = { failures: limits.failures, text: limits.policyText }
  }

  note(fact: TlsFact): void {
    const { policy, mxHost, ip, from = '', helo = '', result } = fact
    if (result.type === 'success') {
      this.add({ policy, successes: 1, failed: 0, failures: [] })
      return
    }
    const { resultType, reason = '' } = result
    const called = from === '' ? {} : { from }
    const failure = { resultType, mxHost, ip, ...called, helo, reason, count: 1 }
    this.add({ policy, successes: 0, failed: 1, failures: [failure] })
  }

  /** Adds what was counted elsewhere; what there is no room for is left out. */
  add({ policy, successes, failed, failures }: CountedPolicy): void {
    const row = this.#rowOf(policy)
    if (row === undefined) return
    row.successes += successes
    row.failed += failed
    for (const failure of failures) this.#addFailure(row, failure)
  }

  /** In the order in which they were met. */
  get policies(): readonly CountedPolicy[] {
    return Array.from(this.#rows.values(), (row) => {
      return { ...row, failures: Array.from(row.failures.values()) }
    })
  }

  #rowOf(policy: TlsFactPolicy): Row | undefined {
    const key = JSON.stringify([policy.type, policy.strings, policy.mxHosts])
    const known = this.#rows.get(key)
    if (known !== undefined) return known
    if (this.#rows.size >= this.#limits.policies || key.length > this.#room.text) return undefined
    this.#room.text -= key.length
    const row = { policy, successes: 0, failed: 0, failures: new Map<string, CountedFailure>() }
    this.#rows.set(key, row)
    return row
  }

  #addFailure(row: Row, failure: CountedFailure): void {
    const { resultType, count, from = '' } = failure
    const mxHost = oneLine(failure.mxHost, mostText)
    const ip = oneLine(failure.ip, mostText)
    const helo = oneLine(failure.helo, mostText)
    const reason = oneLine(failure.reason, mostText)
    const key = JSON.stringify([resultType, mxHost, ip, from, helo, reason])
    const known = row.failures.get(key)
    if (known === undefined && this.#room.failures-- <= 0) return
    const called = from === '' ? {} : { from }
    const words = { resultType, mxHost, ip, ...called, helo, reason }
    row.failures.set(key, { ...words, count: (known?.count ?? 0) + count })
  }
}

/** What was counted, as text to be kept. */
export function writeTally(policies: readonly CountedPolicy[]): string {
  return JSON.stringify(policies)
}

/** What `writeTally` wrote; nothing where the text is none of it. */
export function readTally(json: string): readonly CountedPolicy[] {
  if (isTooDeep(json)) return []
  try {
    const value: unknown = JSON.parse(json)
    return Array.isArray(value) && value.every(isCounted) ? value : []
  } catch {
    return []
  }
}

/** Only this program writes them: what is looked at is whether a version wrote another form. */
function isCounted(value: unknown): value is CountedPolicy {
  if (typeof value !== 'object' || value === null) return false
  const { policy, successes, failed, failures }: Partial<Record<keyof CountedPolicy, unknown>> =
    value
  if (typeof successes !== 'number' || typeof failed !== 'number') return false
  if (typeof policy !== 'object' || policy === null || !('strings' in policy)) return false
  return 'mxHosts' in policy && 'type' in policy && Array.isArray(failures)
}
