import 'reflect-metadata'
import assert from 'node:assert/strict'
import { createHash, generateKeyPairSync, X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { createServer, connect, type AddressInfo } from 'node:net'
import { test } from 'node:test'
import { connect as tlsConnect, createSecureContext, TLSSocket } from 'node:tls'
import { presentedChain, readChain, tlsaDigest } from './certificate-chain.ts'
import { issueCertificate, makeAuthority } from './certificates.ts'
import {
  days,
  rsaCertificate,
  testAuthority,
  testCertificate,
} from './test-support/certificates.ts'

function der(pem: string): Uint8Array {
  return new X509Certificate(pem).raw
}

test('what TLSA records are compared with is read out of the certificate', async () => {
  const { certificate } = await testCertificate(['mx.south.example', '*.a.example', '192.0.2.1'])
  const authority = await testAuthority()
  const chain = readChain([der(certificate), der(authority.certificate)])
  const [own, root] = chain
  assert.ok(own !== undefined && root !== undefined)
  assert.deepEqual(own.dnsNames, ['mx.south.example', '*.a.example'])
  assert.equal(own.commonName, 'mx.south.example')
  assert.deepEqual([own.isAuthority, root.isAuthority], [false, true])
  assert.deepEqual([own.signedByNext, root.signedByNext], [true, false])
  assert.ok(own.notBefore < Date.now() && own.notAfter > Date.now())
  assert.deepEqual(Buffer.from(own.certificate), Buffer.from(der(certificate)))
})

test('the public key is the one of the certificate, whatever its kind', async () => {
  for (const pem of [
    (await testCertificate(['mx.south.example'])).certificate,
    (await rsaCertificate('mx.south.example')).certificate,
    (await testAuthority()).certificate,
  ]) {
    const [one] = readChain([der(pem)])
    const spki = new X509Certificate(pem).publicKey.export({ type: 'spki', format: 'der' })
    assert.deepEqual(Buffer.from(one?.publicKey ?? []), spki)
  }
})

test('another authority of the same name has signed nothing', async () => {
  const [first, second] = [
    await makeAuthority('One name', days(-1, 1)),
    await makeAuthority('One name', days(-1, 1)),
  ]
  const { certificate } = await issueCertificate(first, ['mx.south.example'], days(-1, 1))
  const signed = (root: string): boolean | undefined => {
    return readChain([der(certificate), der(root)])[0]?.signedByNext
  }
  assert.equal(signed(first.certificate), true)
  assert.equal(signed(second.certificate), false)
})

test('what is no certificate is no chain', async () => {
  const { certificate } = await testCertificate(['mx.south.example'])
  assert.deepEqual(readChain([der(certificate), new Uint8Array([0x30, 0x82])]), [])
  assert.deepEqual(readChain([]), [])
})

test('the chain of a connection is what the server sent, its own certificate first', async (t) => {
  const authority = await testAuthority()
  const { certificate, privateKey } = await testCertificate(['mx.south.example'])
  for (const sent of ['alone', 'with its authority'] as const) {
    const cert = sent === 'alone' ? certificate : `${certificate}${authority.certificate}`
    const context = createSecureContext({ cert, key: privateKey })
    const listener = createServer((socket) => {
      socket.on('error', () => {})
      new TLSSocket(socket, { isServer: true, secureContext: context }).on('error', () => {})
    })
    listener.listen(0, '127.0.0.1')
    await once(listener, 'listening')
    t.after(() => listener.close())
    // Nothing listens anywhere else than on a port.
    const { port } = listener.address() as AddressInfo
    const socket = tlsConnect({ socket: connect(port, '127.0.0.1'), rejectUnauthorized: false })
    await once(socket, 'secureConnect')
    const chain = presentedChain(socket)
    socket.destroy()
    const expected = sent === 'alone' ? [certificate] : [certificate, authority.certificate]
    assert.deepEqual(
      chain.map((one) => Buffer.from(one.certificate)),
      expected.map((pem) => Buffer.from(der(pem))),
      sent,
    )
  }
})

test('digests are those of Node', () => {
  const { publicKey } = generateKeyPairSync('ed25519')
  const octets = publicKey.export({ type: 'spki', format: 'der' })
  for (const algorithm of ['sha256', 'sha512'] as const) {
    const expected = createHash(algorithm).update(octets).digest('hex')
    assert.equal(Buffer.from(tlsaDigest(algorithm, octets)).toString('hex'), expected)
  }
})
