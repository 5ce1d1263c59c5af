import { type ClientKeys, clientKeys, inNetwork, parseIp } from '../base/ip.ts'
import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { Guard, GuardedLogin, Holding } from '../receive/guard.ts'
import type { AdmissionLimits, LimitMet, LimitName } from './admission-limits.ts'
import { LoginQueue } from './login-queue.ts'
import { MemoryBudget } from './memory-budget.ts'
import { OpenPlaces, WindowCounter } from './window-counter.ts'

export type Entrance =
  | { readonly type: 'admitted'; leave(): void }
  | ({ readonly type: 'turnedAway' } & LimitMet)

/** A listener as it is counted: half of its places at most are for one. */
export interface CountedListener {
  readonly name: string
  readonly places: number
}

/**
 * The one place that knows who has used how much: by address, by network, by account and by
 * listener. It counts and answers; what is said to a client is for who asks. Each limit that somebody
 * meets is told to the log.
 *
 * No account is ever closed for what strangers guess: its owner logs in from elsewhere as always.
 */
export class Admission implements Guard {
  #limits: AdmissionLimits
  readonly #clock: Clock
  readonly #log: Log
  readonly #open = new OpenPlaces()
  readonly #arrivals = new WindowCounter({ windowMs: 60_000 })
  readonly #logins: LoginQueue
  readonly #memory: MemoryBudget
  #wrong: WindowCounter
  #refused: WindowCounter
  /** Who logged in as whom in the last day: they go first while others guess. */
  readonly #known = new WindowCounter({ windowMs: dayMs / 2 })

  constructor(input: {
    readonly limits: AdmissionLimits
    readonly clock: Clock
    readonly log: Log
    /** Passwords that are checked at once. */
    readonly loginsAtOnce?: number
  }) {
    this.#limits = input.limits
    this.#clock = input.clock
    this.#log = input.log
    this.#memory = new MemoryBudget(input.limits.memoryBytes)
    this.#logins = new LoginQueue({ atOnce: input.loginsAtOnce ?? 1 })
    this.#wrong = new WindowCounter({ windowMs: input.limits.forgetMs })
    this.#refused = new WindowCounter({ windowMs: input.limits.forgetMs })
  }

  /** From now on these count. What was counted stays, but for another `forgetMs`. */
  use(limits: AdmissionLimits): void {
    if (limits.forgetMs !== this.#limits.forgetMs) {
      this.#wrong = new WindowCounter({ windowMs: limits.forgetMs })
      this.#refused = new WindowCounter({ windowMs: limits.forgetMs })
    }
    this.#memory.use(limits.memoryBytes)
    this.#limits = limits
  }

  /** A letter begins to come in from there. */
  holdMemory(ip: string): Holding {
    const { network, site } = clientKeys(ip)
    return this.#memory.open(network, site)
  }

  /** A connection has come. Who is turned away is not counted as one of the minute. */
  enter(ip: string, listener: CountedListener): Entrance {
    const keys = clientKeys(ip)
    if (this.#isExempt(keys)) return { type: 'admitted', leave: () => {} }
    const met = this.#metOnEntrance(keys, listener)
    if (met !== undefined) {
      this.#tell(met, keys, { listener: listener.name })
      return { type: 'turnedAway', ...met }
    }
    const now = this.#clock.monotonicMs()
    const shares = sharesOf(keys)
    for (const { key } of shares) this.#arrivals.add(key, now)
    return this.#admit(shares.flatMap(({ key }) => [key, `${listener.name} ${key}`]))
  }

  #admit(counted: string[]): Entrance {
    for (const key of counted) this.#open.enter(key)
    return {
      type: 'admitted',
      leave: () => {
        for (const key of counted.splice(0)) this.#open.leave(key)
      },
    }
  }

  /** Somebody has logged in as `account`. A stolen password must not take the places of all others. */
  enterAccount(ip: string, account: string): Entrance {
    const key = `account ${account.toLowerCase()}`
    if (this.#open.count(key) >= this.#limits.connectionsPerAccount) {
      const met = { limit: 'limits.connections_per_account', of: 'account' } as const
      this.#tell(met, clientKeys(ip), { account })
      return { type: 'turnedAway', ...met }
    }
    return this.#admit([key])
  }

  /** Why nobody there may log in now; `undefined` when they may. */
  closedForLogins(ip: string): LimitMet | undefined {
    return this.#metBy(ip, this.#wrong, this.#limits.wrongPasswords, 'limits.wrong_passwords')
  }

  /** Why a stranger there is not heard now; `undefined` when it is. */
  closedForMail(ip: string): LimitMet | undefined {
    const { refusedRecipients } = this.#limits
    return this.#metBy(ip, this.#refused, refusedRecipients, 'limits.refused_recipients')
  }

  /** Tells the log that somebody was turned away. */
  turnedAway(ip: string, met: LimitMet, more: { readonly listener: string }): void {
    this.#tell(met, clientKeys(ip), more)
  }

  /** A recipient was refused for good. */
  refusedRecipient(ip: string): void {
    this.#count(this.#refused, clientKeys(ip))
  }

