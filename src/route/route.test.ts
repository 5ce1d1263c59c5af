import { test } from 'node:test'
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { MemoryResolver } from '../dns/memory-resolver.ts'
import type { Resolver } from '../dns/resolver.ts'
import type { Zone } from '../dns/zone-table.ts'
import { routeTo, type RouteOptions } from './route.ts'
import { findRoute } from './find-route.ts'
import type { Route } from './found-route.ts'
import { routeRules } from './self.ts'

const options: RouteOptions = {
  selfNames: ['mx.self.example'],
  selfAddresses: ['192.0.2.1', '2001:db8::1'],
  random: () => 0.999,
}

async function route(
  zone: Zone,
  domain = 'd.example',
  more: Partial<RouteOptions> = {},
): Promise<Route> {
  return routeTo(domain, new MemoryResolver(zone), { ...options, ...more })
}

/** `10 a 192.0.2.7`, or `permanent loop 5.4.6`. */
function short(route: Route): readonly string[] {
  if (route.type !== 'targets') return [`${route.type} ${route.reason} ${route.status}`]
  return route.targets.map(({ host, preference, address }) => `${preference} ${host} ${address}`)
}

function fates(route: Route): readonly string[] {
  return route.exchanges.map(({ host, fate }) => `${host} ${fate}`)
}

const servfail = { error: 'SERVFAIL' } as const
const timeout = { error: 'TIMEOUT' } as const

