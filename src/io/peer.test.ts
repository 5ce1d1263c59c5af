import assert from 'node:assert/strict'
import { connect as plainConnect, type Socket } from 'node:net'
import { test, type TestContext } from 'node:test'
import { connect } from 'node:tls'
import { octetsOf } from '../base/octets.ts'
import type { KeyedCertificate } from './certificates.ts'
import { dialTcp } from './dialer.ts'
import { Peer, type TlsStart } from './peer.ts'
import type { CertificateFacts } from './tls-facts.ts'
import { bareServer, Heard, peerPair } from './test-support/peers.ts'
import {
  days,
  rsaCertificate,
  testAuthority,
  testCertificate,
} from './test-support/certificates.ts'
import { serverContext } from './tls-context.ts'

test('octets pass both ways, and each side knows who the other is', async (t) => {
  const { server, client } = await peerPair(t)
  assert.deepEqual(client.remote, server.local)
  assert.deepEqual(server.remote, client.local)
  assert.equal(client.remote.ip, '127.0.0.1')
  const [there, here] = [new Heard(server), new Heard(client)]
  client.write(octetsOf('EHLO\r\n'))
  await there.until(() => there.text === 'EHLO\r\n')
  server.write(octetsOf('250 ok\r\n'))
  await here.until(() => here.text === '250 ok\r\n')
  assert.equal(client.tls, undefined)
})

test('what comes before anybody listens waits', async (t) => {
  const { server, client } = await peerPair(t)
  client.write(octetsOf('early'))
  await client.drained()
  const heard = new Heard(server)
  await heard.until(() => heard.text === 'early')
})

test('a side that ends still hears the answer', async (t) => {
  const { server, client } = await peerPair(t)
  const [there, here] = [new Heard(server), new Heard(client)]
  client.write(octetsOf('QUIT\r\n'))
  client.end()
  await there.until(() => there.ended)
  assert.equal(there.text, 'QUIT\r\n')
  assert.equal(there.closed, undefined)
  server.write(octetsOf('221 bye\r\n'))
  server.end()
  await here.until(() => here.closed !== undefined)
  await there.until(() => there.closed !== undefined)
  assert.equal(here.text, '221 bye\r\n')
  assert.deepEqual(here.closed, { problem: undefined })
})

test('writing to a connection that is gone does nothing, and closing is told once', async (t) => {
  const { server, client } = await peerPair(t)
  let closed = 0
  client.open({ octets: () => {}, ended: () => {}, closed: () => closed++ })
  const there = new Heard(server)
  server.destroy()
  await there.until(() => there.closed !== undefined)
  while (closed === 0) await client.drained().then(() => new Promise(setImmediate))
  client.write(octetsOf('anybody?'))
  client.end()
  client.resume()
  client.destroy()
  await client.drained()
  assert.equal(closed, 1)
})

test('who begins to listen after the end is told so', async (t) => {
  const { server, client } = await peerPair(t)
  const first = new Heard(client)
  server.destroy()
  await first.until(() => first.closed !== undefined)
  assert.notEqual(new Heard(client).closed, undefined)
})

test('what is held leaves in one piece', async (t) => {
  const { server, client } = await peerPair(t)
  const chunks: number[] = []
  const whole = new Promise<void>((resolve) => {
    let octets = 0
    server.open({
      octets(chunk) {
        chunks.push(chunk.length)
        octets += chunk.length
        if (octets === 30) resolve()
      },
      ended: () => {},
      closed: () => {},
    })
  })
  client.hold()
  for (let i = 0; i < 10; i++) client.write(octetsOf('abc'))
  assert.equal(client.backlog, 30)
  client.flush()
  await whole
  assert.deepEqual(chunks, [30])
})

test('a peer that is paused hears nothing, and holds a fast writer back', async (t) => {
  const { server, client } = await peerPair(t)
  const heard = new Heard(server)
  server.pause()
  const block = new Uint8Array(1 << 20)
  for (let i = 0; i < 64; i++) client.write(block)
  await new Promise(setImmediate)
  assert.ok(client.backlog > 0)
  assert.equal(heard.text, '')
  server.resume()
  await client.drained()
  client.end()
  await heard.until(() => heard.ended)
  assert.equal(heard.text.length, 64 << 20)
})

