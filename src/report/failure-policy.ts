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
  const { fo, dkim, spf } = facts
  if (!facts.wanted) return { report: false, because: 'not-wanted' }
  // RFC 9991 §2: "MUST NOT consider ruf tags in DMARC Policy Records having a psd=y tag".
  if (facts.psd === 'y') return { report: false, because: 'public-suffix' }
  // RFC 9991 §5.1: a report that is not aligned would be answered by a report, and so on.
  if (facts.automatic) return { report: false, because: 'automatic' }
  const dkimAligned = dkim.some(({ aligned }) => aligned)
  const spfAligned = spf?.aligned === true
  const identityAlignment = (['dkim', 'spf'] as const).filter((method) => {
    return method === 'dkim' ? !dkimAligned : !spfAligned
  })
  const all = fo.includes('0') && identityAlignment.length === 2
  const any = fo.includes('1') && identityAlignment.length > 0
  if (all || any) return { report: true, authFailure: 'dmarc', identityAlignment }
  const failed = (one: { readonly result: string }): boolean => {
    return one.result !== 'pass' && one.result !== 'none' && one.result !== 'temperror'
  }
  // `d` and `s` look at evaluation alone, whatever is aligned.
  if (fo.includes('d') && dkim.some(failed)) {
    return { report: true, authFailure: 'signature', identityAlignment }
  }
  if (fo.includes('s') && spf !== null && failed(spf) && spf.result !== 'neutral') {
    return { report: true, authFailure: 'spf', identityAlignment }
  }
  return { report: false, because: 'no-failure' }
}

/** How many failure reports may leave. */
export interface FailureLimits {
  /** Off unless an operator turns it on: these reports show what is in people's mail. */
  readonly enabled: boolean
  /** Reports to one policy domain in an hour. */
  readonly perDomain: number
  /** Reports in all in an hour. */
  readonly total: number
}

export const defaultFailureLimits: FailureLimits = { enabled: false, perDomain: 5, total: 60 }

/** Whether a report may leave now. */
export type FailurePermit =
  /** `incidents`: how many messages it stands for, those that were held back before included. */
  | { readonly send: true; readonly incidents: number }
  | { readonly send: false; readonly because: 'disabled' | 'domain-limit' | 'total-limit' }

interface Count {
  sent: number
  heldBack: number
}

const hourMs = 3_600_000
/** Domains whose counts are kept; those of the others begin anew. */
const maxDomains = 5000

/**
 * Limits failure reports, so that forged mail cannot make a flood of them (RFC 9991 §2, §7.1). What
 * is held back is counted into the next report (RFC 5965 §3.2, Incidents). Has no clock of its own.
 */
export class FailureLimiter {
  readonly #limits: FailureLimits
  #hour = -1
  #sent = 0
  #domains = new Map<string, Count>()

  constructor(limits: FailureLimits = defaultFailureLimits) {
    this.#limits = limits
  }

  /** @param now Unix milliseconds */
  permit(policyDomain: string, now: number): FailurePermit {
    if (!this.#limits.enabled) return { send: false, because: 'disabled' }
    this.#turnHour(Math.floor(now / hourMs))
    const count = this.#countOf(policyDomain)
    const because =
      count.sent >= this.#limits.perDomain
        ? 'domain-limit'
        : this.#sent >= this.#limits.total
          ? 'total-limit'
          : undefined
    if (because !== undefined) {
      count.heldBack++
      return { send: false, because }
    }
    const incidents = count.heldBack + 1
    count.heldBack = 0
    count.sent++
    this.#sent++
    return { send: true, incidents }
  }

  #turnHour(hour: number): void {
    if (hour === this.#hour) return
    this.#hour = hour
    this.#sent = 0
    for (const [domain, count] of this.#domains) {
      if (count.heldBack === 0) this.#domains.delete(domain)
      else count.sent = 0
    }
  }

  #countOf(domain: string): Count {
    const known = this.#domains.get(domain)
    if (known !== undefined) return known
    if (this.#domains.size >= maxDomains) {
      const [oldest] = this.#domains.keys()
      if (oldest !== undefined) this.#domains.delete(oldest)
    }
    const count = { sent: 0, heldBack: 0 }
    this.#domains.set(domain, count)
    return count
  }
}