const cases: readonly {
  readonly name: string
  readonly zone: Zone
  readonly want: readonly string[]
}[] = [
  {
    name: 'exchanges are tried by preference',
    zone: {
      'd.example': { MX: ['20 b.example', '10 a.example'], A: ['192.0.2.99'] },
      'a.example': { A: ['192.0.2.10'] },
      'b.example': { A: ['192.0.2.20'] },
    },
    want: ['10 a.example 192.0.2.10', '20 b.example 192.0.2.20'],
  },
  {
    name: 'preferences are numbers, not text',
    zone: {
      'd.example': { MX: ['100 c.example', '20 b.example', '3 a.example'] },
      'a.example': { A: ['192.0.2.10'] },
      'b.example': { A: ['192.0.2.20'] },
      'c.example': { A: ['192.0.2.30'] },
    },
    want: ['3 a.example 192.0.2.10', '20 b.example 192.0.2.20', '100 c.example 192.0.2.30'],
  },
  {
    name: 'the families take turns, IPv6 first, each in the order of the resolver',
    zone: {
      'd.example': { MX: ['10 a.example'] },
      'a.example': {
        A: ['192.0.2.12', '192.0.2.11', '192.0.2.10'],
        AAAA: ['2001:db8::b', '2001:db8::a'],
      },
    },
    want: [
      '10 a.example 2001:db8::b',
      '10 a.example 192.0.2.12',
      '10 a.example 2001:db8::a',
      '10 a.example 192.0.2.11',
      '10 a.example 192.0.2.10',
    ],
  },
  {
    name: 'an address that two exchanges share is a target of each, at the preference of each',
    zone: {
      'd.example': { MX: ['10 a.example', '20 b.example'] },
      'a.example': { A: ['192.0.2.10'] },
      'b.example': { A: ['192.0.2.10', '192.0.2.11'], AAAA: ['::ffff:192.0.2.10'] },
    },
    want: ['10 a.example 192.0.2.10', '20 b.example 192.0.2.10', '20 b.example 192.0.2.11'],
  },
  {
    name: 'an exchange that is named twice counts at its best preference, whatever its case',
    zone: {
      'd.example': { MX: ['30 A.example.', '20 b.example', '10 a.example'] },
      'a.example': { A: ['192.0.2.10'] },
      'b.example': { A: ['192.0.2.20'] },
    },
    want: ['10 a.example 192.0.2.10', '20 b.example 192.0.2.20'],
  },
  {
    name: 'a domain without MX is its own exchange',
    zone: { 'd.example': { A: ['192.0.2.10'], AAAA: ['2001:db8::a'] } },
    want: ['0 d.example 2001:db8::a', '0 d.example 192.0.2.10'],
  },
  {
    name: 'a domain that is an alias stands for the name it leads to',
    zone: {
      'd.example': { CNAME: 'real.example' },
      'real.example': { MX: ['10 a.example'] },
      'a.example': { A: ['192.0.2.10'] },
    },
    want: ['10 a.example 192.0.2.10'],
  },
  {
    name: 'an alias to a name without MX gives that name as the exchange',
    zone: { 'd.example': { CNAME: 'real.example' }, 'real.example': { A: ['192.0.2.10'] } },
    want: ['0 real.example 192.0.2.10'],
  },
  {
    name: 'an exchange that is an alias is followed, though RFC 2181 §10.3 forbids it',
    zone: {
      'd.example': { MX: ['10 a.example'] },
      'a.example': { CNAME: 'b.example' },
      'b.example': { A: ['192.0.2.10'] },
    },
    want: ['10 a.example 192.0.2.10'],
  },
  {
    name: 'a null MX takes no mail, even when there is an address',
    zone: { 'd.example': { MX: ['0 .'], A: ['192.0.2.10'] } },
    want: ['permanent null-mx 5.1.10'],
  },
  {
    name: 'a null MX beside another exchange is passed over',
    zone: { 'd.example': { MX: ['0 .', '10 a.example'] }, 'a.example': { A: ['192.0.2.10'] } },
    want: ['10 a.example 192.0.2.10'],
  },
  {
    name: 'a domain that does not exist is a permanent failure',
    zone: {},
    want: ['permanent no-such-domain 5.1.2'],
  },
  {
    name: 'a domain with neither MX nor address is a permanent failure',
    zone: { 'd.example': { TXT: ['v=spf1 -all'] } },
    want: ['permanent no-address 5.1.2'],
  },
  {
    name: 'MX to nowhere is permanent, and the address of the domain is not tried instead',
    zone: {
      'd.example': { MX: ['10 gone.example', '20 empty.example'], A: ['192.0.2.10'] },
      'empty.example': { TXT: ['x'] },
    },
    want: ['permanent no-address 5.4.4'],
  },
  {
    name: 'an exchange that is an IP address is no exchange',
    zone: { 'd.example': { MX: ['10 192.0.2.10'] }, '192.0.2.10': { A: ['192.0.2.10'] } },
    want: ['permanent no-address 5.4.4'],
  },
  {
    name: 'an exchange with an address is used although a better one points nowhere',
    zone: {
      'd.example': { MX: ['10 gone.example', '20 b.example'] },
      'b.example': { A: ['192.0.2.20'] },
    },
    want: ['20 b.example 192.0.2.20'],
  },
  {
    name: 'an exchange with an address is used although a better one could not be asked',
    zone: {
      'd.example': { MX: ['10 a.example', '20 b.example'] },
      'a.example': servfail,
      'b.example': { A: ['192.0.2.20'] },
    },
    want: ['20 b.example 192.0.2.20'],
  },
  {
    name: 'MX that cannot be asked defers, even when there is an address',
    zone: { 'd.example': { MX: servfail, A: ['192.0.2.10'] } },
    want: ['temporary could-not-ask 4.4.3'],
  },
  {
    name: 'one exchange that could not be asked makes nowhere temporary',
    zone: { 'd.example': { MX: ['10 gone.example', '20 b.example'] }, 'b.example': timeout },
    want: ['temporary could-not-ask 4.4.3'],
  },
  {
    name: 'an address of one family is enough when the other could not be asked',
    zone: {
      'd.example': { MX: ['10 a.example'] },
      'a.example': { A: ['192.0.2.10'], AAAA: servfail },
    },
    want: ['10 a.example 192.0.2.10'],
  },
  {
    name: 'no address of one family and no answer for the other defers',
    zone: { 'd.example': { MX: ['10 a.example'] }, 'a.example': { AAAA: servfail } },
    want: ['temporary could-not-ask 4.4.3'],
  },
  {
    name: 'no MX and an address that could not be asked defers',
    zone: { 'd.example': { A: timeout } },
    want: ['temporary could-not-ask 4.4.3'],
  },
  {
    name: 'this server in the list, by name, hides itself and all that is not preferred to it',
    zone: {
      'd.example': { MX: ['10 a.example', '20 MX.self.example', '20 c.example', '30 b.example'] },
      'a.example': { A: ['192.0.2.10'] },
      'b.example': { A: ['192.0.2.20'] },
      'c.example': { A: ['192.0.2.30'] },
    },
    want: ['10 a.example 192.0.2.10'],
  },
  {
    name: 'this server in the list, by address, hides itself and all that is not preferred to it',
    zone: {
      'd.example': { MX: ['10 a.example', '20 alias.example', '30 b.example'] },
      'a.example': { A: ['192.0.2.10'] },
      'alias.example': { A: ['192.0.2.77'], AAAA: ['2001:DB8:0::1'] },
      'b.example': { A: ['192.0.2.20'] },
    },
    want: ['10 a.example 192.0.2.10'],
  },
  {
    // Behind NAT nobody here knows the address.
    name: 'this server in the list, by an alias of its name, hides itself and all behind it',
    zone: {
      'd.example': { MX: ['10 a.example', '20 alias.example', '30 b.example'] },
      'a.example': { A: ['192.0.2.10'] },
      'alias.example': { CNAME: 'second.example' },
      'second.example': { CNAME: 'mx.self.example' },
      'mx.self.example': { A: ['192.0.2.66'] },
      'b.example': { A: ['192.0.2.20'] },
    },
    want: ['10 a.example 192.0.2.10'],
  },
  {
    name: 'an alias of our name as the best exchange is a loop',
    zone: {
      'd.example': { MX: ['10 alias.example'] },
      'alias.example': { CNAME: 'MX.self.example' },
      'mx.self.example': { A: ['192.0.2.66'] },
    },
    want: ['permanent loop 5.4.6'],
  },
  {
    name: 'and so it is where our name has no address',
    zone: {
      'd.example': { MX: ['10 alias.example'] },
      'alias.example': { CNAME: 'mx.self.example' },
      'mx.self.example': { TXT: ['x'] },
    },
    want: ['permanent loop 5.4.6'],
  },
  {
    name: 'our name on the way of aliases of a domain without MX is a loop',
    zone: {
      'd.example': { CNAME: 'mx.self.example' },
      'mx.self.example': { CNAME: 'cloud.example' },
      'cloud.example': { A: ['192.0.2.66'] },
    },
    want: ['permanent loop 5.4.6'],
  },
  {
    name: 'an exchange that our name is an alias of is a loop only by its address',
    zone: {
      'd.example': { MX: ['10 cloud.example'] },
      'mx.self.example': { CNAME: 'cloud.example' },
      'cloud.example': { A: ['192.0.2.66'] },
    },
    want: ['10 cloud.example 192.0.2.66'],
  },
  {
    name: 'this server as the best exchange is a loop',
    zone: {
      'd.example': { MX: ['10 mx.self.example', '20 b.example'] },
      'b.example': { A: ['192.0.2.20'] },
    },
    want: ['permanent loop 5.4.6'],
  },
  {
    name: 'a better exchange that could not be asked defers, although this server is in the list',
    zone: { 'd.example': { MX: ['10 a.example', '20 mx.self.example'] }, 'a.example': servfail },
    want: ['temporary could-not-ask 4.4.3'],
  },
  {
    name: 'an exchange behind this server that could not be asked does not defer',
    zone: { 'd.example': { MX: ['10 mx.self.example', '20 a.example'] }, 'a.example': servfail },
    want: ['permanent loop 5.4.6'],
  },
  {
    name: 'an implicit exchange that is this server is a loop',
    zone: { 'd.example': { A: ['192.0.2.1'] } },
    want: ['permanent loop 5.4.6'],
  },
  {
    name: 'an exchange on the loopback network is this server',
    zone: { 'd.example': { MX: ['10 a.example'] }, 'a.example': { A: ['127.1.2.3'] } },
    want: ['permanent loop 5.4.6'],
  },
  {
    name: 'an exchange at :: or ::ffff:127.0.0.1 is this server',
    zone: {
      'd.example': { MX: ['10 a.example', '10 b.example'] },
      'a.example': { AAAA: ['::'] },
      'b.example': { AAAA: ['::ffff:127.0.0.1'] },
    },
    want: ['permanent loop 5.4.6'],
  },
]

