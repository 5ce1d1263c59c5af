import type { QuietHours } from './quiet-hours.ts'
import type { Rate } from './rate.ts'

/** How much may go to some destinations. */
export interface DestinationRule {
  /** Told to people. */
  readonly name: string
  /** `example.com`, or `*.example.com` for all names below it. */
  readonly domains: readonly string[]
  /** Names of mail servers, in the same form: for all domains that they serve. */
  readonly servers: readonly string[]
  /** Most connections at once. */
  readonly connections?: number
  readonly rates: readonly Rate[]
  readonly quiet?: QuietHours
}

/** How much may go for some senders: an address, a domain, or a login. */
export interface SenderRule {
  readonly name: string
  readonly addresses: readonly string[]
  readonly accounts: readonly string[]
  readonly rates: readonly Rate[]
}

/** What the settings say of how much may go when; the first rule that fits a destination counts. */
export interface TrafficPlan {
  readonly destinations: readonly DestinationRule[]
  readonly senders: readonly SenderRule[]
}

export const noPlan: TrafficPlan = { destinations: [], senders: [] }

/** A rule with the name under which its limits are counted. */
export interface AppliedRule {
  readonly rule: DestinationRule
  /** All that one rule names share its limits; one that names nothing holds for each site alone. */
  readonly key: string
}

/**
 * The rule for a destination: one that names it, else one that names a mail server of its site, else
 * one that names nothing. Of several the first.
 *
 * @param site as `siteOf` gives it
 */
export function ruleFor(
  { destinations }: TrafficPlan,
  destination: string,
  site: string,
): AppliedRule | undefined {
  const named = destinations.find(({ domains }) => domains.some((name) => fits(name, destination)))
  if (named !== undefined) return { rule: named, key: named.name }
  const hosts = site.split(' ')
  const served = destinations.find(({ servers }) => {
    return servers.some((name) => hosts.some((host) => fits(name, host)))
  })
  if (served !== undefined) return { rule: served, key: served.name }
  const rule = destinations.find(({ domains, servers }) => domains.length + servers.length === 0)
  return rule === undefined ? undefined : { rule, key: `${rule.name} ${site}` }
}

/** The rules for the sender of an item; all of them count. */
export function senderRulesFor(
  { senders }: TrafficPlan,
  { account, reversePath }: { readonly account?: string; readonly reversePath: string },
): readonly SenderRule[] {
  if (senders.length === 0) return senders
  const address = reversePath.toLowerCase()
  const domain = address.slice(address.lastIndexOf('@') + 1)
  const login = account?.toLowerCase()
  return senders.filter(({ addresses, accounts }) => {
    const byAddress = addresses.some((name) => name === address || fits(name, domain))
    return byAddress || (login !== undefined && accounts.includes(login))
  })
}

/** Whether a name, or a pattern of names, fits this one. */
function fits(pattern: string, name: string): boolean {
  return pattern.startsWith('*.') ? name.endsWith(pattern.slice(1)) : name === pattern
}
