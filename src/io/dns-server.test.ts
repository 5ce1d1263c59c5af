import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { connect, createServer } from 'node:net'
import { type TestContext, test } from 'node:test'
import { decode, encode } from 'dns-packet'
import fc from 'fast-check'
import { ManualClock } from '../base/clock.ts'
import { WaybillError } from '../base/error.ts'
import type { Zone } from '../dns/zone-table.ts'
import { systemClock } from './clock.ts'
import { DnsFrames, frameDnsMessage } from './dns-message.ts'
import { writeDnsQuery } from './dns-answer.ts'
import { readDnsId } from './dns-reader.ts'
import { type DnsServer, type DnsServerOptions, openDnsServer } from './dns-server.ts'

const zone: Zone = {
  'north.example': { A: ['192.0.2.1'], TXT: ['a', 'b'.repeat(300)] },
  'big.north.example': { TXT: [['x'.repeat(3000)]] },
  'long.north.example': { TXT: ['y'.repeat(1000)] },
  'odd.north.example': { PTR: [`${'z'.repeat(64)}.example`] },
}

async function open(t: TestContext, options: Partial<DnsServerOptions> = {}): Promise<DnsServer> {
  const server = await openDnsServer({
    port: 0,
    clock: systemClock,
    zones: { 'north.example': zone },
    ...options,
  })
  t.after(() => server.close())
  return server
}

/** The next datagram that answers `octets`. */
function ask(server: DnsServer, octets: Uint8Array): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const socket = createSocket('udp4')
    socket.once('error', reject)
    socket.once('message', (reply) => {
      socket.close()
      resolve(reply)
    })
    socket.send(octets, server.endpoint.port, server.endpoint.address)
  })
}

const plain = { id: 77, name: 'north.example', type: 'A', edns: true, wantsAd: false } as const

test('an answer is authoritative, repeats the question letter by letter, and has EDNS', async (t) => {
  const server = await open(t)
  const reply = decode(await ask(server, writeDnsQuery({ ...plain, name: 'NoRtH.eXaMpLe' })))
  assert.deepEqual(
    [reply.id, reply.type, reply.flag_aa, reply.flag_rd],
    [77, 'response', true, true],
  )
  assert.deepEqual(reply.questions, [{ name: 'NoRtH.eXaMpLe', type: 'A', class: 'IN' }])
  assert.deepEqual(
    reply.answers?.map((one) => [one.name, 'data' in one && one.data]),
    [['north.example', '192.0.2.1']],
  )
  assert.equal(reply.additionals?.[0]?.type, 'OPT')
})

test('without EDNS in the question there is none in the answer', async (t) => {
  const server = await open(t)
  const reply = decode(await ask(server, writeDnsQuery({ ...plain, edns: false })))
  assert.deepEqual(reply.additionals, [])
})

test('what does not fit says so, by what the asker can take', async (t) => {
  const server = await open(t)
  const cut = async (name: string, edns: boolean): Promise<boolean> => {
    const octets = await ask(server, writeDnsQuery({ ...plain, name, type: 'TXT', edns }))
    assert.ok(octets.length <= (edns ? 1232 : 512))
    const reply = decode(octets)
    if (reply.flag_tc) assert.deepEqual(reply.answers, [])
    return reply.flag_tc
  }
  assert.equal(await cut('big.north.example', true), true)
  assert.equal(await cut('big.north.example', false), true)
  assert.equal(await cut('long.north.example', true), false)
  assert.equal(await cut('long.north.example', false), true)
})

test('a record that has no place on the wire is a server failure', async (t) => {
  const server = await open(t)
  const reply = decode(
    await ask(server, writeDnsQuery({ ...plain, name: 'odd.north.example', type: 'PTR' })),
  )
  assert.equal('rcode' in reply && reply.rcode, 'SERVFAIL')
})

test('what is no plain question is refused by its code', async (t) => {
  const server = await open(t)
  const rcodeOf = async (change: (octets: Uint8Array) => void): Promise<unknown> => {
    const query = writeDnsQuery({ ...plain, edns: false })
    change(query)
    const reply = decode(await ask(server, query))
    return 'rcode' in reply && reply.rcode
  }
  assert.equal(await rcodeOf((octets) => (octets[2] = 0x28)), 'NOTIMP')
  assert.equal(await rcodeOf((octets) => (octets[octets.length - 1] = 3)), 'REFUSED')
  const none = encode({ type: 'query', id: 5, questions: [] })
  const reply = decode(await ask(server, none))
  assert.equal('rcode' in reply && reply.rcode, 'FORMERR')
})

test('octets of any kind do not harm it, and answers are not answered', async (t) => {
  const server = await open(t)
  const socket = createSocket('udp4')
  t.after(() => socket.close())
  const { port, address } = server.endpoint
  const answer = writeDnsQuery({ ...plain, id: 0x1111 })
  answer[2] = 0x80
  let repliesToAnswer = 0
  socket.on('message', (reply) => (repliesToAnswer += readDnsId(reply) === 0x1111 ? 1 : 0))
  socket.send(answer, port, address)
  const samples = fc.sample(fc.uint8Array({ maxLength: 100 }), 300)
  const changed = samples.map((noise) => {
    const octets = writeDnsQuery(plain)
    octets.set(noise.subarray(0, 8), 10 + (noise.length % 20))
    return octets
  })
  for (const [i, octets] of [...samples, ...changed].entries()) {
    socket.send(octets, port, address)
    // Not so many at once that the system drops the question that comes behind them.
    if (i % 20 !== 19) continue
    const reply = decode(await ask(server, writeDnsQuery(plain)))
    assert.equal(reply.answers?.length, 1)
  }
  assert.equal(repliesToAnswer, 0)
})