for (const { name, zone, want } of cases) {
  test(name, async () => {
    assert.deepEqual(short(await route(zone)), want)
  })
}

const literals: readonly (readonly [string, string])[] = [
  ['[192.0.2.7]', '0 [192.0.2.7] 192.0.2.7'],
  ['[IPv6:2001:DB8::7]', '0 [IPv6:2001:db8::7] 2001:db8::7'],
  ['[192.0.2.1]', 'permanent loop 5.4.6'],
  ['[127.0.0.1]', 'permanent loop 5.4.6'],
  ['[2001:db8::7]', 'permanent no-such-domain 5.1.2'],
  ['[x:y]', 'permanent no-such-domain 5.1.2'],
  ['[192.0.2.7', 'permanent no-such-domain 5.1.2'],
  ['192.0.2.7', 'permanent no-such-domain 5.1.2'],
  ['', 'permanent no-such-domain 5.1.2'],
  ['a..b', 'permanent no-such-domain 5.1.2'],
  [`${'x'.repeat(64)}.example`, 'permanent no-such-domain 5.1.2'],
]
for (const [destination, want] of literals) {
  test(`the destination ${JSON.stringify(destination.slice(0, 20))} gives ${want}`, async () => {
    assert.deepEqual(short(await route({}, destination)), [want])
  })
}

