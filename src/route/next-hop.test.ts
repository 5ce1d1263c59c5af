import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MemoryResolver } from '../dns/memory-resolver.ts'
import type { Resolver } from '../dns/resolver.ts'
import type { Zone } from '../dns/zone-table.ts'
import { formatNextHop, type NextHop, parseNextHop, routeToNextHop } from './next-hop.ts'

const zone: Zone = {
  'relay.example': { A: ['10.0.0.7'], AAAA: ['2001:db8::7'], MX: ['10 elsewhere.example'] },
  'here.example': { A: ['127.0.0.1'] },
  'alias.example': { CNAME: 'here.example' },
  'none.example': { MX: ['10 elsewhere.example'] },
  'down.example': { error: 'SERVFAIL' },
}

function hopTo(host: string, port = 587): NextHop {
  return { host, port, protocol: 'smtp' }
}

const cases: readonly (readonly [string, string, readonly string[]])[] = [
  [
    'both families, and no MX',
    'relay.example',
    ['relay.example 2001:db8::7 6', 'relay.example 10.0.0.7 4'],
  ],
  ['a loopback is taken', 'here.example', ['here.example 127.0.0.1 4']],
  ['an alias is followed', 'alias.example', ['alias.example 127.0.0.1 4']],
  ['an address needs no question', '192.168.1.5', ['192.168.1.5 192.168.1.5 4']],
  ['IPv6 in its canonical form', '2001:DB8:0::1', ['2001:DB8:0::1 2001:db8::1 6']],
  ['IPv4 in IPv6 is IPv4', '::ffff:10.0.0.1', ['::ffff:10.0.0.1 10.0.0.1 4']],
  ['a socket is its own address', '/run/lmtp', ['/run/lmtp /run/lmtp unix']],
  ['a name that is not there waits', 'gone.example', ['temporary no-next-hop 4.3.5']],
  ['a name without an address waits', 'none.example', ['temporary no-next-hop 4.3.5']],
  ['DNS that does not answer waits', 'down.example', ['temporary could-not-ask 4.4.3']],
  ['what is no name waits', 'a..b', ['temporary no-next-hop 4.3.5']],
]

for (const [name, host, wanted] of cases) {
  test(`the next hop ${host}: ${name}`, async () => {
    const route = await routeToNextHop(hopTo(host), new MemoryResolver(zone))
    const short =
      route.type === 'targets'
        ? route.targets.map((one) => `${one.host} ${one.address} ${one.family}`)
        : [`${route.type} ${route.reason} ${route.status}`]
    assert.deepEqual(short, wanted)
    if (route.type === 'targets') assert.equal(route.via, 'next-hop')
    else assert.match(route.because, new RegExp(host.replaceAll('.', '\\.')))
    assert.ok(route.questions.every(({ type }) => type !== 'MX'))
  })
}

test('what was asked is in the route, and the fate of the server', async () => {
  const found = await routeToNextHop(hopTo('relay.example'), new MemoryResolver(zone))
  assert.deepEqual(
    found.questions.map(({ name, type }) => `${name} ${type}`),
    ['relay.example A', 'relay.example AAAA'],
  )
  assert.deepEqual(found.exchanges, [{ host: 'relay.example', preference: 0, fate: 'used' }])
  const gone = await routeToNextHop(hopTo('gone.example'), new MemoryResolver(zone))
  assert.deepEqual(gone.exchanges, [{ host: 'gone.example', preference: 0, fate: 'no-such-name' }])
})

test('one family is enough, whatever the other says', async () => {
  const halfDown: Resolver = {
    resolve: (name, type) => {
      const down = { type: 'failed', reason: 'timeout' } as const
      return type === 'AAAA'
        ? Promise.resolve(down)
        : new MemoryResolver({ 'a.example': { A: ['10.0.0.1'] } }).resolve(name, type)
    },
  }
  const route = await routeToNextHop(hopTo('a.example'), halfDown)
  assert.equal(route.type, 'targets')
})

test('localhost is this machine, and DNS is not asked (RFC 6761 §6.3)', () => {
  for (const name of ['localhost', 'LocalHost', 'localhost.']) {
    const read = parseNextHop(`smtp://${name}:587`)
    assert.deepEqual(read, { ok: true, value: { host: '127.0.0.1', port: 587, protocol: 'smtp' } })
  }
})

test('a next hop is written as the settings have it', () => {
  assert.equal(formatNextHop(hopTo('relay.example')), 'smtp://relay.example:587')
  assert.equal(formatNextHop(hopTo('2001:db8::1', 25)), 'smtp://[2001:db8::1]:25')
  const socket: NextHop = { host: '/run/dovecot/lmtp', port: 0, protocol: 'lmtp' }
  assert.equal(formatNextHop(socket), 'lmtp:/run/dovecot/lmtp')
})

for (const [text, wanted] of [
  ['smtp://relay.example:587', { host: 'relay.example', port: 587, protocol: 'smtp' }],
  ['smtp://Relay.Example', { host: 'relay.example', port: 25, protocol: 'smtp' }],
  [
    'smtps://relay.example',
    { host: 'relay.example', port: 465, protocol: 'smtp', implicitTls: true },
  ],
  ['lmtp://127.0.0.1', { host: '127.0.0.1', port: 24, protocol: 'lmtp' }],
  ['lmtp://[2001:DB8::1]:2424', { host: '2001:db8::1', port: 2424, protocol: 'lmtp' }],
  ['lmtp:/run/dovecot/lmtp', { host: '/run/dovecot/lmtp', port: 0, protocol: 'lmtp' }],
  ['smtp://localhost:2525', { host: '127.0.0.1', port: 2525, protocol: 'smtp' }],
] as const) {
  test(`${text} is read, and written as it is`, () => {
    const read = parseNextHop(text)
    assert.ok(read.ok)
    assert.deepEqual(read.value, wanted)
    const again = parseNextHop(formatNextHop(read.value))
    assert.deepEqual(again.ok && again.value, wanted)
  })
}

for (const [text, problem] of [
  ['relay.example:587', /is no server/],
  ['http://relay.example', /is no server/],
  ['SMTP://relay.example', /is no server/],
  ['smtp:relay.example', /two slashes/],
  ['smtp:/run/smtp', /two slashes/],
  ['smtp://', /is no server/],
  ['smtp://u:p@relay.example', /"username"/],
  ['smtp://relay.example/', /is no server/],
  ['smtp://relay.example:0', /no port/],
  ['smtp://relay.example:65536', /no port/],
  ['smtp://::1:25', /is no server/],
  ['smtp://[relay.example]', /names no host/],
  ['smtp://192.0.2.300', /names no host/],
  ['smtp://a..b', /names no host/],
  ['lmtp:run/lmtp', /whole path/],
  ['lmtp:/run/', /whole path/],
  [`lmtp:/${'x'.repeat(107)}`, /too long/],
] as const) {
  test(`${text.slice(0, 40)} is refused`, () => {
    const read = parseNextHop(text)
    assert.ok(!read.ok)
    assert.match(read.problem, problem)
  })
}
