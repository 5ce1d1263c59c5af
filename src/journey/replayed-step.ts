import type { RecordedAnswer } from '../dns/recording-resolver.ts'
import type { Step, StepData } from './steps.ts'

/** The verdicts over a message that came, in the order in which they rest on each other. */
export const verdictTypes = [
  'iprev',
  'spf',
  'dkim',
  'arc',
  'dmarc',
  'decision',
  'received-spf',
] as const

/** One step then and now. */
export interface ReplayedStep {
  readonly type: (typeof verdictTypes)[number] | 'route' | 'transport' | 'source'
  readonly recorded: Step
  readonly now: StepData
  /** Bit for bit the same verdict, evidence included. */
  readonly same: boolean
  /**
   * What this step asked now and nobody asked then, as `NAME TYPE`: its verdict is only what it
   * would be if DNS did not answer. Only changes can bring these up.
   */
  readonly missing: readonly string[]
  /** What DNS said now, as far as it is known. */
  readonly answers: readonly RecordedAnswer[]
}

/** Compares what was decided, not when or how fast: times and shared answers are left out. */
export function sameData(recorded: Step, now: StepData): boolean {
  const { startedAt: _at, durationMs: _ms, dns: _dns, ...data } = recorded
  return canonicalJson(data) === canonicalJson(now)
}

/** JSON with the keys of every object in order, so that equal data is equal text. */
function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) => {
    if (typeof inner !== 'object' || inner === null || Array.isArray(inner)) return inner
    return Object.fromEntries(
      Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)),
    )
  })
}