test('loopback is allowed where the dialler maps it', async () => {
  const zone: Zone = { 'd.example': { A: ['127.0.0.1'] } }
  const found = await route(zone, 'd.example', { loopbackIsSelf: false })
  assert.deepEqual(short(found), ['0 d.example 127.0.0.1'])
})

test('the best preference of a name counts, wherever its record stands', async () => {
  const zone: Zone = {
    'd.example': { MX: ['10 a.example', '30 a.example', '20 b.example'] },
    'a.example': { A: ['192.0.2.10'] },
    'b.example': { A: ['192.0.2.20'] },
  }
  const want = ['10 a.example 192.0.2.10', '20 b.example 192.0.2.20']
  assert.deepEqual(short(await route(zone)), want)
})

test('own addresses are known in each of their forms', async () => {
  const zone: Zone = { 'd.example': { A: ['192.0.2.5'] }, 'e.example': { AAAA: ['2001:db8::5'] } }
  const selfAddresses = ['::ffff:192.0.2.5', '2001:DB8:0:0::5', 'not an address']
  for (const domain of ['d.example', 'e.example']) {
    const found = await route(zone, domain, { selfAddresses })
    assert.deepEqual(short(found), ['permanent loop 5.4.6'])
  }
})

test('one family alone is asked when only one is wanted', async () => {
  const zone: Zone = { 'd.example': { A: ['192.0.2.10'], AAAA: ['2001:db8::a'] } }
  const four = await route(zone, 'd.example', { families: 'ipv4-only' })
  assert.deepEqual(short(four), ['0 d.example 192.0.2.10'])
  assert.deepEqual(
    four.questions.map(({ type }) => type),
    ['MX', 'A'],
  )
  const six = await route(zone, 'd.example', { families: 'ipv6-only' })
  assert.deepEqual(short(six), ['0 d.example 2001:db8::a'])
  const first = await route(zone, 'd.example', { families: 'ipv4-first' })
  assert.deepEqual(short(first), ['0 d.example 192.0.2.10', '0 d.example 2001:db8::a'])
})

