import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { connect as tlsConnect } from 'node:tls'
import { test, type TestContext } from 'node:test'
import { WaybillError } from '../base/error.ts'
import { issueCertificate, makeAuthority } from './certificates.ts'
import type { Listener } from './listener.ts'
import type { Peer } from './peer.ts'
import { listenForPeers, type PeerPort } from './test-support/listen-for-peers.ts'
import { serverContext } from './tls-context.ts'

interface Opened {
  readonly listener: Listener
  readonly peers: readonly Peer[]
  readonly failures: readonly string[]
}

async function open(t: TestContext, changes: Partial<PeerPort> = {}): Promise<Opened> {
  const peers: Peer[] = []
  const failures: string[] = []
  const listener = await listenForPeers({
    address: '127.0.0.1',
    port: 0,
    maxConnections: 2,
    busy: Buffer.from('421 busy\r\n'),
    handshakeTimeoutMs: 60_000,
    onPeer(peer) {
      peers.push(peer)
      peer.open({ octets: () => {}, ended: () => peer.end(), closed: () => {} })
      peer.write(Buffer.from('220 hello\r\n'))
    },
    onFailure: ({ problem }) => failures.push(problem),
    ...changes,
  })
  t.after(async () => {
    for (const peer of peers) peer.destroy()
    await listener.close()
  })
  return { listener, peers, failures }
}

async function call({ listener }: Opened): Promise<{ socket: Socket; heard: Promise<string> }> {
  const socket = connect(listener.port, '127.0.0.1')
  socket.on('error', () => {})
  await once(socket, 'connect')
  const heard = once(socket, 'data').then(([chunk]) => String(chunk))
  return { socket, heard }
}

test('one connection too many hears why and is closed; with room there is a greeting again', async (t) => {
  const opened = await open(t)
  const [one, two] = [await call(opened), await call(opened)]
  assert.equal(await one.heard, '220 hello\r\n')
  assert.equal(await two.heard, '220 hello\r\n')
  for (let n = 0; n < 10; n++) {
    const late = await call(opened)
    assert.equal(await late.heard, '421 busy\r\n')
    await once(late.socket, 'close')
  }
  assert.deepEqual(opened.failures, ['more than 2 connections at once'])
  one.socket.end()
  await once(one.socket, 'close')
  let again: string
  do again = await (await call(opened)).heard
  while (again !== '220 hello\r\n')
})

test('closing does not wait for who only connects to a TLS port, nor for who is turned away', async (t) => {
  const now = Date.now()
  const validity = { notBefore: new Date(now - 60_000), notAfter: new Date(now + 3_600_000) }
  const certificate = await issueCertificate(await makeAuthority('x', validity), ['a.b'], validity)
  const opened = await open(t, { implicitTls: tlsOf(certificate), maxConnections: 5 })
  const socket = connect(opened.listener.port, '127.0.0.1')
  socket.on('error', () => {})
  await once(socket, 'connect')
  const gone = once(socket, 'close')
  const full = await open(t, { maxConnections: 0 })
  const late = connect({ port: full.listener.port, host: '127.0.0.1', allowHalfOpen: true })
  late.on('error', () => {})
  await once(late, 'data')
  await Promise.all([opened.listener.close(), full.listener.close(), gone])
  late.destroy()
})

test('a place is free again whatever became of the socket: TLS, no TLS, an end, a reset', async (t) => {
  const now = Date.now()
  const validity = { notBefore: new Date(now - 60_000), notAfter: new Date(now + 3_600_000) }
  const certificate = await issueCertificate(await makeAuthority('x', validity), ['a.b'], validity)
  const context = serverContext(certificate)
  const ways: readonly ((socket: Socket) => Promise<void>)[] = [
    // A whole TLS session, and its end.
    async (socket) => {
      const secure = tlsConnect({ socket, rejectUnauthorized: false })
      secure.on('error', () => {})
      await once(secure, 'secureConnect')
      secure.end()
      secure.resume()
      await once(socket, 'close')
    },
    async (socket) => {
      socket.write('this is no TLS, and long enough to tell\r\n')
      await once(socket, 'close')
    },
    async (socket) => {
      socket.end()
      await once(socket, 'close')
    },
    async (socket) => {
      socket.resetAndDestroy()
      await once(socket, 'close')
    },
  ]
  const opened = await open(t, {
    maxConnections: 1,
    onPeer(peer) {
      peer.open({ octets: () => {}, ended: () => peer.end(), closed: () => {} })
      peer.write(Buffer.from('220 hello\r\n'))
      void peer.startTls({ side: 'server', context })
    },
  })
  for (const leave of [...ways, ...ways]) {
    let heard = ''
    for (;;) {
      const caller = await call(opened)
      heard = await caller.heard
      if (heard === '220 hello\r\n') {
        await leave(caller.socket)
        break
      }
      // The server may hear of the end of the last one a moment later than we do.
      await once(caller.socket, 'close')
    }
  }
})

