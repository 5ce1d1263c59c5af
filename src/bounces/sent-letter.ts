import { recipientsOf } from '../journey/recipients.ts'
import type { JourneyRecord } from '../journey/record.ts'
import type { Step } from '../journey/steps.ts'
import { suppressionKey } from '../suppression/suppression.ts'

/** So long after a letter was sent what comes back is believed to be about it. */
export const believedMs: number = 14 * 86_400_000

/** A recipient for whom another server has taken a letter of ours. */
export interface HandedOn {
  readonly recipient: string
  /** The server that took it: its name, and its address. */
  readonly host: string
  readonly ip: string
}

/** Whom other servers have taken the letter for; nobody else's letter can come back. */
export function handedOn(record: JourneyRecord): readonly HandedOn[] {
  const taken = new Map<string, HandedOn>()
  for (const step of record.steps) {
    if (step.type !== 'attempt' || step.result !== 'delivered') continue
    const { recipient, host, ip } = step
    taken.set(recipient, { recipient, host, ip })
  }
  return recipientsOf(record).flatMap(({ address }) => taken.get(address) ?? [])
}

/** The one of them that a report names, by one of the addresses that it gives. */
export function namedIn(
  all: readonly HandedOn[],
  addresses: readonly (string | undefined)[],
): HandedOn | undefined {
  const names = new Set(addresses.flatMap((one) => suppressionKey(one ?? '') ?? []))
  return all.find(({ recipient }) => names.has(suppressionKey(recipient) ?? ''))
}

/**
 * Whether who brought a report has something to do with the server that took the letter: it is the
 * same address, or a name that is proved (by reverse DNS, or SPF) is in the domain of that server or of
 * the recipient. What anybody may write is no proof.
 *
 * @param steps of the journey of the report
 */
export function vouchedFor(
  { recipient, host, ip }: HandedOn,
  client: string,
  steps: readonly Step[],
): boolean {
  if (client !== '' && client === ip) return true
  const own = [host, recipient.slice(recipient.lastIndexOf('@') + 1)].map(lastLabels)
  return steps.some((step) => {
    if (step.type === 'iprev') {
      return step.verdict.result === 'pass' && own.includes(lastLabels(step.verdict.name))
    }
    if (step.type !== 'spf') return false
    const { result, domain } = step.verdict
    return result === 'pass' && own.includes(lastLabels(domain))
  })
}

/**
 * The last three labels of a name, or all: short enough that a provider's servers share them, and never
 * a public suffix alone where they are needed as proof.
 */
function lastLabels(name: string): string {
  const labels = name.toLowerCase().replace(/\.$/, '').split('.')
  const most = (labels.at(-2)?.length ?? 0) <= 3 ? 3 : 2
  return labels.slice(-most).join('.')
}
