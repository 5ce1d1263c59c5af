import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { type Socket as UdpSocket, createSocket } from 'node:dgram'
import { type Socket, createServer } from 'node:net'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { promisify } from 'node:util'
import { type Answer, encode } from 'dns-packet'
import { ManualClock } from '../base/clock.ts'
import { WaybillError } from '../base/error.ts'
import type { LogLine } from '../base/log.ts'
import type { RecordType } from '../dns/resolver.ts'
import type { Zone } from '../dns/zone-table.ts'
import { systemClock } from './clock.ts'
import type { DnsEndpoint, StubOptions } from './stub-options.ts'
import { DnsFrames, type DnsMessage, type DnsQuestion, frameDnsMessage } from './dns-message.ts'
import { readDnsMessage } from './dns-reader.ts'
import { type DnsServer, type DnsServerOptions, openDnsServer } from './dns-server.ts'
import { StubResolver } from './stub-resolver.ts'

const zone: Zone = {
  'a.example': { A: ['192.0.2.1', '192.0.2.2'], TXT: ['x'.repeat(5000)] },
  'alias.example': { CNAME: 'a.example' },
}

async function serve(t: TestContext, options: Partial<DnsServerOptions> = {}): Promise<DnsServer> {
  const server = await openDnsServer({
    port: 0,
    clock: systemClock,
    zones: { '': zone },
    ...options,
  })
  t.after(() => server.close())
  return server
}

function stub(
  t: TestContext,
  servers: readonly DnsEndpoint[],
  options: Partial<StubOptions> = {},
): StubResolver {
  const resolver = new StubResolver({ servers, clock: systemClock, timeoutMs: 5000, ...options })
  t.after(() => resolver.close())
  return resolver
}

type Asked = DnsMessage & { readonly question: DnsQuestion }

interface FakeServer {
  readonly endpoint: DnsEndpoint
  /** Names asked over UDP and TCP, in order. */
  readonly asked: string[]
}

/** A server that answers whatever the test makes up. */
async function fake(
  t: TestContext,
  answers: {
    readonly udp: (query: Asked, send: (reply: Uint8Array) => void) => void
    readonly tcp?: (query: Asked, socket: Socket) => void
  },
): Promise<FakeServer> {
  const asked: string[] = []
  const read = (octets: Uint8Array, transport: string): Asked => {
    const query = readDnsMessage(octets)
    assert.ok(query?.question)
    asked.push(`${transport} ${query.question.name.toLowerCase()}`)
    return { ...query, question: query.question }
  }
  const tcp = createServer((socket) => {
    const frames = new DnsFrames()
    socket.on('error', () => {})
    socket.on('data', (chunk: Uint8Array) => {
      for (const octets of frames.push(chunk)) {
        const query = read(octets, 'tcp')
        if (answers.tcp === undefined) socket.destroy()
        else answers.tcp(query, socket)
      }
    })
  })
  await new Promise<void>((done) => tcp.listen(0, '127.0.0.1', done))
  const bound = tcp.address()
  assert.ok(typeof bound === 'object' && bound !== null)
  const udp: UdpSocket = createSocket('udp4')
  await new Promise<void>((done) => udp.bind(bound.port, '127.0.0.1', done))
  udp.on('message', (octets, from) => {
    answers.udp(read(octets, 'udp'), (reply) => udp.send(reply, from.port, from.address))
  })
  t.after(() => {
    udp.close()
    tcp.close()
  })
  return { endpoint: { address: '127.0.0.1', port: bound.port }, asked }
}

interface Content {
  readonly id?: number
  readonly name?: string
  readonly flags?: number
  readonly answers?: Answer[]
  readonly authorities?: Answer[]
}

function replyTo(query: Asked, content: Content = {}): Uint8Array {
  return encode({
    type: 'response',
    id: content.id ?? query.id,
    flags: content.flags ?? 0,
    questions: [{ name: content.name ?? query.question.name, type: 'A' }],
    answers: content.answers ?? [],
    authorities: content.authorities ?? [],
  })
}

function address(query: Asked, data = '192.0.2.1'): Content {
  return { answers: [{ type: 'A', name: query.question.name, ttl: 60, data }] }
}

async function addresses(resolver: StubResolver, name: string): Promise<unknown> {
  const answer = await resolver.resolve(name, 'A')
  if (answer.type === 'found') return answer.records
  return answer.type === 'failed' ? answer.reason : answer.type
}

