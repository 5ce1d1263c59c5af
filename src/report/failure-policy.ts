import { RecentMap } from '../base/recent-map.ts'

/** What a decision on a failure report looks at. RFC 9989 §4.7, RFC 9991 §2. */
export interface FailureFacts {
  /** The domain that publishes the policy, and whether it is a public suffix. */
  readonly policyDomain: string
  readonly psd: 'y' | 'n' | 'u'
  readonly fo: readonly ('0' | '1' | 'd' | 's')[]
  /** Whether the record has `ruf`. */
  readonly wanted: boolean
  readonly dkim: readonly { readonly result: string; readonly aligned: boolean }[]
  readonly spf: { readonly result: string; readonly aligned: boolean } | null
  /** The message was made by a program (a bounce, a report): see `isAutomatic`. */
  readonly automatic: boolean
}

/** Whether the owner of a domain is to be told of a message, and of what. Plain data. */
export type FailureWish =
  | {
      readonly report: true
      /** The kind of RFC 9991 §4, or those of RFC 6591 §3.1 that only `d` and `s` ask for. */
      readonly authFailure: 'dmarc' | 'signature' | 'spf'
      /** The methods without an aligned pass. */
      readonly identityAlignment: readonly ('dkim' | 'spf')[]
    }
  | {
      readonly report: false
      readonly because: 'not-wanted' | 'public-suffix' | 'automatic' | 'no-failure'
    }

/** Decides what `fo` asks for. Pure. */
export function failureWish(facts: FailureFacts): FailureWish {
  if (!facts.wanted) return { report: false, because: 'not-wanted' }
  const kind = failureKind(facts)
  if (kind === undefined) return { report: false, because: 'no-failure' }
  // RFC 9991 §2: "MUST NOT consider ruf tags in DMARC Policy Records having a psd=y tag".
  if (facts.psd === 'y') return { report: false, because: 'public-suffix' }
  // RFC 9991 §5.1: a report that is not aligned would be answered by a report, and so on.
  if (facts.automatic) return { report: false, because: 'automatic' }
  return { report: true, ...kind }
}

/** What of the failures that `fo` names there is. RFC 9989 §4.7. */
function failureKind({
  fo,
  dkim,
  spf,
}: FailureFacts): Omit<Extract<FailureWish, { report: true }>, 'report'> | undefined {
  const dkimAligned = dkim.some(({ aligned }) => aligned)
  const spfAligned = spf?.aligned === true
  const identityAlignment = (['dkim', 'spf'] as const).filter((method) => {
    return method === 'dkim' ? !dkimAligned : !spfAligned
  })
  const all = fo.includes('0') && identityAlignment.length === 2
  const any = fo.includes('1') && identityAlignment.length > 0
  if (all || any) return { authFailure: 'dmarc', identityAlignment }
  const failed = (one: { readonly result: string }): boolean => {
    return one.result !== 'pass' && one.result !== 'none' && one.result !== 'temperror'
  }
  // `d` and `s` look at evaluation alone, whatever is aligned.
  if (fo.includes('d') && dkim.some(failed)) return { authFailure: 'signature', identityAlignment }
  if (fo.includes('s') && spf !== null && failed(spf) && spf.result !== 'neutral') {
    return { authFailure: 'spf', identityAlignment }
  }
  return undefined
}

/** How many failure reports may leave in one UTC day. */
export interface FailureLimits {
  /** Off unless an operator turns it on: these reports show what is in people's mail. */
  readonly enabled: boolean
  /** Reports about one policy domain, and reports to one address. */
  readonly perDestination: number
  /** Reports in all. */
  readonly total: number
}

export const defaultFailureLimits: FailureLimits = {
  enabled: false,
  perDestination: 20,
  total: 500,
}

/** Whether a report may leave now. */
export type FailurePermit =
  /** `incidents`: how many messages it stands for, those that were held back before included. */
  | { readonly send: true; readonly incidents: number }
  | { readonly send: false; readonly because: 'disabled' | 'domain-limit' | 'total-limit' }

const dayMs = 86_400_000
/** Domains, and addresses, whose counts are kept; those of the others begin anew. */
const maxCounts = 5000

/**
 * Limits failure reports, so that forged mail cannot make a flood of them (RFC 9991 §2, §7.1). What
 * is held back is counted into the next report (RFC 5965 §3.2, Incidents). Has no clock of its own,
 * and forgets with the process: after a restart a day's counts begin anew.
 */
export class FailureLimiter {
  readonly #limits: FailureLimits
  #day = -1
  /** Reports that were let through today: in all, by policy domain, by address. */
  #sent = 0
  readonly #domains = new RecentMap<string, number>(maxCounts)
  readonly #addresses = new RecentMap<string, number>(maxCounts)
  /** Messages by policy domain that no report has told of yet. */
  readonly #heldBack = new RecentMap<string, number>(maxCounts)

  constructor(limits: FailureLimits = defaultFailureLimits) {
    this.#limits = limits
  }

  /**
   * Whether a report about this domain may be made. It is counted when it may, even if nobody is
   * found who takes it: otherwise each forged message would cost the questions who that is.
   *
   * @param now Unix milliseconds
   */
  permit(policyDomain: string, now: number): FailurePermit {
    const { enabled, perDestination, total } = this.#limits
    if (!enabled) return { send: false, because: 'disabled' }
    this.#turnDay(now)
    const sent = this.#domains.get(policyDomain) ?? 0
    const full = sent >= perDestination ? 'domain-limit' : 'total-limit'
    if (sent >= perDestination || this.#sent >= total) {
      this.holdBack(policyDomain, 1)
      return { send: false, because: full }
    }
    this.#domains.set(policyDomain, sent + 1)
    this.#sent++
    const incidents = (this.#heldBack.get(policyDomain) ?? 0) + 1
    this.#heldBack.delete(policyDomain)
    return { send: true, incidents }
  }

  /** Whether one more report may go to this address today; it is counted when it may. */
  admit(address: string, now: number): boolean {
    this.#turnDay(now)
    // RFC 5321 §2.4: only the host of an address knows whether case matters. For a limit it does not.
    const key = address.toLowerCase()
    const sent = this.#addresses.get(key) ?? 0
    if (sent >= this.#limits.perDestination) return false
    this.#addresses.set(key, sent + 1)
    return true
  }

  /** The report that was permitted did not leave: its messages count into the next one. */
  holdBack(policyDomain: string, incidents: number): void {
    this.#heldBack.set(policyDomain, (this.#heldBack.get(policyDomain) ?? 0) + incidents)
  }

  #turnDay(now: number): void {
    const day = Math.floor(now / dayMs)
    if (day === this.#day) return
    this.#day = day
    this.#sent = 0
    this.#domains.clear()
    this.#addresses.clear()
  }
}
