import { issueCertificate, type KeyedCertificate, makeAuthority } from '../io/certificates.ts'
import type { WrongCertificates } from './manners.ts'

const dayMs = 86_400_000

/**
 * Certificates that nobody should believe, beside a good one of `authority` for these names.
 *
 * @param now Unix milliseconds
 */
export async function makeWrongCertificates(
  authority: KeyedCertificate,
  names: readonly [string, ...string[]],
  now: number,
): Promise<WrongCertificates> {
  const validity = { notBefore: new Date(now - dayMs), notAfter: new Date(now + 3650 * dayMs) }
  const over = { notBefore: new Date(now - 30 * dayMs), notAfter: new Date(now - dayMs) }
  const unknown = await makeAuthority('Nobody knows this CA', validity)
  const [expired, wrongName, untrusted] = await Promise.all([
    issueCertificate(authority, names, over),
    issueCertificate(authority, ['another.example'], validity),
    issueCertificate(unknown, names, validity),
  ])
  return { expired, 'wrong-name': wrongName, untrusted }
}
