import { hostOfServer } from '../route/site.ts'
import { RouteTable } from '../route/route-table.ts'
import { type SentBy, senderFits, type Senders } from '../source/pool-of.ts'
import type { QuietHours } from './quiet-hours.ts'
import type { Rate } from './rate.ts'

/** How much may go to some destinations. */
export interface DestinationRule {
  /** Under which its limits are counted; no two rules have the same. */
  readonly name: string
  /** As `parsePattern` gives them; `*` is all that no other rule names, each site on its own. */
  readonly domains: readonly string[]
  /** Names of mail servers, in the same form: for all domains that they serve. */
  readonly servers: readonly string[]
  /** Most connections at once. */
  readonly connections?: number
  readonly rates: readonly Rate[]
  readonly quiet?: QuietHours
}

/** How much may go for some senders: an address, a domain, or a login; in lower case. */
export interface SenderRule extends Senders {
  readonly name: string
  readonly rates: readonly Rate[]
}

/** What the settings say of how much may go when. */
export interface TrafficPlan {
  readonly destinations: readonly DestinationRule[]
  readonly senders: readonly SenderRule[]
}

/** A rule with the name under which its limits are counted. */
export interface AppliedRule {
  readonly rule: DestinationRule
  /** All that one rule names share its limits; `*` holds for each site alone. */
  readonly key: string
}

/** The rules of a plan, found by destination and mail server: the most precise word counts. */
export class RuleBook {
  readonly #empty: boolean
  readonly #byDomain: RouteTable<DestinationRule>
  readonly #byServer: RouteTable<DestinationRule>
  readonly #others: DestinationRule | undefined

  constructor({ destinations }: Pick<TrafficPlan, 'destinations'>) {
    const named = (patterns: readonly string[]): readonly string[] => {
      return patterns.filter((pattern) => pattern !== '*')
    }
    const table = (patternsOf: (rule: DestinationRule) => readonly string[]) => {
      const entries = destinations.map((value) => ({ patterns: named(patternsOf(value)), value }))
      return new RouteTable(entries)
    }
    this.#empty = destinations.length === 0
    this.#byDomain = table(({ domains }) => domains)
    this.#byServer = table(({ servers }) => servers)
    this.#others = destinations.find(({ domains }) => domains.includes('*'))
  }

  /**
   * The rule for a destination: one that names it, else one that names a mail server of its site,
   * else the one for all others.
   *
   * @param site as `siteOf` gives it
   */
  find(destination: string, site: string): AppliedRule | undefined {
    if (this.#empty) return undefined
    const rule = this.#byDomain.find(destination) ?? this.#ofServers(site.split(' '))
    if (rule !== undefined) return { rule, key: rule.name }
    if (this.#others === undefined) return undefined
    return { rule: this.#others, key: `${this.#others.name} ${site}` }
  }

  #ofServers(hosts: readonly string[]): DestinationRule | undefined {
    for (const host of hosts) {
      const rule = this.#byServer.find(hostOfServer(host))
      if (rule !== undefined) return rule
    }
    return undefined
  }
}

/** The rules for the sender of an item; all of them count. */
export function senderRulesFor(
  senders: TrafficPlan['senders'],
  sentBy: SentBy,
): readonly SenderRule[] {
  if (senders.length === 0) return senders
  return senders.filter((rule) => senderFits(rule, sentBy) !== undefined)
}