/** Whenever a question has reached its server, the time comes for which the asker waits. */
function passing(clock: ManualClock): () => void {
  return () => void setImmediate(() => clock.advance(clock.nextDueMs ?? 0))
}

test('servers that are no address and port are refused at once', () => {
  const cases: readonly (readonly DnsEndpoint[])[] = [
    [],
    [{ address: 'ns.example', port: 53 }],
    [{ address: '127.0.0.1', port: 0 }],
    [{ address: '127.0.0.1', port: 65_536 }],
    [
      { address: '127.0.0.1', port: 53 },
      { address: '', port: 53 },
    ],
  ]
  for (const servers of cases) {
    assert.throws(
      () => new StubResolver({ servers, clock: systemClock }),
      (problem) => problem instanceof WaybillError && problem.code === 'config-invalid',
    )
  }
})

test('an answer says which server gave it', async (t) => {
  const server = await serve(t)
  const answer = await stub(t, [server.endpoint]).resolve('A.example.', 'A')
  assert.deepEqual(answer, {
    type: 'found',
    records: ['192.0.2.1', '192.0.2.2'],
    ttlSeconds: 300,
    dnssec: 'insecure',
    server: `127.0.0.1:${server.endpoint.port}`,
  })
})

test('what cannot be a name is not asked for', async (t) => {
  const server = await serve(t)
  const resolver = stub(t, [server.endpoint])
  for (const name of [
    '',
    '.',
    'a..b',
    '.a',
    'x'.repeat(64),
    `${'a.'.repeat(127)}a`,
    'b\u00fccher.example',
  ]) {
    assert.equal(await addresses(resolver, name), 'noName', name)
  }
  assert.equal(resolver.traffic.sent, 0)
})

test('a silent server is followed by the next, and asked last from then on', async (t) => {
  const clock = new ManualClock()
  const seen: string[] = []
  const silent = await serve(t, {
    onQuestion: () => {
      seen.push('silent')
      passing(clock)()
    },
  })
  silent.setFault('*', { type: 'silent' })
  const lively = await serve(t, { onQuestion: () => seen.push('lively') })
  const resolver = stub(t, [silent.endpoint, lively.endpoint], { clock, timeoutMs: 2000 })
  assert.deepEqual(await addresses(resolver, 'a.example'), ['192.0.2.1', '192.0.2.2'])
  assert.deepEqual(seen, ['silent', 'lively'])
  assert.deepEqual(await addresses(resolver, 'alias.example'), ['192.0.2.1', '192.0.2.2'])
  assert.deepEqual(seen, ['silent', 'lively', 'lively'])
})

test('a server that fails or refuses is followed by the next, and stays the first', async (t) => {
  const seen: string[] = []
  const first = await serve(t, { onQuestion: () => seen.push('first') })
  const second = await serve(t, { onQuestion: () => seen.push('second') })
  const resolver = stub(t, [first.endpoint, second.endpoint])
  for (const type of ['servfail', 'refused', 'wrong-type'] as const) {
    first.setFault('*', { type })
    assert.deepEqual(await addresses(resolver, 'a.example'), ['192.0.2.1', '192.0.2.2'])
  }
  first.setFault('*')
  await addresses(resolver, 'a.example')
  assert.deepEqual(seen, ['first', 'second', 'first', 'second', 'first', 'second', 'first'])
})

test('a port where nobody listens is known at once', async (t) => {
  const gone = await serve(t)
  await gone.close()
  const server = await serve(t)
  assert.equal(await addresses(stub(t, [gone.endpoint]), 'a.example'), 'no-resolver')
  const both = stub(t, [gone.endpoint, server.endpoint])
  assert.deepEqual(await addresses(both, 'a.example'), ['192.0.2.1', '192.0.2.2'])
})

test('when all are silent the rounds end in a timeout, each round twice as long', async (t) => {
  const clock = new ManualClock()
  const times: number[] = []
  const onQuestion = (): void => {
    times.push(clock.now())
    passing(clock)()
  }
  const servers = [await serve(t, { onQuestion }), await serve(t, { onQuestion })]
  for (const server of servers) server.setFault('*', { type: 'silent' })
  const endpoints = servers.map(({ endpoint }) => endpoint)
  const resolver = stub(t, endpoints, { clock, timeoutMs: 1000, attempts: 3 })
  const answer = await resolver.resolve('a.example', 'A')
  assert.deepEqual(answer, { type: 'failed', reason: 'no-resolver' })
  // In the end both are asked, at once, whether they live.
  assert.deepEqual(times, [0, 1000, 2000, 4000, 6000, 10_000, 14_000, 14_000])
})

