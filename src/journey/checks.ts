import { tell } from './catalogue.ts'
import type { JourneyRecord } from './record.ts'

const checkSteps = { spf: 'spf.mailfrom', dkim: 'dkim', dmarc: 'dmarc', arc: 'arc' } as const

/** The protocol's own word of each check that was made: `spf`, `dkim`, `dmarc`, `arc`. */
export function checksOf({
  steps,
}: {
  readonly steps: readonly { readonly id: string; readonly result?: string | null | undefined }[]
}): Record<string, string> {
  const checks: Record<string, string> = {}
  for (const [check, id] of Object.entries(checkSteps)) {
    const step = steps.find((one) => one.id === id || one.id === check)
    if (step?.result != null) checks[check] = step.result
  }
  return checks
}

/** The same of a record, of which nothing else is put into words. */
export function checksIn({ steps }: Pick<JourneyRecord, 'steps'>): Record<string, string> {
  return checksOf({ steps: steps.filter(({ type }) => type in checkSteps).flatMap(tell) })
}
