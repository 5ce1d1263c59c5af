import assert from 'node:assert/strict'
import { test } from 'node:test'
import { octetsOf } from '../base/octets.ts'
import { dialProblem, dialTcp, tcpDialer } from './dialer.ts'
import { bareServer, deadPort, Heard } from './test-support/peers.ts'

test('a server that listens is connected to', async (t) => {
  const port = await bareServer(t, (socket) => socket.end('220 hello\r\n'))
  const dialled = await tcpDialer.dial({ ip: '127.0.0.1', port, timeoutMs: 5000 })
  assert.ok(dialled.type === 'connected')
  assert.deepEqual(dialled.peer.remote, { ip: '127.0.0.1', port })
  const heard = new Heard(dialled.peer)
  await heard.until(() => heard.ended)
  assert.equal(heard.text, '220 hello\r\n')
  dialled.peer.write(octetsOf('QUIT\r\n'))
  dialled.peer.end()
  await heard.until(() => heard.closed !== undefined)
})

test('a port on which nobody listens refuses', async () => {
  const dialled = await dialTcp('127.0.0.1', await deadPort(), 5000)
  assert.ok(dialled.type === 'failed')
  assert.equal(dialled.reason, 'refused')
  assert.match(dialled.text, /ECONNREFUSED/)
})

test('a server that does not answer in time is given up', async (t) => {
  const port = await bareServer(t, () => {})
  const dialling = dialTcp('127.0.0.1', port, 1)
  // The time is over before the event loop looks at sockets again.
  for (const until = performance.now() + 5; performance.now() < until; );
  const dialled = await dialling
  assert.ok(dialled.type === 'failed')
  assert.equal(dialled.reason, 'timeout')
  assert.equal(dialled.text, 'no answer within 0.001 s')
})

test('what is no address is a failure and not an exception', async () => {
  for (const ip of ['203.0.113.300', 'not an address', '::g']) {
    assert.equal((await dialTcp(ip, 25, 5000)).type, 'failed')
  }
})

test('outside of a lab everything is where it says', () => {
  assert.equal(tcpDialer.realPlace({ ip: '192.0.2.1', port: 25 }), undefined)
})

test('each way to fail has its word, and want of descriptors is told as ours', () => {
  const table: readonly (readonly [string | undefined, string, RegExp])[] = [
    ['ECONNREFUSED', 'refused', /^as it was$/],
    ['ETIMEDOUT', 'timeout', /^as it was$/],
    ['EHOSTUNREACH', 'unreachable', /^as it was$/],
    ['ENETUNREACH', 'unreachable', /^as it was$/],
    ['EADDRNOTAVAIL', 'unreachable', /^as it was$/],
    ['ECONNRESET', 'broken', /^as it was$/],
    [undefined, 'broken', /^as it was$/],
    ['EMFILE', 'broken', /^this server has no file descriptors left/],
    ['ENFILE', 'broken', /^this server has no file descriptors left/],
  ]
  for (const [code, reason, text] of table) {
    const told = dialProblem({ code, message: 'as it was' })
    assert.equal(told.reason, reason, code)
    assert.match(told.text, text, code)
  }
})