test('the whole question ends at its deadline', async (t) => {
  const clock = new ManualClock()
  const server = await serve(t, { onQuestion: passing(clock) })
  server.setFault('*', { type: 'silent' })
  const resolver = stub(t, [server.endpoint], {
    clock,
    timeoutMs: 1000,
    attempts: 100,
    totalTimeoutMs: 5000,
  })
  assert.equal(await addresses(resolver, 'a.example'), 'no-resolver')
  // Two seconds of it for the question whether the server lives.
  assert.equal(clock.now(), 7000)
})

test('of several failures the most telling one is the answer', async (t) => {
  const clock = new ManualClock()
  const silent = await serve(t, { onQuestion: passing(clock) })
  silent.setFault('*', { type: 'silent' })
  const refusing = await serve(t)
  refusing.setFault('*', { type: 'refused' })
  const resolver = stub(t, [silent.endpoint, refusing.endpoint], { clock })
  assert.deepEqual(await resolver.resolve('a.example', 'A'), {
    type: 'failed',
    reason: 'refused',
    server: `127.0.0.1:${refusing.endpoint.port}`,
  })
})

test('what is too long for UDP comes over TCP', async (t) => {
  const seen: string[] = []
  const server = await serve(t, { onQuestion: ({ transport }) => seen.push(transport) })
  const resolver = stub(t, [server.endpoint])
  const answer = await resolver.resolve('a.example', 'TXT')
  assert.deepEqual(answer.type === 'found' && answer.records, ['x'.repeat(5000)])
  assert.deepEqual(seen, ['udp', 'tcp'])
  assert.equal(resolver.traffic.overTcp, 1)
})

test('an answer over TCP that comes octet by octet is read', async (t) => {
  const { endpoint } = await fake(t, {
    udp: (query, send) => send(replyTo(query, { flags: 0x0200 })),
    tcp: (query, socket) => {
      socket.setNoDelay(true)
      for (const octet of frameDnsMessage(replyTo(query, address(query)))) {
        socket.write(new Uint8Array([octet]))
      }
    },
  })
  assert.deepEqual(await addresses(stub(t, [endpoint]), 'a.example'), ['192.0.2.1'])
})

test('TCP that ends early, answers something else, or is truncated too is no answer', async (t) => {
  const cases: readonly [string, (query: Asked, socket: Socket) => void][] = [
    ['unreachable', (_, socket) => socket.destroy()],
    ['unreachable', (query, socket) => socket.end(frameDnsMessage(replyTo(query)).subarray(0, 20))],
    [
      'malformed',
      (query, socket) => socket.write(frameDnsMessage(replyTo(query, { id: query.id ^ 1 }))),
    ],
    ['malformed', (_, socket) => socket.write(new Uint8Array([0, 0]))],
    ['malformed', (_, socket) => socket.write(new Uint8Array([0, 5, 1, 2, 3, 4, 5]))],
    [
      'malformed',
      (query, socket) => socket.write(frameDnsMessage(replyTo(query, { flags: 0x0200 }))),
    ],
  ]
  for (const [expected, tcp] of cases) {
    const { endpoint } = await fake(t, {
      udp: (query, send) => send(replyTo(query, { flags: 0x0200 })),
      tcp,
    })
    const resolver = stub(t, [endpoint], { attempts: 1 })
    assert.equal(await addresses(resolver, 'a.example'), expected)
  }
})

test('forged answers are ignored and counted, and the true one is taken', async (t) => {
  const { endpoint } = await fake(t, {
    udp: (query, send) => {
      send(replyTo(query, { ...address(query, '203.0.113.66'), id: query.id ^ 0x8000 }))
      send(replyTo(query, { ...address(query, '203.0.113.66'), name: 'b.example' }))
      send(new Uint8Array([query.id >> 8, query.id & 255, 0x80]))
      send(replyTo(query, address(query)))
    },
  })
  const resolver = stub(t, [endpoint])
  assert.deepEqual(await addresses(resolver, 'a.example'), ['192.0.2.1'])
  assert.equal(resolver.traffic.foreign, 3)
})

