import { existsSync, readFileSync } from 'node:fs'
import { WaybillError } from '../base/error.ts'
import type { Settings } from '../config/settings.ts'
import { issueCertificate, type KeyedCertificate, makeAuthority } from '../io/certificates.ts'
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
