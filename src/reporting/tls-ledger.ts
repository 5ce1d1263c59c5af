import type { Clock } from '../base/clock.ts'
import { Counter } from '../base/histogram.ts'
import { normalizeName } from '../dns/resolver.ts'
import type { TlsFact, TlsLedger } from '../report/tls-fact.ts'
import { TlsTally, writeTally } from '../report/tls-tally.ts'
import type { RegisterEntry, RegisterPort } from '../store/ports/register.ts'

const dayMs = 86_400_000
/** How long counts are kept when nobody could be told of them. */
const keptMs = 3 * dayMs
/** How many entries are written at once. */
const page = 100

/** The kind of the counts in the register. */
export const tlsResultKind = 'tls-result'

/** Where the counts of a day begin in the register: its keys are `2026-11-27 example.com RUN`. */
export function dayKey(day: number): string {
  return new Date(day).toISOString().slice(0, 10)
}

export interface StoredTlsLedgerOptions {
  readonly register: Pick<RegisterPort, 'put'>
  readonly clock: Clock
  /** This run of the server: each writes entries of its own, which are added up in the report. */
  readonly run: string
  readonly report: (problem: unknown, where: string) => void
  readonly limits?: LedgerLimits
}

export interface LedgerLimits {
  /** Domains that are counted on one day; others are not reported. */
  readonly domains: number
  /** How often counts are written down; a server that is killed forgets those since. */
  readonly writeMs: number
}

const defaultLimits: LedgerLimits = { domains: 10_000, writeMs: 300_000 }

interface Counted {
  readonly domain: string
  readonly tally: TlsTally
  changed: boolean
}

/** Counts how sessions with other servers fared, and writes it into the register every few minutes. */
export class StoredTlsLedger implements TlsLedger {
  readonly #options: StoredTlsLedgerOptions
  readonly #limits: LedgerLimits
  #day: number
  #counted = new Map<string, Counted>()
  #cancel: () => void = () => {}
  #writing: Promise<void> = Promise.resolve()
  #stopped = false
  readonly #sessions = new Counter()

  constructor(options: StoredTlsLedgerOptions) {
    this.#options = options
    this.#limits = options.limits ?? defaultLimits
    this.#day = this.#today()
  }

  start(): void {
    this.#cancel = this.#options.clock.setTimer(this.#limits.writeMs, () => {
      this.#begin()
      if (!this.#stopped) this.start()
    })
  }

  /** How sessions fared since the start, in the text format of Prometheus. */
  get lines(): readonly string[] {
    const help = 'How TLS fared in sessions with other servers, by policy and result'
    return this.#sessions.lines('waybill_tls_sessions_total', help)
  }

  note(fact: TlsFact): void {
    const { policy, result } = fact
    const came = result.type === 'success' ? 'success' : result.resultType
    this.#sessions.add({ policy: policy.type, result: came })
    if (this.#today() !== this.#day) this.#begin()
    const domain = normalizeName(policy.domain)
    let counted = this.#counted.get(domain)
    if (counted === undefined) {
      if (this.#counted.size >= this.#limits.domains) {
        return
      }
      counted = { domain, tally: new TlsTally(), changed: false }
      this.#counted.set(domain, counted)
    }
    counted.tally.note(fact)
    counted.changed = true
  }

  /** Resolves when all that was counted is in the register, or that was told to be impossible. */
  async write(): Promise<void> {
    this.#begin()
    await this.#writing
  }

  async stop(): Promise<void> {
    this.#stopped = true
    this.#cancel()
    await this.write()
  }

  #today(): number {
    return Math.floor(this.#options.clock.now() / dayMs) * dayMs
  }

  /** Hands over what has changed, and forgets a day that is over. */
  #begin(): void {
    const day = this.#day
    const changed = Array.from(this.#counted.values()).filter((one) => one.changed)
    for (const one of changed) one.changed = false
    const today = this.#today()
    if (today !== day) {
      this.#day = today
      this.#counted = new Map()
    }
    if (changed.length === 0) return
    this.#writing = this.#writing.then(() => this.#put(day, changed))
  }

  async #put(day: number, changed: readonly Counted[]): Promise<void> {
    const { register, clock, run, report } = this.#options
    try {
      for (let at = 0; at < changed.length; at += page) {
        const entries = changed.slice(at, at + page).map(({ domain, tally }): RegisterEntry => {
          return {
            kind: tlsResultKind,
            key: `${dayKey(day)} ${domain} ${run}`,
            json: writeTally(tally.policies),
            changedAt: clock.now(),
            expiresAt: day + dayMs + keptMs,
          }
        })
        await register.put(entries)
      }
    } catch (problem) {
      // The counts stay, and are written with the next change of their domain.
      for (const one of changed) one.changed = true
      report(problem, 'TLS reports: writing counts down')
    }
  }
}
