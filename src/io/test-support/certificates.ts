import { issueCertificate, type KeyedCertificate, makeAuthority } from '../certificates.ts'

const dayMs = 86_400_000

/** From `from` to `to` days from now. */
export function days(from: number, to: number): { notBefore: Date; notAfter: Date } {
  const now = Date.now()
  return { notBefore: new Date(now + from * dayMs), notAfter: new Date(now + to * dayMs) }
}

let made: Promise<KeyedCertificate> | undefined

/** One authority for all tests of a file. */
export function testAuthority(): Promise<KeyedCertificate> {
  made ??= makeAuthority('An authority for tests', days(-30, 30))
  return made
}

/** A certificate of that authority. */
export async function testCertificate(
  names: readonly [string, ...string[]],
  validity: ReturnType<typeof days> = days(-1, 1),
): Promise<KeyedCertificate> {
  return issueCertificate(await testAuthority(), names, validity)
}
