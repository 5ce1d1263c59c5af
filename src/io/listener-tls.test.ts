import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect as tcpConnect } from 'node:net'
import { test, type TestContext } from 'node:test'
import { connect as tlsConnect } from 'node:tls'
import { octetsOf } from '../base/octets.ts'
import { dialTcp } from './dialer.ts'
import type { Peer } from './peer.ts'
import { testCertificate } from './test-support/certificates.ts'
import { listenForPeers } from './test-support/listen-for-peers.ts'
import { Heard } from './test-support/peers.ts'
import { serverContext } from './tls-context.ts'

/** A port with implicit TLS; `came` is the first connection, or why there was none. */
async function open(
  t: TestContext,
  handshakeTimeoutMs = 5000,
): Promise<{ readonly port: number; readonly came: Promise<Peer | string> }> {
  const peers: Peer[] = []
  const { promise, resolve } = Promise.withResolvers<Peer | string>()
  const listener = await listenForPeers({
    address: '127.0.0.1',
    port: 0,
    maxConnections: 10,
    handshakeTimeoutMs,
    implicitTls: tlsOf(await testCertificate(['mx.south.example'])),
    onPeer(peer) {
      peers.push(peer)
      resolve(peer)
    },
    onFailure: ({ ip, problem }) => resolve(`${ip} ${problem}`),
  })
  t.after(() => {
    for (const peer of peers) peer.destroy()
    return listener.close()
  })
  return { port: listener.port, came: promise }
}

async function problem(came: Promise<Peer | string>): Promise<string> {
  const what = await came
  return typeof what === 'string' ? what : 'a connection'
}

test('a connection is told after its handshake, with what TLS came to', async (t) => {
  const { port, came } = await open(t)
  const where = { host: '127.0.0.1', port, servername: 'mx.south.example' }
  const socket = tlsConnect({ ...where, rejectUnauthorized: false })
  t.after(() => socket.destroy())
  const peer = await came
  assert.ok(typeof peer !== 'string')
  assert.equal(peer.tls?.protocol, 'TLSv1.3')
  assert.equal(peer.tls?.serverName, 'mx.south.example')
  const heard = new Heard(peer)
  socket.write('EHLO')
  await heard.until(() => heard.text === 'EHLO')
})

test('a client that speaks no TLS is told to the log, and is no connection', async (t) => {
  const { port, came } = await open(t)
  const socket = tcpConnect({ host: '127.0.0.1', port })
  socket.on('error', () => {})
  socket.write('EHLO client.example\r\n')
  t.after(() => socket.destroy())
  assert.match(await problem(came), /^127\.0\.0\.1 TLS: /)
})

test('a client that leaves within the handshake is told to the log', async (t) => {
  const { port, came } = await open(t)
  const socket = tcpConnect({ host: '127.0.0.1', port }, () => {
    socket.write(octetsOf('\x16\x03\x01'))
    socket.resetAndDestroy()
  })
  socket.on('error', () => {})
  assert.match(await problem(came), /^127\.0\.0\.1 TLS: /)
})

test('a client that is silent within the handshake is dropped after the time for it', async (t) => {
  const { port, came } = await open(t, 30)
  const dialled = await dialTcp('127.0.0.1', port, 5000)
  assert.ok(dialled.type === 'connected')
  const client = new Heard(dialled.peer)
  assert.match(await problem(came), /took too long/)
  await client.until(() => client.closed !== undefined)
})

test('a client that ends its side within the handshake is told at once, and its place is free', async (t) => {
  const { promise, resolve } = Promise.withResolvers<string>()
  let sessions = 0
  const peers: Peer[] = []
  const listener = await listenForPeers({
    address: '127.0.0.1',
    port: 0,
    maxConnections: 1,
    handshakeTimeoutMs: 60_000,
    implicitTls: tlsOf(await testCertificate(['mx.south.example'])),
    onPeer(peer) {
      sessions++
      peers.push(peer)
      peer.open({ octets: () => {}, ended: () => peer.end(), closed: () => {} })
      peer.write(octetsOf('220 hello\r\n'))
    },
    onFailure: (failure) => resolve(`${failure.type} ${failure.ip} ${failure.problem}`),
  })
  t.after(() => {
    for (const peer of peers) peer.destroy()
    return listener.close()
  })
  const socket = tcpConnect({ host: '127.0.0.1', port: listener.port, allowHalfOpen: true })
  socket.on('error', () => {})
  socket.resume()
  const gone = new Promise((done) => socket.once('end', done))
  socket.end(octetsOf('\x16\x03\x01'))
  assert.equal(await promise, 'tls 127.0.0.1 TLS: the connection ended within the handshake')
  await gone
  const next = tlsConnect({ host: '127.0.0.1', port: listener.port, rejectUnauthorized: false })
  await new Promise((heard) => next.once('data', heard))
  next.destroy()
  assert.equal(sessions, 1)
})

function tlsOf(
  certificate: Parameters<typeof serverContext>[0],
): () => ReturnType<typeof serverContext> {
  const context = serverContext(certificate)
  return () => context
}

test('a port is closed when the last handshake on it has been told of', async (t) => {
  const failures: string[] = []
  const listener = await listenForPeers({
    address: '127.0.0.1',
    port: 0,
    implicitTls: tlsOf(await testCertificate(['mx.south.example'])),
    maxConnections: 10,
    handshakeTimeoutMs: 60_000,
    onPeer: () => assert.fail('no session'),
    onFailure: ({ problem }) => failures.push(problem),
  })
  const silent = tcpConnect(listener.port, '127.0.0.1')
  silent.on('error', () => {})
  t.after(() => silent.destroy())
  await once(silent, 'connect')
  // The server has seen it once it turns the next one's end round.
  const next = tcpConnect(listener.port, '127.0.0.1')
  next.on('error', () => {})
  next.end()
  await once(next.resume(), 'close')
  const before = failures.length
  await listener.close()
  assert.equal(failures.length, before + 1)
})
