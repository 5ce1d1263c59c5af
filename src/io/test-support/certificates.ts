import 'reflect-metadata'
import { webcrypto } from 'node:crypto'
import { X509CertificateGenerator } from '@peculiar/x509'
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

/** A certificate with an RSA key, which signs itself: with it static RSA is possible in TLS 1.2. */
export async function rsaCertificate(name: string): Promise<KeyedCertificate> {
  const algorithm = {
    name: 'RSASSA-PKCS1-v1_5',
    hash: 'SHA-256',
    publicExponent: new Uint8Array([1, 0, 1]),
    modulusLength: 2048,
  } as const
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const signing = { keys, signingAlgorithm: algorithm }
  const made = await X509CertificateGenerator.createSelfSigned({
    name: `CN=${name}`,
    ...days(-1, 1),
    ...signing,
  })
  const key = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey))
  const privateKey = `-----BEGIN PRIVATE KEY-----\n${key.toString('base64')}\n-----END PRIVATE KEY-----\n`
  return { certificate: made.toString('pem'), privateKey }
}