test('the faults of the lab show as what they are', async (t) => {
  const server = await serve(t)
  server.setFault('a.example', { type: 'forged' })
  const forged = stub(t, [server.endpoint])
  assert.deepEqual(await addresses(forged, 'a.example'), ['192.0.2.1', '192.0.2.2'])
  assert.equal(forged.traffic.foreign, 1)
  server.setFault('a.example', { type: 'truncated' })
  const truncated = stub(t, [server.endpoint])
  assert.deepEqual(await addresses(truncated, 'a.example'), ['192.0.2.1', '192.0.2.2'])
  assert.equal(truncated.traffic.overTcp, 1)
})

test('an answer from another port is not even seen', async (t) => {
  const stranger = createSocket('udp4')
  t.after(() => stranger.close())
  const server = createSocket('udp4')
  t.after(() => server.close())
  await new Promise<void>((done) => server.bind(0, '127.0.0.1', done))
  server.on('message', (octets, from) => {
    const query = readDnsMessage(octets)
    assert.ok(query?.question)
    const asked = { ...query, question: query.question }
    stranger.send(replyTo(asked, address(asked, '203.0.113.66')), from.port, from.address, () => {
      server.send(replyTo(asked, address(asked)), from.port, from.address)
    })
  })
  const resolver = stub(t, [{ address: '127.0.0.1', port: server.address().port }])
  assert.deepEqual(await addresses(resolver, 'a.example'), ['192.0.2.1'])
  assert.equal(resolver.traffic.foreign, 0)
})

test('many forged answers make it ask over TCP', async (t) => {
  const { endpoint, asked } = await fake(t, {
    udp: (query, send) => {
      for (let i = 1; i <= 25; i++) {
        send(replyTo(query, { ...address(query, '203.0.113.66'), id: query.id ^ i }))
      }
    },
    tcp: (query, socket) => socket.write(frameDnsMessage(replyTo(query, address(query)))),
  })
  assert.deepEqual(await addresses(stub(t, [endpoint]), 'a.example'), ['192.0.2.1'])
  assert.deepEqual(asked, ['udp a.example', 'tcp a.example'])
})

test('an answer that cannot be read is ignored until the time is over, and then named', async (t) => {
  const clock = new ManualClock()
  const server = await serve(t)
  server.setFault('*', { type: 'garbage' })
  const resolver = stub(t, [server.endpoint], { clock, attempts: 1 })
  const asking = addresses(resolver, 'a.example')
  while (resolver.traffic.malformed === 0) await new Promise((done) => setImmediate(done))
  clock.advance(60_000)
  assert.equal(await asking, 'malformed')
})

test('records of another type, or of another name, are no answer', async (t) => {
  const cases: readonly Answer[][] = [
    [{ type: 'TXT', name: 'a.example', data: 'x' }],
    [{ type: 'A', name: 'b.example', data: '203.0.113.66' }],
  ]
  for (const answers of cases) {
    const { endpoint } = await fake(t, { udp: (query, send) => send(replyTo(query, { answers })) })
    const resolver = stub(t, [endpoint], { attempts: 1 })
    assert.equal(await addresses(resolver, 'a.example'), 'malformed')
  }
})

test('letters in random case come back from a sound server', async (t) => {
  const server = await serve(t)
  const resolver = stub(t, [server.endpoint], { randomizeCase: true })
  for (let i = 0; i < 20; i++) {
    assert.deepEqual(await addresses(resolver, 'alias.example'), ['192.0.2.1', '192.0.2.2'])
  }
  assert.equal(resolver.traffic.overTcp, 0)
})

test('a server that changes the letters is asked over TCP, where nobody can forge', async (t) => {
  const name = 'a-long-name-with-many-letters.example'
  const { endpoint, asked } = await fake(t, {
    udp: (query, send) => send(replyTo(query, { ...address(query), name })),
    tcp: (query, socket) => {
      const answers: Answer[] = [{ type: 'A', name, data: '192.0.2.1' }]
      socket.write(frameDnsMessage(replyTo(query, { name, answers })))
    },
  })
  const resolver = stub(t, [endpoint], { randomizeCase: true })
  assert.deepEqual(await addresses(resolver, name), ['192.0.2.1'])
  assert.deepEqual(asked, [`udp ${name}`, `tcp ${name}`])
})

