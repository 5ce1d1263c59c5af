import type { JourneyView } from './view.ts'

const checkSteps = { spf: 'spf.mailfrom', dkim: 'dkim', dmarc: 'dmarc', arc: 'arc' } as const

/** The protocol's own word of each check that was made: `spf`, `dkim`, `dmarc`, `arc`. */
export function checksOf({ steps }: Pick<JourneyView, 'steps'>): Record<string, string> {
  const checks: Record<string, string> = {}
  for (const [check, id] of Object.entries(checkSteps)) {
    const step = steps.find((one) => one.id === id || one.id === check)
    if (step?.result != null) checks[check] = step.result
  }
  return checks
}