test('every question is kept with its answer, in the order of asking', async () => {
  const found = await route({
    'd.example': { MX: ['20 b.example', '10 a.example', '30 gone.example', '40 .'] },
    'a.example': { A: ['192.0.2.10'] },
    'b.example': { CNAME: 'c.example' },
    'c.example': { A: servfail, AAAA: ['2001:db8::c'] },
  })
  assert.deepEqual(
    found.questions.map(({ name, type, answer }) => [name, type, answer.type]),
    [
      ['d.example', 'MX', 'found'],
      ['a.example', 'A', 'found'],
      ['a.example', 'AAAA', 'noData'],
      ['b.example', 'A', 'failed'],
      ['b.example', 'AAAA', 'found'],
      ['gone.example', 'A', 'noName'],
      ['gone.example', 'AAAA', 'noName'],
    ],
  )
  assert.deepEqual(found.questions[0]?.answer, {
    type: 'found',
    records: ['20 b.example', '10 a.example', '30 gone.example', '40 .'],
    more: 0,
    ttlSeconds: 300,
    dnssec: 'insecure',
    aliases: [],
  })
  assert.deepEqual(fates(found), [
    'a.example used',
    'b.example used',
    'gone.example no-such-name',
    ' not-a-name',
  ])
  assert.deepEqual(JSON.parse(JSON.stringify(found)), found)
})

test('a name is said not to exist when one answer says so, whatever the other is', async () => {
  const zone: Zone = { 'd.example': { MX: ['1 a.example'] }, 'a.example': {} }
  const inner = new MemoryResolver(zone)
  for (const missing of ['A', 'AAAA'] as const) {
    const resolver: Resolver = {
      resolve: (name, type) => {
        return inner.resolve(name === 'a.example' && type === missing ? 'gone.example' : name, type)
      },
    }
    const found = await routeTo('d.example', resolver, options)
    assert.deepEqual(fates(found), ['a.example no-such-name'])
  }
})

test('a route is secure only when each answer on the way was', async () => {
  const zone: Zone = { 'd.example': { MX: ['1 a.example'] }, 'a.example': { A: ['192.0.2.10'] } }
  const secure = await routeTo('d.example', new MemoryResolver(zone, { dnssec: 'secure' }), options)
  assert.equal(secure.type === 'targets' && secure.targets[0]?.dnssec, 'secure')
  const plain = await route(zone)
  assert.equal(plain.type === 'targets' && plain.targets[0]?.dnssec, 'insecure')
})

test('exchanges and addresses are bounded', async () => {
  const zone: Record<string, Zone[string]> = {
    'd.example': { MX: Array.from({ length: 500 }, (_, i) => `${i} m${i}.example`) },
  }
  for (let i = 0; i < 500; i++) {
    zone[`m${i}.example`] = { A: Array.from({ length: 5 }, (_, j) => `198.51.${i % 250}.${j}`) }
  }
  const found = await route(zone)
  assert.equal(found.type === 'targets' && found.targets.length, 20)
  assert.equal(found.questions.length, 21)
  assert.equal(found.exchanges.filter(({ fate }) => fate === 'used').length, 4)
  const mx = found.questions[0]?.answer
  assert.equal(mx?.type === 'found' && mx.records.length, 50)
  assert.equal(mx?.type === 'found' && mx.more, 450)
})

