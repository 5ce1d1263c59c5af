import assert from 'node:assert/strict'
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { test } from 'node:test'
import { WaybillError } from '../base/error.ts'
import { issueCertificate, makeAuthority } from './certificates.ts'
import { days, testAuthority, testCertificate } from './test-support/certificates.ts'
import { serverContext } from './tls-context.ts'

test('an authority signs itself and may sign others', async () => {
  const { certificate, privateKey } = await testAuthority()
  const read = new X509Certificate(certificate)
  assert.ok(read.ca)
  assert.equal(read.subject, 'CN=An authority for tests')
  assert.equal(read.issuer, read.subject)
  assert.ok(read.verify(read.publicKey))
  assert.ok(read.checkPrivateKey(createPrivateKey(privateKey)))
})

test('a certificate is for its names and for no other (RFC 9525)', async () => {
  const { certificate } = await testCertificate(['mx.south.example', 'mail.south.example'])
  const read = new X509Certificate(certificate)
  for (const name of ['mx.south.example', 'mail.south.example', 'MX.SOUTH.EXAMPLE']) {
    assert.notEqual(read.checkHost(name, { subject: 'never' }), undefined, name)
  }
  for (const name of ['south.example', 'x.mx.south.example', 'mx.north.example']) {
    assert.equal(read.checkHost(name), undefined, name)
  }
})

test('a certificate for an address is for that address, and not for a name like it', async () => {
  const { certificate } = await testCertificate(['mx.south.example', '127.0.0.1', '2001:db8::1'])
  const read = new X509Certificate(certificate)
  assert.equal(read.checkIP('127.0.0.1'), '127.0.0.1')
  assert.equal(read.checkIP('2001:db8::1'), '2001:db8::1')
  assert.equal(read.checkIP('127.0.0.2'), undefined)
  assert.equal(read.subjectAltName?.match(/DNS:/g)?.length, 1)
})

test('a certificate is no authority, and is signed by the one that issued it', async () => {
  const authority = new X509Certificate((await testAuthority()).certificate)
  const issued = await testCertificate(['mx.south.example'])
  const read = new X509Certificate(issued.certificate)
  assert.equal(read.ca, false)
  assert.ok(read.checkIssued(authority))
  assert.ok(read.verify(authority.publicKey))
  assert.ok(read.checkPrivateKey(createPrivateKey(issued.privateKey)))
  assert.deepEqual(read.keyUsage, ['1.3.6.1.5.5.7.3.1'])
  const other = await makeAuthority('An authority for tests', days(-1, 1))
  assert.equal(read.verify(new X509Certificate(other.certificate).publicKey), false)
})

test('a certificate holds from its first moment to its last', async () => {
  const validity = days(-10, -1)
  const { certificate } = await testCertificate(['mx.south.example'], validity)
  const read = new X509Certificate(certificate)
  // To the second: that is all that X.509 writes down.
  const second = (date: Date): number => Math.floor(date.getTime() / 1000)
  assert.equal(second(read.validFromDate), second(validity.notBefore))
  assert.equal(second(read.validToDate), second(validity.notAfter))
})

test('no two certificates have the same number or key', async () => {
  const authority = await testAuthority()
  const issue = (): ReturnType<typeof issueCertificate> =>
    issueCertificate(authority, ['mx.south.example'], days(-1, 1))
  const [one, two] = (await Promise.all([issue(), issue()])).map(
    ({ certificate }) => new X509Certificate(certificate),
  )
  assert.ok(one !== undefined && two !== undefined)
  assert.notEqual(one.serialNumber, two.serialNumber)
  assert.notEqual(one.fingerprint256, two.fingerprint256)
  assert.equal(one.publicKey.equals(two.publicKey), false)
})

test('a certificate with a key that is not its own is told before any connection', async () => {
  const one = await testCertificate(['mx.south.example'])
  const two = await testCertificate(['mx.south.example'])
  assert.ok(serverContext(one) !== undefined)
  for (const bad of [
    { certificate: one.certificate, privateKey: two.privateKey },
    { certificate: 'no PEM', privateKey: one.privateKey },
    { certificate: one.certificate, privateKey: '' },
    { certificate: '', privateKey: one.privateKey },
  ]) {
    assert.throws(
      () => serverContext(bad),
      (error) => error instanceof WaybillError && error.code === 'key-unusable',
    )
  }
})