test('a server older than EDNS is asked again without it', async (t) => {
  const { endpoint, asked } = await fake(t, {
    udp: (query, send) => {
      send(replyTo(query, query.edns === undefined ? address(query) : { flags: 1 }))
    },
  })
  assert.deepEqual(await addresses(stub(t, [endpoint]), 'a.example'), ['192.0.2.1'])
  assert.equal(asked.length, 2)
})

test('the word on DNSSEC is asked for and believed only when the configuration says so', async (t) => {
  const server = await serve(t)
  server.setZone('', zone, { authenticated: true })
  const dnssec = async (name: string, trustAd: boolean): Promise<unknown> => {
    const answer = await stub(t, [server.endpoint], { trustAd }).resolve(name, 'A')
    return answer.type !== 'failed' && answer.dnssec
  }
  assert.equal(await dnssec('a.example', true), 'secure')
  assert.equal(await dnssec('alias.example', true), 'secure')
  assert.equal(await dnssec('gone.example', true), 'secure')
  assert.equal(await dnssec('a.example', false), 'insecure')
  assert.equal(await dnssec('gone.example', false), 'insecure')
})

test('the word on DNSSEC of a server on another machine is not believed', async (t) => {
  const server = await serve(t)
  server.setZone('', zone, { authenticated: true })
  // On the way to 0.0.0.0 nothing leaves this machine, but it is no loopback address by its look.
  const elsewhere = { address: '0.0.0.0', port: server.endpoint.port }
  const answer = await stub(t, [elsewhere], { trustAd: true }).resolve('a.example', 'A')
  assert.deepEqual(answer.type === 'found' && answer.dnssec, 'insecure')
  // Unless whoever wrote resolv.conf answers for the way there.
  const options = { trustAd: true, trustAdFrom: 'anywhere' } as const
  const trusted = await stub(t, [elsewhere], options).resolve('a.example', 'A')
  assert.deepEqual(trusted.type === 'found' && trusted.dnssec, 'secure')
})

const alias = (from: string, to: string, ttl = 60): Answer => ({
  type: 'CNAME',
  name: from,
  ttl,
  data: to,
})
const soa: Answer = {
  type: 'SOA',
  name: 'example',
  ttl: 100,
  data: { mname: 'ns.example', rname: 'x.example', minimum: 40 },
}

test('an alias whose end is missing from the answer is asked for', async (t) => {
  const { endpoint, asked } = await fake(t, {
    udp: (query, send) => {
      const name = query.question.name
      if (name === 'a.example')
        send(replyTo(query, { answers: [alias('a.example', 'B.example', 30)] }))
      else if (name === 'b.example')
        send(replyTo(query, { answers: [alias(name, 'c.example', 90)] }))
      else send(replyTo(query, address(query)))
    },
  })
  assert.deepEqual(await stub(t, [endpoint]).resolve('a.example', 'A'), {
    type: 'found',
    records: ['192.0.2.1'],
    ttlSeconds: 30,
    dnssec: 'insecure',
    aliases: ['b.example', 'c.example'],
    server: `127.0.0.1:${endpoint.port}`,
  })
  assert.deepEqual(asked, ['udp a.example', 'udp b.example', 'udp c.example'])
})

test('aliases without an end and in circles end after a few questions', async (t) => {
  let count = 0
  const endless = await fake(t, {
    udp: (query, send) => {
      send(replyTo(query, { answers: [alias(query.question.name, `n${++count}.example`)] }))
    },
  })
  assert.equal(await addresses(stub(t, [endless.endpoint]), 'a.example'), 'servfail')
  assert.equal(endless.asked.length, 11)
  const circle = await fake(t, {
    udp: (query, send) => {
      const to = query.question.name === 'a.example' ? 'b.example' : 'a.example'
      send(replyTo(query, { answers: [alias(query.question.name, to)] }))
    },
  })
  assert.equal(await addresses(stub(t, [circle.endpoint]), 'a.example'), 'servfail')
  assert.equal(circle.asked.length, 2)
  const within = await fake(t, {
    udp: (query, send) => {
      const answers = [alias('a.example', 'b.example'), alias('b.example', 'a.example')]
      send(replyTo(query, { answers }))
    },
  })
  assert.equal(await addresses(stub(t, [within.endpoint]), 'a.example'), 'servfail')
})