test('exchanges that were not looked up, because there were too many, defer', async () => {
  const zone: Zone = { 'd.example': { MX: ['1 a.example', '2 b.example', '3 c.example'] } }
  const found = await route(zone, 'd.example', { maxExchanges: 2 })
  assert.deepEqual(short(found), ['temporary could-not-ask 4.4.3'])
  assert.deepEqual(fates(found), [
    'a.example no-such-name',
    'b.example no-such-name',
    'c.example over-limit',
  ])
})

test('each order of equal exchanges is equally likely', async () => {
  const zone: Zone = {
    'd.example': { MX: ['5 a.example', '5 b.example', '5 c.example', '1 z.example'] },
    'a.example': { A: ['192.0.2.10'] },
    'b.example': { A: ['192.0.2.11'] },
    'c.example': { A: ['192.0.2.12'] },
    'z.example': { A: ['192.0.2.13'] },
  }
  let seed = 1
  const random = (): number => {
    seed = (seed * 48271) % 2147483647
    return seed / 2147483647
  }
  const seen = new Map<string, number>()
  for (let i = 0; i < 1200; i++) {
    const found = await route(zone, 'd.example', { random })
    const order = found.exchanges.map(({ host }) => host.charAt(0)).join('')
    seen.set(order, (seen.get(order) ?? 0) + 1)
  }
  assert.deepEqual(Array.from(seen.keys()).sort(), ['zabc', 'zacb', 'zbac', 'zbca', 'zcab', 'zcba'])
  for (const count of seen.values()) assert.ok(count > 140 && count < 260, String(count))
})

test('what was found by the rules of before 0.5.0 is found again as it was', async () => {
  const zone: Zone = {
    'd.example': { MX: ['10 alias.example'] },
    'alias.example': { CNAME: 'mx.self.example' },
    'mx.self.example': { A: ['192.0.2.66'] },
  }
  const { random: _, ...self } = options
  const facts = { destination: 'd.example', seed: 1, self }
  const found = await findRoute(facts, new MemoryResolver(zone))
  assert.deepEqual(short(found), ['10 alias.example 192.0.2.66'])
  const now = await findRoute({ ...facts, rules: routeRules }, new MemoryResolver(zone))
  assert.deepEqual(short(now), ['permanent loop 5.4.6'])
})

test('whatever the zone, a route keeps the rules (property)', async () => {
  const host = fc.constantFrom(
    'a.example',
    'b.example',
    'c.example',
    'mx.self.example',
    '.',
    '192.0.2.9',
  )
  const mx = fc.oneof(
    fc
      .array(fc.tuple(fc.integer({ min: 0, max: 3 }), host), { maxLength: 6 })
      .map((records) => records.map(([preference, name]) => `${preference} ${name}`)),
    fc.constant(servfail),
  )
  const addresses = fc.oneof(
    fc.subarray(['192.0.2.10', '192.0.2.11', '192.0.2.1', '127.0.0.1']),
    fc.constant(servfail),
  )
  const six = fc.oneof(fc.subarray(['2001:db8::a', '2001:db8::1', '::1']), fc.constant(timeout))
  const name = fc.oneof(
    fc.record({ A: addresses, AAAA: six }),
    fc.constant({ error: 'NXDOMAIN' } as const),
  )
  await fc.assert(
    fc.asyncProperty(
      fc.record({ 'a.example': name, 'b.example': name, 'c.example': name }),
      mx,
      addresses,
      fc.infiniteStream(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })),
      async (zone, MX, A, stream) => {
        const whole: Zone = { ...zone, 'd.example': { MX, A } }
        const numbers = Array.from({ length: 20 }, () => stream.next().value)
        const go = async (): Promise<Route> => {
          let at = 0
          return route(whole, 'd.example', { random: () => numbers[at++ % 20] ?? 0 })
        }
        const found = await go()
        assert.deepEqual(await go(), found)
        assert.deepEqual(JSON.parse(JSON.stringify(found)), found)
        if (found.type !== 'targets') {
          assert.equal(found.status.charAt(0), found.type === 'permanent' ? '5' : '4')
          const asked = found.questions.some(({ answer }) => answer.type === 'failed')
          if (found.type === 'temporary') assert.ok(asked)
          return
        }
        const preferences = found.targets.map(({ preference }) => preference)
        assert.deepEqual(
          preferences,
          [...preferences].sort((x, y) => x - y),
        )
        const all = found.targets.map(({ address }) => address)
        const pairs = found.targets.map((one) => `${one.host} ${one.address}`)
        assert.equal(new Set(pairs).size, all.length)
        for (const own of ['192.0.2.1', '127.0.0.1', '2001:db8::1', '::1']) {
          assert.ok(!all.includes(own))
        }
        const self = found.exchanges.filter(({ fate }) => fate === 'self')
        for (const { preference } of self) {
          for (const target of found.targets) assert.ok(target.preference < preference)
        }
      },
    ),
    { numRuns: 500 },
  )
})