  /**
   * Checks a password when it is its turn, and counts it when it is wrong. The answer to a wrong one
   * comes later the more there were: before the address is closed, by less than ten seconds in all.
   */
  async login<T>(
    input: { readonly ip: string; readonly name: string },
    check: () => Promise<T | undefined>,
  ): Promise<GuardedLogin<T>> {
    const keys = clientKeys(input.ip)
    const person = `${keys.address} ${input.name.toLowerCase().slice(0, maxNameLength)}`
    const weight = (): number => {
      const now = this.#clock.monotonicMs()
      if (this.#known.count(person, now) > 0) return -1
      return Math.max(...sharesOf(keys).map(({ key }) => this.#wrong.count(key, now)))
    }
    const outcome = await this.#logins.run({ client: keys.network, weight }, () =>
      this.#check(input, { keys, person }, check),
    )
    if (outcome === 'full') {
      this.#log({
        level: 'warning',
        event: 'limit',
        fields: { limit: 'waiting logins', client: keys.address, account: input.name },
      })
      return { type: 'full' }
    }
    if (outcome.type === 'wrong') await this.#delay(outcome.times)
    return outcome
  }

  async #check<T>(
    { ip, name }: { readonly ip: string; readonly name: string },
    { keys, person }: { readonly keys: ClientKeys; readonly person: string },
    check: () => Promise<T | undefined>,
  ): Promise<Checked<T>> {
    const closed = this.closedForLogins(ip)
    if (closed !== undefined) {
      this.#tell(closed, keys, { account: name })
      return { type: 'closed', ...closed }
    }
    const user = await check()
    if (user === undefined) return { type: 'wrong', times: this.#count(this.#wrong, keys) }
    this.#known.add(person, this.#clock.monotonicMs())
    return { type: 'right', user }
  }

  /** One more of this client; gives how many there are of its address. */
  #count(counter: WindowCounter, keys: ClientKeys): number {
    if (this.#isExempt(keys)) return 0
    const now = this.#clock.monotonicMs()
    for (const { key } of sharesOf(keys)) counter.add(key, now)
    return counter.count(keys.address, now)
  }

  /** A mistyped password costs nothing; a guesser waits a little longer each time. */
  #delay(times: number): Promise<void> {
    const ms = Math.min(maxDelayMs, Math.max(0, times - freeMistakes) * delayStepMs)
    if (ms === 0) return Promise.resolve()
    return new Promise((resolve) => {
      this.#clock.setTimer(ms, resolve)
    })
  }

  #metOnEntrance(keys: ClientKeys, listener: CountedListener): LimitMet | undefined {
    const now = this.#clock.monotonicMs()
    const { connectionsPerAddress, connectionsPerMinute } = this.#limits
    const half = Math.max(1, Math.floor(listener.places / 2))
    for (const { key, times, whose } of sharesOf(keys)) {
      if (this.#open.count(key) >= connectionsPerAddress * times) {
        return { limit: 'limits.connections_per_address', ...whose }
      }
      if (this.#open.count(`${listener.name} ${key}`) >= half) {
        return { limit: 'limits.connections', ...whose }
      }
      if (this.#arrivals.count(key, now) + 1 > connectionsPerMinute * times) {
        return { limit: 'limits.connections_per_minute', ...whose }
      }
    }
    return undefined
  }

  #metBy(ip: string, counter: WindowCounter, most: number, limit: LimitName): LimitMet | undefined {
    const keys = clientKeys(ip)
    if (this.#isExempt(keys)) return undefined
    const now = this.#clock.monotonicMs()
    for (const { key, times, whose } of sharesOf(keys)) {
      if (counter.count(key, now) >= most * times) return { limit, ...whose }
    }
    return undefined
  }

  #isExempt({ address }: ClientKeys): boolean {
    const ip = parseIp(address)
    if (ip === undefined) return false
    return this.#limits.exempt.some((network) => {
      return inNetwork(ip, network.ip, network.prefixLength)
    })
  }

  #tell(
    { limit, of, network: wider }: LimitMet,
    keys: ClientKeys,
    more: Readonly<Record<string, string>>,
  ): void {
    const network = of === 'network' ? { network: wider ?? keys.network } : {}
    const fields = { limit, client: keys.address, ...network, ...more }
    // `docs/fail2ban` goes by it: who happens to come when there is no more has done nothing.
    const level = of === 'server' ? 'error' : 'warning'
    this.#log({ level, event: 'limit', fields })
  }
}

type Checked<T> =
  | Exclude<GuardedLogin<T>, { readonly type: 'wrong' | 'full' }>
  | { readonly type: 'wrong'; readonly times: number }

const dayMs = 86_400_000
const maxNameLength = 320

/** The delays of 20 wrong passwords: 17 steps, 0.06 + 0.12 + … + 1.02 s, 9.2 s in all. */
const freeMistakes = 3
const delayStepMs = 60
const maxDelayMs = 1020

/** A part of the world that a client belongs to, and how many times as much it may use. */
interface Share {
  readonly key: string
  readonly times: number
  readonly whose: Pick<LimitMet, 'of' | 'network'>
}

function sharesOf({ address, network, site }: ClientKeys): readonly Share[] {
  const shares: Share[] = [
    { key: address, times: 1, whose: { of: 'address' } },
    { key: network, times: 2, whose: { of: 'network' } },
  ]
  if (site !== undefined) {
    shares.push({ key: site, times: 8, whose: { of: 'network', network: site } })
  }
  return shares
}