test('an alias to a name that has a dot inside a label leads nowhere', async (t) => {
  const { endpoint, asked } = await fake(t, {
    udp: (query, send) => {
      const reply = replyTo(query, { answers: [alias('a.example', 'bxc.example')] })
      reply[reply.lastIndexOf(0x78, reply.length - 9)] = 0x2e
      send(reply)
    },
  })
  assert.equal(await addresses(stub(t, [endpoint]), 'a.example'), 'noName')
  assert.equal(asked.length, 1)
})

test('each kind of nothing is told apart, with the time it holds', async (t) => {
  const ns: Answer = { type: 'NS', name: 'example', ttl: 60, data: 'ns.example' }
  const aliased = [alias('a.example', 'b.example', 30)]
  const cases: readonly [string, Content, unknown][] = [
    ['no such name', { flags: 3, authorities: [soa] }, ['noName', 40]],
    ['no such name, without SOA', { flags: 3 }, ['noName', 0]],
    ['no such record', { authorities: [soa] }, ['noData', 40]],
    ['no such record, without SOA', {}, ['noData', 0]],
    [
      'an alias to no such name',
      { flags: 3, answers: aliased, authorities: [soa] },
      ['noName', 30],
    ],
    ['an alias to no such record', { answers: aliased, authorities: [soa] }, ['noData', 30]],
    ['a referral', { authorities: [ns] }, 'servfail'],
    ['an authoritative answer with servers', { flags: 0x400, authorities: [ns] }, ['noData', 0]],
    [
      'records of a name that does not exist',
      { flags: 3, answers: [{ type: 'A', name: 'a.example', data: '192.0.2.1' }] },
      'malformed',
    ],
    ['a code that nobody knows', { flags: 9 }, 'servfail'],
  ]
  for (const [what, content, expected] of cases) {
    const { endpoint } = await fake(t, { udp: (query, send) => send(replyTo(query, content)) })
    const answer = await stub(t, [endpoint], { attempts: 1 }).resolve('a.example', 'A')
    const got = answer.type === 'failed' ? answer.reason : [answer.type, answer.ttlSeconds]
    assert.deepEqual(got, expected, what)
  }
})

test('asking for the alias itself does not follow it', async (t) => {
  const server = await serve(t)
  const answer = await stub(t, [server.endpoint]).resolve('alias.example', 'CNAME')
  assert.deepEqual(answer.type === 'found' && [answer.records, answer.aliases], [
    ['a.example'],
    undefined,
  ])
})

/** Counts what is told, and runs the clock whenever a question has come. */
async function served(
  t: TestContext,
  options: Partial<StubOptions> = {},
): Promise<{
  readonly server: DnsServer
  readonly clock: ManualClock
  readonly resolver: StubResolver
  readonly asked: string[]
  readonly told: LogLine[]
}> {
  const clock = new ManualClock()
  const asked: string[] = []
  const told: LogLine[] = []
  const server = await serve(t, { onQuestion: ({ name }) => asked.push(name) })
  const log = (line: LogLine): void => void told.push(line)
  const resolver = stub(t, [server.endpoint], { clock, timeoutMs: 1000, log, ...options })
  return { server, clock, resolver, asked, told }
}

/** Lets time pass until the answer is there, but gives real packets their turns. */
async function inTime<T>(clock: ManualClock, work: Promise<T>): Promise<T> {
  for (let done = false; !done; ) {
    for (let turn = 0; turn < 20; turn++) await new Promise((next) => setImmediate(next))
    if (clock.nextDueMs !== undefined) clock.advance(clock.nextDueMs)
    done = await Promise.race([
      work.then(() => true),
      new Promise<false>((no) => setImmediate(() => no(false))),
    ])
  }
  return await work
}

test('a silent zone is told from a silent server, which is asked for the root', async (t) => {
  const { server, clock, resolver, asked, told } = await served(t)
  server.setFault('lost.test', { type: 'silent' })
  assert.equal(await inTime(clock, addresses(resolver, 'lost.test')), 'timeout')
  assert.deepEqual(asked, ['lost.test', 'lost.test', ''])
  assert.deepEqual(told, [])
  server.setFault('*', { type: 'silent' })
  assert.equal(await inTime(clock, addresses(resolver, 'lost.test')), 'no-resolver')
})