// TLS.

const name = 'mx.south.example'

/** Both sides' view of a handshake. */
async function handshake(
  t: TestContext,
  input: {
    readonly certificate: KeyedCertificate
    readonly serverName?: string
    readonly trustAnchors?: readonly string[]
  },
): Promise<{
  readonly client: Peer
  readonly server: Peer
  readonly started: readonly [client: TlsStart, server: TlsStart]
}> {
  const { client, server } = await peerPair(t)
  const trustAnchors = input.trustAnchors ?? [(await testAuthority()).certificate]
  const started = await Promise.all([
    client.startTls({
      side: 'client',
      serverName: input.serverName ?? name,
      trustAnchors,
      timeoutMs: 5000,
    }),
    server.startTls({ side: 'server', context: serverContext(input.certificate) }),
  ])
  return { client, server, started }
}

async function certificateSeen(
  t: TestContext,
  input: Parameters<typeof handshake>[1],
): Promise<CertificateFacts> {
  const { started } = await handshake(t, input)
  assert.equal(started[0].type, 'started')
  assert.ok(started[0].type === 'started' && started[0].facts.certificate !== undefined)
  return started[0].facts.certificate
}

test('a connection becomes a TLS session, and both sides say what it is', async (t) => {
  const certificate = await testCertificate([name])
  const { client, server, started } = await handshake(t, { certificate })
  const [atClient, atServer] = started
  assert.ok(atClient.type === 'started' && atServer.type === 'started')
  assert.equal(atClient.facts.protocol, 'TLSv1.3')
  assert.match(atClient.facts.cipher, /^TLS_/)
  assert.equal(atClient.facts.cipher, atServer.facts.cipher)
  assert.equal(atServer.facts.serverName, name)
  assert.equal(atServer.facts.certificate, undefined)
  assert.deepEqual(client.tls, atClient.facts)
  const [here, there] = [new Heard(client), new Heard(server)]
  client.write(octetsOf('EHLO'))
  await there.until(() => there.text === 'EHLO')
  server.write(octetsOf('250'))
  await here.until(() => here.text === '250')
  client.end()
  await there.until(() => there.ended)
  server.end()
  await here.until(() => here.closed !== undefined)
})

test('a certificate of an authority that we trust, for the name, is trusted', async (t) => {
  const certificate = await testCertificate([name, 'mail.south.example'])
  const seen = await certificateSeen(t, { certificate })
  assert.deepEqual([seen.trusted, seen.problem], [true, undefined])
  assert.equal(seen.subject, `CN=${name}`)
  assert.equal(seen.issuer, 'CN=An authority for tests')
  assert.deepEqual(seen.names, [`DNS:${name}`, 'DNS:mail.south.example'])
  assert.match(seen.fingerprint, /^[0-9a-f]{64}$/)
})

