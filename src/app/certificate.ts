import { X509Certificate } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import type { Clock } from '../base/clock.ts'
import { WaybillError } from '../base/error.ts'
import type { Log } from '../base/log.ts'
import type { Settings } from '../config/settings.ts'
import { type KeyedCertificate, issueCertificate, makeAuthority } from '../io/certificates.ts'
import { readAuthorities } from '../io/tls-files.ts'
import { trustedBeside } from '../io/trust.ts'
import { notThere, whyUnreadable } from '../io/unreadable-file.ts'

/**
 * The certificate of the settings, read now; `undefined` when they name none.
 *
 * @throws WaybillError `config-invalid` and `not-found` when a file is not there or cannot be read
 */
export function readCertificate({ tls }: Settings): KeyedCertificate | undefined {
  const { certificate, key } = tls
  if (certificate === undefined || key === undefined) return undefined
  const files = [
    { name: 'tls.certificate', path: certificate },
    { name: 'tls.key', path: key },
  ] as const
  const missing = files.filter(({ path }) => !existsSync(path))
  if (missing.length > 0) {
    const lines = missing.map(({ name, path }) => `  ${name}: "${path}": ${notThere(path)}`)
    throw new WaybillError(
      'config-invalid',
      `The configuration names files that are not there:\n${lines.join('\n')}`,
    )
  }
  return { certificate: readPem(certificate), privateKey: readPem(key) }
}

/**
 * With which certificates those of other servers must begin: what Node trusts, and what the settings
 * add to it. `undefined`: what Node trusts and nothing else.
 *
 * @throws WaybillError `config-invalid` when a file is not there or holds no certificate
 */
export function trustOf({ tls }: Settings): readonly string[] | undefined {
  if (tls.authorities.length === 0) return undefined
  const { certificates, problems } = readAuthorities(tls.authorities)
  if (problems.length === 0) return trustedBeside(certificates)
  const lines = problems.map((problem) => `  tls.authorities: ${problem}`)
  throw new WaybillError(
    'config-invalid',
    `The configuration names authorities that cannot be used:\n${lines.join('\n')}`,
  )
}

/** A certificate of one's own, good for a year: opportunistic TLS is better than none. */
export async function ownCertificate(hostname: string, now: number): Promise<KeyedCertificate> {
  const year = 366 * 86_400_000
  const validity = { notBefore: new Date(now - 86_400_000), notAfter: new Date(now + year) }
  const authority = await makeAuthority(`Waybill at ${hostname}`, validity)
  return issueCertificate(authority, [hostname], validity)
}

function readPem(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    const why = whyUnreadable(path, cause)
    throw new WaybillError('not-found', `Cannot read ${path}, named in the table [tls]: ${why}.`, {
      cause,
      hint: 'May the user that runs Waybill read it? waybill config test looks at it.',
    })
  }
}

const dayMs = 86_400_000
/** From when on the end is told. Of a certificate that is short-lived by design: its last quarter. */
const aheadMs = 14 * dayMs

/** Tells once a day that the certificate in use runs out, or has run out. */
export class CertificateWatch {
  readonly #clock: Clock
  readonly #log: Log
  readonly #ends: (until: number) => void
  #own: X509Certificate | undefined
  #cancel: () => void = () => {}

  constructor(options: {
    readonly clock: Clock
    readonly log: Log
    /** Told with each line of the log: when it runs out. */
    readonly ends: (until: number) => void
  }) {
    this.#clock = options.clock
    this.#log = options.log
    this.#ends = options.ends
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
    this.#ends(until)
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