test('a server that answers others meanwhile need not be asked whether it lives', async (t) => {
  const { server, clock, resolver, asked } = await served(t, { attempts: 1 })
  server.setFault('lost.test', { type: 'silent' })
  const lost = addresses(resolver, 'lost.test')
  assert.deepEqual(await addresses(resolver, 'a.example'), ['192.0.2.1', '192.0.2.2'])
  assert.equal(await inTime(clock, lost), 'timeout')
  assert.deepEqual(
    asked.filter((name) => name === ''),
    [],
  )
})

test('one server that lives is enough to blame the zone', async (t) => {
  const clock = new ManualClock()
  const dead = await serve(t)
  dead.setFault('*', { type: 'silent' })
  const lives = await serve(t)
  lives.setFault('lost.test', { type: 'silent' })
  const resolver = stub(t, [dead.endpoint, lives.endpoint], { clock, timeoutMs: 1000 })
  assert.equal(await inTime(clock, addresses(resolver, 'lost.test')), 'timeout')
})

test('that no server answers is told once, and once that one answers again', async (t) => {
  const { server, clock, resolver, told } = await served(t)
  server.setFault('*', { type: 'silent' })
  const names = ['a.test', 'b.test', 'c.test']
  const down = await inTime(clock, Promise.all(names.map((name) => addresses(resolver, name))))
  assert.deepEqual(down, ['no-resolver', 'no-resolver', 'no-resolver'])
  const place = `127.0.0.1:${server.endpoint.port}`
  const outage = { level: 'error', event: 'dns-down', fields: { servers: [place] } }
  assert.deepEqual(told, [outage])
  // What is known to be dead is asked one time only.
  const from = clock.now()
  assert.equal(await inTime(clock, addresses(resolver, 'd.test')), 'no-resolver')
  assert.equal(clock.now() - from, 3000)
  clock.advance(57_000)
  server.setFault('*')
  for (const name of ['a.example', 'alias.example']) {
    assert.deepEqual(await addresses(resolver, name), ['192.0.2.1', '192.0.2.2'])
  }
  assert.equal(told.length, 2)
  assert.equal(told[1]?.event, 'dns-up')
  assert.equal(told[1]?.fields['server'], place)
  assert.equal(told[1]?.fields['down_seconds'], 60)
  server.setFault('*', { type: 'silent' })
  await inTime(clock, addresses(resolver, 'e.test'))
  assert.deepEqual(told.slice(2), [outage])
})

test('a zone that is silent keeps few places, and all of them when it answers', async (t) => {
  const { server, clock, resolver } = await served(t, { attempts: 1 })
  const silence = Array.from({ length: 12 }, (_, n) => `n${n}.z.test`)
  for (const name of silence) server.setFault(name, { type: 'silent' })
  const ask = (names: readonly string[]): Promise<unknown[]> => {
    return Promise.all(names.map((name) => addresses(resolver, name)))
  }
  const first = await inTime(clock, ask(silence.slice(0, 3)))
  assert.deepEqual(first, ['timeout', 'timeout', 'timeout'])
  // The first time nobody knew whether the server lives; now it has been heard beside them.
  const second = ask(silence.slice(0, 3))
  await addresses(resolver, 'a.example')
  await inTime(clock, second)
  const third = await inTime(clock, ask(silence))
  assert.equal(third.filter((one) => one === 'timeout').length, 4)
  assert.equal(third.filter((one) => one === 'silent-zone').length, 8)
  clock.advance(5000)
  assert.deepEqual(new Set(await inTime(clock, ask(silence))), new Set(['timeout']))
})

test('clients have their shares, and the limit that one meets is told', async (t) => {
  const { server, clock, resolver, told } = await served(t, {
    maxInFlight: 8,
    maxPerClient: 2,
    attempts: 1,
    zoneOf: (name) => name,
  })
  for (let n = 0; n < 6; n++) server.setFault(`n${n}.test`, { type: 'silent' })
  const ask = (name: string, client: string): Promise<unknown> => {
    return resolver.resolve(name, 'A', client).then((answer) => {
      return answer.type === 'failed' ? answer.reason : answer.type
    })
  }
  const many = Array.from({ length: 6 }, (_, n) => ask(`n${n}.test`, '192.0.2.1'))
  assert.equal(await ask('a.example', '198.51.100.1'), 'found')
  const answers = await inTime(clock, Promise.all(many))
  assert.equal(answers.filter((one) => one === 'no-place').length, 4)
  const [line] = told
  assert.deepEqual(line, {
    level: 'warning',
    event: 'limit',
    fields: { limit: 'dns.questions_per_address', client: '192.0.2.1' },
  })
})