test('addresses that are not of the internet are passed over, and each says what it is', async () => {
  const zone: Zone = {
    'x.example': { MX: ['10 a.x.example', '20 b.x.example', '30 c.x.example'] },
    'a.x.example': { A: ['10.0.0.1'], AAAA: ['fe80::1'] },
    'b.x.example': { A: ['192.168.0.1', '192.0.2.11'] },
    'c.x.example': { A: ['192.0.2.12'] },
  }
  const allowed = { ...options, allowedNetworks: [] }
  const route = await routeTo('x.example', new MemoryResolver(zone), allowed)
  assert.ok(route.type === 'targets')
  assert.deepEqual(
    route.targets.map(({ address }) => address),
    ['192.0.2.11', '192.0.2.12'],
  )
  assert.deepEqual(
    route.exchanges.map(({ fate, refused }) => [fate, refused]),
    [
      ['not-public', ['10.0.0.1 is a private address', 'fe80::1 is a link-local address']],
      ['used', ['192.168.0.1 is a private address']],
      ['used', undefined],
    ],
  )
})

test('a domain that leads only there is refused for good, unless the network is allowed', async () => {
  const zone: Zone = {
    'x.example': { MX: ['10 a.x.example'] },
    'a.x.example': { A: ['10.0.0.1'] },
    'y.example': { A: ['127.0.0.1'] },
  }
  const resolver = new MemoryResolver(zone)
  for (const destination of ['x.example', '[10.0.0.1]', '[IPv6:64:ff9b::a00:1]']) {
    const route = await routeTo(destination, resolver, { ...options, allowedNetworks: [] })
    assert.ok(route.type === 'permanent')
    assert.equal(route.reason, 'not-public')
    assert.match(route.because, /private address.*queue\.allow_networks/)
    const allowedNetworks = ['10.0.0.0/8']
    const open = await routeTo(destination, resolver, { ...options, allowedNetworks })
    assert.equal(open.type, 'targets')
    // Records of 0.1.0 know nothing of networks, and must be replayed as they were.
    assert.equal((await routeTo(destination, resolver, options)).type, 'targets')
  }
  const loopback = await routeTo('y.example', resolver, { ...options, allowedNetworks: [] })
  assert.ok(loopback.type === 'permanent')
  assert.equal(loopback.reason, 'loop')
  const allowedNetworks = ['127.0.0.0/8']
  const other = await routeTo('y.example', resolver, { ...options, allowedNetworks })
  assert.equal(other.type, 'targets')
})

test('an exchange that could not be asked may be the good one: the letter waits', async () => {
  const zone: Zone = {
    'x.example': { MX: ['10 a.x.example', '20 b.x.example'] },
    'a.x.example': { A: ['10.0.0.1'] },
    'b.x.example': { error: 'SERVFAIL' },
  }
  const route = await routeTo('x.example', new MemoryResolver(zone), {
    ...options,
    allowedNetworks: [],
  })
  assert.equal(route.type, 'temporary')
})
