import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { DnsAnswer, RecordData, RecordType, Resolver } from '../dns/resolver.ts'
import type { ResolvConf } from '../io/resolv-conf.ts'

/** A resolver that must be closed: what is asked then, or later, is `failed`, `no-resolver`. */
export interface OpenResolver extends Resolver {
  close(): void
}

/** How soon the configuration is read again after the last time, while no resolver answers. */
const readAgainMs = 5000

/**
 * The resolvers of this machine as its configuration names them now. When none of them answers, the
 * configuration is read again, as the C library does: a machine that was given other resolvers (by
 * DHCP, by a container that came back) must not put all mail off until somebody starts us anew.
 *
 * One that still answers is asked on, whatever the configuration says meanwhile.
 */
export class FollowingResolver implements OpenResolver {
  readonly #read: () => Promise<ResolvConf>
  readonly #open: (conf: ResolvConf) => OpenResolver
  readonly #clock: Clock
  readonly #log: Log
  #conf: ResolvConf
  #current: OpenResolver
  #readAtMs: number
  #reading: Promise<void> | undefined
  #closed = false

  /** @param parts.read rejects when the configuration cannot be read; then all stays as it is */
  constructor(
    conf: ResolvConf,
    parts: {
      readonly read: () => Promise<ResolvConf>
      readonly open: (conf: ResolvConf) => OpenResolver
      readonly clock: Clock
      readonly log: Log
    },
  ) {
    this.#read = parts.read
    this.#open = parts.open
    this.#clock = parts.clock
    this.#log = parts.log
    this.#conf = conf
    this.#current = parts.open(conf)
    this.#readAtMs = this.#clock.monotonicMs()
  }

  async resolve<T extends RecordType>(
    name: string,
    type: T,
    client?: string,
  ): Promise<DnsAnswer<RecordData[T]>> {
    const asked = this.#current
    const answer = await asked.resolve(name, type, client)
    if (answer.type !== 'failed' || answer.reason !== 'no-resolver') return answer
    if (asked === this.#current) await this.#readAgain()
    // Others were named meanwhile, by this question or by another one.
    return asked === this.#current ? answer : this.#current.resolve(name, type, client)
  }

  close(): void {
    this.#closed = true
    this.#current.close()
  }

  /** Reads the configuration once, however many want to know. */
  #readAgain(): Promise<void> {
    if (this.#reading === undefined) {
      const now = this.#clock.monotonicMs()
      if (this.#closed || now - this.#readAtMs < readAgainMs) return Promise.resolve()
      this.#readAtMs = now
      this.#reading = this.#follow().finally(() => {
        this.#reading = undefined
      })
    }
    return this.#reading
  }

  async #follow(): Promise<void> {
    const conf = await this.#read().catch(() => this.#conf)
    if (this.#closed || sameText(conf, this.#conf)) return
    this.#conf = conf
    const before = this.#current
    this.#current = this.#open(conf)
    before.close()
    const servers = conf.servers.map(({ address }) => address)
    this.#log({ level: 'info', event: 'reloaded', fields: { changed: ['resolv.conf'], servers } })
  }
}

function sameText(a: ResolvConf, b: ResolvConf): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}