test('without a descriptor nobody was asked, so nobody is blamed', async () => {
  const script = `
    import { openSync } from 'node:fs'
    import { systemClock } from './src/io/clock.ts'
    import { StubResolver } from './src/io/stub-resolver.ts'
    const lines = []
    const servers = [{ address: '127.0.0.1', port: 9 }]
    const resolver = new StubResolver({ servers, clock: systemClock, log: (line) => lines.push(line) })
    await resolver.resolve('warm.example', 'A')
    const told = lines.length
    try { for (;;) openSync('/dev/null') } catch {}
    const answer = await resolver.resolve('a.example', 'A', '192.0.2.1')
    process.stdout.write(JSON.stringify([answer, lines.slice(told)]))
    process.exit()
  `
  const node = `"${process.execPath}" --disable-warning=ExperimentalWarning --input-type=module-typescript -e "$SCRIPT"`
  const run = promisify(execFile)('sh', ['-c', `ulimit -n 60; exec ${node}`], {
    env: { ...process.env, SCRIPT: script },
    cwd: join(import.meta.dirname, '../..'),
  })
  assert.deepEqual(JSON.parse((await run).stdout), [
    { type: 'failed', reason: 'no-place' },
    [
      {
        level: 'error',
        event: 'limit',
        fields: { limit: 'descriptors', client: '192.0.2.1' },
      },
    ],
  ])
})

test('many questions at once share a few sockets and all are answered', async (t) => {
  const server = await serve(t)
  const resolver = stub(t, [server.endpoint], { maxInFlight: 3 })
  const names = Array.from({ length: 300 }, (_, i) => `n${i}.example`)
  const answers = await Promise.all(names.map((name) => addresses(resolver, name)))
  assert.deepEqual(new Set(answers), new Set(['noName']))
  assert.equal(resolver.traffic.sent, 300)
})

test('a question that waits too long for a socket is over', async (t) => {
  const clock = new ManualClock()
  const { endpoint, asked } = await fake(t, { udp: passing(clock) })
  const resolver = stub(t, [endpoint], { clock, maxInFlight: 1, attempts: 1 })
  const answers = await Promise.all(['a', 'b', 'c'].map((name) => addresses(resolver, name)))
  assert.deepEqual(answers, ['no-resolver', 'no-place', 'no-place'])
  assert.ok(asked.length <= 2)
})

test('closing ends what is under way and what comes later', async (t) => {
  const silent = await serve(t)
  silent.setFault('*', { type: 'silent' })
  const resolver = stub(t, [silent.endpoint], { maxInFlight: 2 })
  const types: readonly RecordType[] = ['A', 'MX', 'TXT', 'AAAA']
  const asking = types.map((type) => resolver.resolve('a.example', type))
  await new Promise((done) => setImmediate(done))
  resolver.close()
  for (const answer of await Promise.all(asking)) {
    assert.equal(answer.type === 'failed' && answer.reason, 'no-resolver')
  }
  assert.equal(await addresses(resolver, 'a.example'), 'no-resolver')
})

test('each question over UDP has a port and an id of its own', async (t) => {
  const seen = new Set<string>()
  const server = createSocket('udp4')
  t.after(() => server.close())
  await new Promise<void>((done) => server.bind(0, '127.0.0.1', done))
  server.on('message', (octets, from) => {
    const query = readDnsMessage(octets)
    assert.ok(query?.question)
    seen.add(`${from.port} ${query.id}`)
    server.send(replyTo({ ...query, question: query.question }), from.port, from.address)
  })
  const resolver = stub(t, [{ address: '127.0.0.1', port: server.address().port }])
  for (let i = 0; i < 50; i++) await addresses(resolver, 'a.example')
  const ports = new Set([...seen].map((one) => one.split(' ')[0]))
  const ids = new Set([...seen].map((one) => one.split(' ')[1]))
  assert.ok(ports.size > 40 && ids.size > 40, `${ports.size} ports, ${ids.size} ids`)
})