test('opportunistic TLS takes any certificate, and says what is wrong with it', async (t) => {
  const stranger = await testCertificate([name])
  const table: readonly (readonly [Parameters<typeof handshake>[1], string])[] = [
    [{ certificate: stranger, trustAnchors: [] }, 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
    [{ certificate: await testCertificate(['elsewhere.example']) }, 'ERR_TLS_CERT_ALTNAME_INVALID'],
    [{ certificate: await testCertificate([name], days(-10, -1)) }, 'CERT_HAS_EXPIRED'],
    [{ certificate: await testCertificate([name], days(1, 10)) }, 'CERT_NOT_YET_VALID'],
  ]
  for (const [input, problem] of table) {
    const seen = await certificateSeen(t, input)
    assert.equal(seen.trusted, false)
    assert.match(seen.problem ?? '', new RegExp(problem))
  }
})

test('an address is never sent as the name that is asked for (RFC 6066 §3)', async (t) => {
  const certificate = await testCertificate([name])
  for (const serverName of ['203.0.113.20', '2001:db8::20', '']) {
    const { started } = await handshake(t, { certificate, serverName })
    assert.ok(started[1].type === 'started')
    assert.equal(started[1].facts.serverName, undefined)
  }
})

test('a server that never answers the handshake is given up after the time for it', async (t) => {
  const { client } = await peerPair(t)
  const began = performance.now()
  const started = await client.startTls({
    side: 'client',
    serverName: name,
    trustAnchors: [],
    timeoutMs: 30,
  })
  assert.deepEqual(started, { type: 'failed', problem: 'the TLS handshake took too long' })
  assert.ok(performance.now() - began >= 29)
  const heard = new Heard(client)
  await heard.until(() => heard.closed !== undefined)
})

test('a handshake that succeeded is not cut off later', async (t) => {
  const { client, server } = await peerPair(t)
  const certificate = await testCertificate([name])
  const trustAnchors = [(await testAuthority()).certificate]
  await Promise.all([
    client.startTls({ side: 'client', serverName: name, trustAnchors, timeoutMs: 1000 }),
    server.startTls({ side: 'server', context: serverContext(certificate) }),
  ])
  assert.equal(process.getActiveResourcesInfo().filter((one) => one === 'Timeout').length, 0)
})

test('a server that hangs up or speaks no TLS fails the handshake at once', async (t) => {
  const port = await bareServer(t, (socket) => {
    socket.on('data', () => socket.end('500 what?\r\n'))
    socket.resume()
  })
  const mute = await bareServer(t, (socket) => socket.destroy())
  for (const at of [port, mute]) {
    const dialled = await dialTcp('127.0.0.1', at, 5000)
    assert.ok(dialled.type === 'connected')
    const started = await dialled.peer.startTls({
      side: 'client',
      serverName: name,
      trustAnchors: [],
      timeoutMs: 5000,
    })
    assert.equal(started.type, 'failed')
    assert.notEqual(started.type === 'failed' && started.problem, '')
  }
})

test('a client that speaks no TLS fails the handshake of the server', async (t) => {
  const { client, server } = await peerPair(t)
  const heard = new Heard(client)
  client.write(octetsOf('EHLO client.example\r\n'))
  const context = serverContext(await testCertificate([name]))
  const started = await server.startTls({ side: 'server', context })
  assert.equal(started.type, 'failed')
  await heard.until(() => heard.closed !== undefined || heard.ended)
})

test('TLS 1.2 is spoken, the versions before it are refused (RFC 8996)', async (t) => {
  const context = serverContext(await testCertificate([name]))
  for (const [version, type] of [
    ['TLSv1.2', 'started'],
    ['TLSv1.1', 'failed'],
    ['TLSv1', 'failed'],
  ] as const) {
    const { promise, resolve } = Promise.withResolvers<TlsStart>()
    const port = await bareServer(t, (socket) => {
      resolve(new Peer(socket).startTls({ side: 'server', context }))
    })
    const old = { minVersion: version, maxVersion: version, ciphers: 'ALL:@SECLEVEL=0' } as const
    const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false, ...old })
    socket.on('error', () => {})
    const started = await promise
    socket.destroy()
    assert.equal(started.type, type, version)
    if (started.type === 'started') assert.equal(started.facts.protocol, version)
  }
})

test('a client that leaves within the handshake of the server is heard, however it leaves', async (t) => {
  const context = serverContext(await testCertificate([name]))
  const ways: readonly (readonly [string, (client: Socket) => void, RegExp])[] = [
    ['ends its side', (client) => client.end(), /ended within the handshake/],
    ['breaks the connection', (client) => client.resetAndDestroy(), /ECONNRESET|was closed/],
    ['begins and ends', (client) => client.end('\x16\x03\x01'), /ended within the handshake/],
  ]
  for (const [way, leave, why] of ways) {
    const { promise: came, resolve } = Promise.withResolvers<Socket>()
    const port = await bareServer(t, resolve)
    const client = plainConnect({ host: '127.0.0.1', port, allowHalfOpen: true })
    client.on('error', () => {})
    const peer = new Peer(await came)
    const heard: string[] = []
    const closed = new Promise<void>((done) => {
      peer.open({
        octets: () => {},
        ended: () => {},
        closed: () => {
          heard.push('closed')
          done()
        },
      })
    })
    const starting = peer.startTls({ side: 'server', context })
    // As a session does while nothing of the client is wanted.
    peer.pause()
    leave(client)
    const started = await starting
    heard.push(started.type)
    assert.match(started.type === 'failed' ? started.problem : '', why, way)
    await closed
    assert.deepEqual(heard, ['failed', 'closed'], way)
    assert.ok(peer.closed)
    client.destroy()
  }
})

