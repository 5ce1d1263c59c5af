/** Who lives at `mx.south.example`, the server of the tests, with what keys, names and certificates. */
import type { Zone } from '../../dns/zone-table.ts'
import { generateDkimKey } from '../../dkim/dkim.ts'
import type { Resident } from '../../directory/address-table.ts'
import { publishedRecords } from '../../directory/signing-keys.ts'
import { issueCertificate, type KeyedCertificate, makeAuthority } from '../../io/certificates.ts'
import { hashPassword } from '../../io/password.ts'
import type { DkimKeyRow } from '../../store/ports/keys.ts'

export const host = 'mx.south.example'
export const receiver = 'receiver@south.example'
export const strangerIp = '198.51.100.66'
export const password = 'letmein'

/** What DNS says unless a test says otherwise: the sender's domain and its one server. */
export const northZone: Zone = {
  'north.example': { TXT: ['v=spf1 ip4:192.0.2.10 -all'], MX: ['10 mx.north.example'] },
  'mx.north.example': { A: ['192.0.2.10'] },
  '_dmarc.north.example': { TXT: ['v=DMARC1; p=reject'] },
}

const made: {
  certificate?: Promise<KeyedCertificate>
  authority?: Promise<KeyedCertificate>
  hash?: Promise<string>
  keys?: readonly DkimKeyRow[]
} = {}

const day = 86_400_000

/** The authority behind every certificate of the tests. */
export function authority(): Promise<KeyedCertificate> {
  const now = Date.now()
  const validity = { notBefore: new Date(now - day), notAfter: new Date(now + 3650 * day) }
  made.authority ??= makeAuthority('The authority of the tests', validity)
  return made.authority
}

/** A certificate for `names`. */
export async function certificateFor(
  names: readonly [string, ...string[]],
): Promise<KeyedCertificate> {
  const now = Date.now()
  const validity = { notBefore: new Date(now - day), notAfter: new Date(now + 3650 * day) }
  return issueCertificate(await authority(), names, validity)
}

/** South's keys, made once for all tests of a file. */
export function southKeys(): readonly DkimKeyRow[] {
  made.keys ??= (['rsa', 'ed25519'] as const).map((algorithm) => ({
    domain: 'south.example',
    selector: algorithm,
    algorithm,
    privateKey: generateDkimKey(algorithm).privateKey,
    createdAt: 0,
    active: true,
  }))
  return made.keys
}

/** South's key records, for a zone. */
export function southKeyZone(): Zone {
  return Object.fromEntries(
    publishedRecords(southKeys()).map(({ name, value }) => [name, { TXT: [value] }]),
  )
}

/** The accounts of south: two people. */
export async function southAccounts(): Promise<readonly Resident[]> {
  made.hash ??= hashPassword(password)
  const passwordHash = await made.hash
  return [
    { address: receiver, aliases: ['friend@south.example'], passwordHash },
    { address: 'other@south.example', aliases: [], passwordHash },
  ]
}

/** The certificate of south itself, made once for all tests of a file. */
export function southCertificate(): Promise<KeyedCertificate> {
  made.certificate ??= certificateFor([host, 'localhost'])
  return made.certificate
}