test('a port that is taken is told with its number', async (t) => {
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  t.after(() => other.close())
  const address = other.address()
  assert.ok(typeof address === 'object' && address !== null)
  await assert.rejects(open(t, { port: address.port }), (problem) => {
    assert.ok(problem instanceof WaybillError)
    assert.equal(problem.code, 'port-taken')
    assert.match(problem.message, new RegExp(`Port ${address.port} is taken by another program`))
    return true
  })
})

test('who may not come in hears why, and takes no place; a place is given back once', async (t) => {
  const asked: string[] = []
  let left = 0
  let inside = 0
  const opened = await open(t, {
    maxConnections: 5,
    admit(ip) {
      asked.push(ip)
      if (inside > 0) return { type: 'turnedAway', words: Buffer.from('421 not you\r\n') }
      inside++
      return {
        type: 'admitted',
        leave() {
          inside--
          left++
        },
      }
    },
  })
  const one = await call(opened)
  assert.equal(await one.heard, '220 hello\r\n')
  for (let n = 0; n < 10; n++) {
    const other = await call(opened)
    assert.equal(await other.heard, '421 not you\r\n')
    await once(other.socket, 'close')
  }
  assert.deepEqual(opened.failures, [], 'who admits tells it')
  assert.equal(opened.peers.length, 1)
  one.socket.end()
  await once(one.socket, 'close')
  let again: string
  do again = await (await call(opened)).heard
  while (again !== '220 hello\r\n')
  assert.equal(left, 1)
  assert.equal(asked[0], '127.0.0.1')
})

test('who resets the connection before it was taken counts as nobody', async (t) => {
  const asked: string[] = []
  const opened = await open(t, {
    maxConnections: 500,
    admit(ip) {
      asked.push(ip)
      return { type: 'admitted', leave: () => {} }
    },
  })
  const gone = Array.from({ length: 200 }, async () => {
    const socket = connect(opened.listener.port, '127.0.0.1')
    socket.on('error', () => {})
    await once(socket, 'connect')
    socket.resetAndDestroy()
  })
  await Promise.all(gone)
  assert.equal(await (await call(opened)).heard, '220 hello\r\n')
  assert.deepEqual(new Set(asked), new Set(['127.0.0.1']))
})

test('when descriptors run short, callers hear so, and it is told once', async (t) => {
  const opened = await open(t, { maxConnections: 5, maxDescriptor: 0 })
  for (let n = 0; n < 3; n++) {
    // It keeps its own side open, and must not keep the descriptor with it.
    const place = { port: opened.listener.port, host: '127.0.0.1', allowHalfOpen: true }
    const socket = connect(place)
    socket.on('error', () => {})
    const gone = once(socket, 'end')
    const [heard] = await once(socket, 'data')
    assert.equal(String(heard), '421 busy\r\n')
    await gone
    const timers = process.getActiveResourcesInfo().filter((one) => one === 'Timeout')
    assert.deepEqual(timers, [], 'nobody waits for its end')
    socket.destroy()
  }
  assert.deepEqual(opened.failures, [
    'no file descriptors are left for more connections (ulimit -n)',
  ])
  assert.equal(opened.peers.length, 0)
})

function tlsOf(
  certificate: Parameters<typeof serverContext>[0],
): () => ReturnType<typeof serverContext> {
  const context = serverContext(certificate)
  return () => context
}