test('who is given up within the handshake is closed at once', async (t) => {
  const { client, server } = await peerPair(t)
  const context = serverContext(await testCertificate([name]))
  const heard = new Heard(client)
  const starting = server.startTls({ side: 'server', context })
  server.end()
  assert.deepEqual(await starting, { type: 'failed', problem: 'the handshake was given up' })
  await heard.until(() => heard.ended || heard.closed !== undefined)
})

test('what comes right behind the handshake waits for who paused', async (t) => {
  const context = serverContext(await testCertificate([name]))
  const { promise: came, resolve } = Promise.withResolvers<Socket>()
  const port = await bareServer(t, resolve)
  const client = connect({ host: '127.0.0.1', port, rejectUnauthorized: false }, () => {
    client.write('EHLO at once\r\n')
  })
  // Written before there is a session, it leaves in the packet that ends the handshake.
  client.write('NOOP\r\n')
  t.after(() => client.destroy())
  const peer = new Peer(await came)
  let early = ''
  let open = false
  const { promise, resolve: done } = Promise.withResolvers<void>()
  peer.open({
    octets(chunk) {
      assert.ok(open, 'nothing is told before it is asked for')
      early += Buffer.from(chunk).toString('latin1')
      if (early === 'NOOP\r\nEHLO at once\r\n') done()
    },
    ended: () => {},
    closed: () => {},
  })
  const starting = peer.startTls({ side: 'server', context })
  peer.pause()
  assert.equal((await starting).type, 'started')
  await new Promise((next) => setImmediate(next))
  open = true
  peer.resume()
  await promise
  peer.destroy()
})

test('listeners of others on the socket stay', async (t) => {
  const context = serverContext(await testCertificate([name]))
  const { promise: came, resolve } = Promise.withResolvers<Socket>()
  const port = await bareServer(t, resolve)
  const client = connect({ host: '127.0.0.1', port, rejectUnauthorized: false })
  client.on('error', () => {})
  const socket = await came
  const gone = new Promise((done) => socket.once('close', done))
  const peer = new Peer(socket)
  assert.equal((await peer.startTls({ side: 'server', context })).type, 'started')
  peer.open({ octets: () => {}, ended: () => peer.end(), closed: () => {} })
  client.end()
  await gone
})

test('TLS 1.2 with static RSA is refused (RFC 9325 §4.1) unless it is asked for', async (t) => {
  const certificate = await rsaCertificate(name)
  for (const [staticRsa, ciphers, type] of [
    ['refused', 'AES128-GCM-SHA256:AES256-SHA', 'failed'],
    ['refused', 'ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES128-GCM-SHA256', 'started'],
    ['taken', 'AES128-GCM-SHA256:AES256-SHA', 'started'],
  ] as const) {
    const context = serverContext(certificate, { staticRsa })
    const { promise, resolve } = Promise.withResolvers<TlsStart>()
    const port = await bareServer(t, (socket) => {
      resolve(new Peer(socket).startTls({ side: 'server', context }))
    })
    const old = { maxVersion: 'TLSv1.2', ciphers } as const
    const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false, ...old })
    socket.on('error', () => {})
    const started = await promise
    socket.destroy()
    assert.equal(started.type, type, `${staticRsa} ${ciphers}`)
    if (staticRsa === 'taken' && started.type === 'started') {
      assert.match(started.facts.cipher, /^TLS_RSA_/)
    }
    if (started.type === 'failed') assert.match(started.problem, /no cipher suits both sides/)
  }
})