test('several questions on one TCP connection are answered, however they are cut', async (t) => {
  const server = await open(t)
  const names = ['north.example', 'big.north.example', 'gone.north.example']
  const stream = Buffer.concat(
    names.map((name, id) => frameDnsMessage(writeDnsQuery({ ...plain, id, name, type: 'TXT' }))),
  )
  const socket = connect({
    host: server.endpoint.address,
    port: server.endpoint.port,
    noDelay: true,
  })
  t.after(() => socket.destroy())
  const frames = new DnsFrames()
  const replies = await new Promise<readonly Uint8Array[]>((resolve, reject) => {
    const read: Uint8Array[] = []
    socket.on('error', reject)
    socket.on('data', (chunk: Uint8Array) => {
      read.push(...frames.push(chunk))
      if (read.length === names.length) resolve(read)
    })
    for (const octet of stream) socket.write(new Uint8Array([octet]))
  })
  const read = replies.map((one) => decode(Buffer.from(one)))
  assert.deepEqual(
    read.map((one) => [one.id, one.answers?.length, one.flag_tc]),
    [
      [0, 2, false],
      [1, 1, false],
      [2, 0, false],
    ],
  )
})

test('a zone that is changed is answered from at once', async (t) => {
  const server = await open(t)
  server.setZone('north.example', { 'north.example': { A: ['192.0.2.200'] } })
  const reply = decode(await ask(server, writeDnsQuery(plain)))
  assert.deepEqual(
    reply.answers?.map((one) => 'data' in one && one.data),
    ['192.0.2.200'],
  )
  server.removeZone('north.example')
  const refused = decode(await ask(server, writeDnsQuery(plain)))
  assert.equal('rcode' in refused && refused.rcode, 'REFUSED')
})

test('a delayed answer comes when its clock says so', async (t) => {
  const clock = new ManualClock()
  const server = await open(t, { clock, onQuestion: () => setImmediate(() => clock.advance(500)) })
  server.setFault('north.example', { type: 'delayed', delayMs: 500 })
  const reply = decode(await ask(server, writeDnsQuery(plain)))
  assert.equal(reply.answers?.length, 1)
  assert.equal(clock.now(), 500)
})

test('faults are taken back, and the star is every name without its own', async (t) => {
  const server = await open(t)
  const rcode = async (name: string): Promise<unknown> => {
    const reply = decode(await ask(server, writeDnsQuery({ ...plain, name })))
    return 'rcode' in reply && reply.rcode
  }
  server.setFault('North.Example.', { type: 'refused' })
  server.setFault('*', { type: 'servfail' })
  assert.equal(await rcode('north.example'), 'REFUSED')
  assert.equal(await rcode('gone.north.example'), 'SERVFAIL')
  server.setFault('*')
  server.setFault('north.example')
  assert.equal(await rcode('north.example'), 'NOERROR')
  assert.equal(await rcode('gone.north.example'), 'NXDOMAIN')
})

test('each question is told of, with its transport', async (t) => {
  const told: string[] = []
  const server = await open(t, {
    onQuestion: ({ name, typeCode, transport }) => told.push(`${name} ${typeCode} ${transport}`),
  })
  await ask(server, writeDnsQuery({ ...plain, name: 'NORTH.example' }))
  assert.deepEqual(told, ['north.example 1 udp'])
})

test('a port in use is named in the error, whether UDP or TCP has it', async (t) => {
  const server = await open(t)
  const { port } = server.endpoint
  const taken = (problem: unknown): boolean =>
    problem instanceof WaybillError &&
    problem.code === 'port-taken' &&
    problem.message ===
      `Port ${problem.message.split(' ')[1]} for DNS on 127.0.0.1 is used by another program.` &&
    problem.hint !== undefined
  await assert.rejects(openDnsServer({ port, clock: systemClock }), taken)

  const udp = createSocket('udp4')
  t.after(() => udp.close())
  await new Promise<void>((done) => udp.bind({ address: '127.0.0.1', port: 0 }, done))
  await assert.rejects(openDnsServer({ port: udp.address().port, clock: systemClock }), taken)

  // After the failure the TCP port is free again.
  const tcp = createServer()
  t.after(() => tcp.close())
  await new Promise<void>((done, failed) => {
    tcp.once('error', failed)
    tcp.listen({ host: '127.0.0.1', port: udp.address().port }, done)
  })
})

test('closing frees the port and ends connections', async (t) => {
  const server = await openDnsServer({ port: 0, clock: systemClock, zones: {} })
  const socket = connect({ host: server.endpoint.address, port: server.endpoint.port })
  const ended = new Promise<void>((done) => socket.on('close', () => done()))
  socket.on('error', () => {})
  await new Promise<void>((done) => socket.on('connect', done))
  // The server has to know of the connection before it can end it.
  socket.write(frameDnsMessage(writeDnsQuery(plain)))
  await new Promise<void>((done) => socket.once('data', () => done()))
  await server.close()
  await ended
  const again = await openDnsServer({ port: server.endpoint.port, clock: systemClock })
  t.after(() => again.close())
})
