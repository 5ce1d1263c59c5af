import { domainOf } from '../address/mailbox.ts'
import { heldName } from '../inspect/public-suffixes.ts'
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

/** Those of them that a report names, by the addresses that it gives. */
export function namedIn(
  all: readonly HandedOn[],
  addresses: readonly (string | undefined)[],
): readonly HandedOn[] {
  const names = new Set(addresses.flatMap((one) => suppressionKey(one ?? '') ?? []))
  return all.filter(({ recipient }) => names.has(suppressionKey(recipient) ?? ''))
}

/** Finds the one that a report names, in the same time for however many. */
export function finder(
  all: readonly HandedOn[],
): (addresses: readonly (string | undefined)[]) => HandedOn | undefined {
  const byName = new Map(all.map((one) => [suppressionKey(one.recipient) ?? '', one]))
  return (addresses) => {
    for (const address of addresses) {
      const key = suppressionKey(address ?? '')
      const found = key === undefined ? undefined : byName.get(key)
      if (found !== undefined) return found
    }
    return undefined
  }
}

/**
 * Whether who brought a report has something to do with the server that took the letter: it is the
 * same address, or a name that is proved (by reverse DNS, or SPF) is in the domain of that server or of
 * the recipient. What anybody may write is no proof, and a neighbour under a public suffix is nobody.
 *
 * @param steps of the journey of the report
 */
export function vouchedFor(
  { recipient, host, ip }: HandedOn,
  client: string,
  steps: readonly Step[],
): boolean {
  if (client !== '' && client === ip) return true
  const own = [host, domainOf(recipient)].flatMap((name) => heldName(name) ?? [])
  const isOwn = (name: string): boolean => own.some((one) => one === heldName(name))
  return steps.some((step) => {
    if (step.type === 'iprev') return step.verdict.result === 'pass' && isOwn(step.verdict.name)
    return step.type === 'spf' && step.verdict.result === 'pass' && isOwn(step.verdict.domain)
  })
}
