import 'reflect-metadata'
import { webcrypto } from 'node:crypto'
import {
  BasicConstraintsExtension,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
  X509Certificate,
} from '@peculiar/x509'
import { parseIp } from '../base/ip.ts'

/** A certificate with its private key, both PEM. */
export interface KeyedCertificate {
  readonly certificate: string
  readonly privateKey: string
}

export interface Validity {
  readonly notBefore: Date
  readonly notAfter: Date
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const

/** Makes a certificate authority of one's own: what the lab, and a server without one, trust. */
export async function makeAuthority(name: string, validity: Validity): Promise<KeyedCertificate> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: `CN=${name}`,
    ...validity,
    keys,
    signingAlgorithm: algorithm,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
    ],
  })
  return keyed(certificate, keys.privateKey)
}

/**
 * Issues a server certificate for `names`, some of which may be addresses (RFC 9525: they stand in subjectAltName; a common name is
 * never looked at).
 */
export async function issueCertificate(
  authority: KeyedCertificate,
  names: readonly [string, ...string[]],
  validity: Validity,
): Promise<KeyedCertificate> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const certificate = await X509CertificateGenerator.create({
    subject: `CN=${names[0]}`,
    issuer: new X509Certificate(authority.certificate).subject,
    ...validity,
    publicKey: keys.publicKey,
    signingKey: await readPrivateKey(authority.privateKey),
    signingAlgorithm: algorithm,
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension(['1.3.6.1.5.5.7.3.1']),
      new SubjectAlternativeNameExtension(
        names.map((value) => ({ type: parseIp(value) === undefined ? 'dns' : 'ip', value })),
      ),
    ],
  })
  return keyed(certificate, keys.privateKey)
}

async function keyed(
  certificate: X509Certificate,
  key: webcrypto.CryptoKey,
): Promise<KeyedCertificate> {
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', key)).toString('base64')
  const lines = pkcs8.match(/.{1,64}/g) ?? []
  const privateKey = `-----BEGIN PRIVATE KEY-----\n${lines.join('\n')}\n-----END PRIVATE KEY-----\n`
  return { certificate: `${certificate.toString('pem')}\n`, privateKey }
}

async function readPrivateKey(pem: string): Promise<webcrypto.CryptoKey> {
  const base64 = pem.replace(/-----[^-]+-----|\s/g, '')
  return webcrypto.subtle.importKey('pkcs8', Buffer.from(base64, 'base64'), algorithm, false, [
    'sign',
  ])
}
