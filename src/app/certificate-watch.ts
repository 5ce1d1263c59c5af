import { X509Certificate } from 'node:crypto'
import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'

const dayMs = 86_400_000
/** From when on the end is told. Of a certificate that is short-lived by design: its last quarter. */
const aheadMs = 14 * dayMs

/** Tells once a day that the certificate in use runs out, or has run out. */
export class CertificateWatch {
  readonly #clock: Clock
  readonly #log: Log
  #own: X509Certificate | undefined
  #cancel: () => void = () => {}

  constructor(options: { readonly clock: Clock; readonly log: Log }) {
    this.#clock = options.clock
    this.#log = options.log
  }

  /** @param certificate PEM, the server's own first, as it is used from now on */
  use(certificate: string): void {
    this.#own = readable(certificate)
    this.#look()
  }

  /** When the certificate in use runs out, Unix milliseconds; `undefined` when it cannot be read. */
  get until(): number | undefined {
    return this.#own === undefined ? undefined : Date.parse(this.#own.validTo)
  }

  stop(): void {
    this.#cancel()
    this.#own = undefined
  }

  #look(): void {
    this.#cancel()
    const own = this.#own
    if (own === undefined) return
    this.#cancel = this.#clock.setTimer(dayMs, () => this.#look())
    const [from, until] = [Date.parse(own.validFrom), Date.parse(own.validTo)]
    const leftMs = until - this.#clock.now()
    if (leftMs > Math.min(aheadMs, (until - from) / 4)) return
    const over = leftMs < 0
    this.#log({
      level: over ? 'error' : 'warning',
      event: 'certificate',
      fields: {
        until: new Date(until).toISOString(),
        days: Math.floor(leftMs / dayMs),
        why: over
          ? 'The TLS certificate in use has run out; renew it and send SIGHUP.'
          : 'The TLS certificate in use runs out; renew it and send SIGHUP.',
      },
    })
  }
}

/** What TLS could load and this cannot read is in use all the same. */
function readable(certificate: string): X509Certificate | undefined {
  try {
    return new X509Certificate(certificate)
  } catch {
    return undefined
  }
}
