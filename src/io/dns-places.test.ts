import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../base/clock.ts'
import { DnsPlaces, type PlaceAnswer, placeLimits } from './dns-places.ts'

interface Door {
  readonly places: DnsPlaces
  readonly clock: ManualClock
  readonly silent: Set<string>
  /** Answers in the order in which they came, `NAME: ANSWER`. */
  readonly said: string[]
  readonly told: string[]
  readonly ask: (name: string, client: string | undefined, zone?: string) => void
}

/** 16 places: 2 for a client, 4 for a network and for a zone, 14 for all clients. */
function open(limits = { ...placeLimits(16), perSilentZone: 2 }): Door {
  const clock = new ManualClock()
  const silent = new Set<string>()
  const said: string[] = []
  const told: string[] = []
  const places = new DnsPlaces({
    limits,
    clock,
    isSilent: (zone) => silent.has(zone),
    onLimit: (limit, client) => void told.push(`${limit} ${client ?? 'nobody'}`),
  })
  return {
    places,
    told,
    clock,
    silent,
    said,
    ask(name, client, zone = name) {
      const say = (answer: PlaceAnswer): void => void said.push(`${name}: ${answer}`)
      const answer = places.take({ client, zone }, 1000)
      if (typeof answer === 'string') say(answer)
      else void answer.then(say)
    },
  }
}

const turn = (): Promise<void> => new Promise((done) => setImmediate(done))

test('the shares of 256 places', () => {
  assert.deepEqual(placeLimits(256), {
    total: 256,
    perClient: 32,
    perNetwork: 64,
    perSite: 112,
    clients: 224,
    perZone: 64,
    perSilentZone: 4,
  })
  assert.deepEqual(placeLimits(256, 10).perNetwork, 20)
  assert.deepEqual(placeLimits(256, 100).perSite, 200, 'a site has what one of its networks has')
  // However few there are, a client and a zone may have one.
  const { perClient, clients, perZone } = placeLimits(1)
  assert.deepEqual([perClient, clients, perZone], [1, 1, 1])
})

const takers: readonly {
  readonly what: string
  readonly clients: (n: number) => string | undefined
  readonly zone?: string
  readonly most: number
}[] = [
  { what: 'one client', clients: () => '192.0.2.1', most: 2 },
  {
    what: 'one client under both its names',
    clients: (n) => (n % 2 ? '192.0.2.1' : '::ffff:192.0.2.1'),
    most: 2,
  },
  { what: 'one /24', clients: (n) => `192.0.2.${n}`, most: 4 },
  { what: 'one /64', clients: (n) => `2001:db8:0:1::${n}`, most: 2 },
  { what: 'one /48', clients: (n) => `2001:db8:1:${n}::1`, most: 7 },
  { what: 'all clients', clients: (n) => `10.${n}.0.1`, most: 14 },
  { what: 'ourselves', clients: () => undefined, most: 16 },
  { what: 'one zone', clients: () => undefined, zone: 'z.example', most: 4 },
]

for (const { what, clients, zone, most } of takers) {
  test(`${what} may have ${most} of 16 places`, () => {
    const { ask, said } = open()
    for (let n = 0; n < 30; n++) ask(`n${n}`, clients(n), zone)
    assert.equal(said.length, most)
    assert.ok(said.every((one) => one.endsWith(': taken')))
  })
}

test('who has all that it may have does not keep others from theirs', () => {
  const { ask, said } = open()
  for (let n = 0; n < 30; n++) ask(`a${n}`, '192.0.2.1')
  ask('b', '198.51.100.1')
  ask('c', '192.0.2.2')
  ask('own', undefined)
  assert.deepEqual(said.slice(2), ['b: taken', 'c: taken', 'own: taken'])
})

test('networks are told apart by 24 bits of IPv4 and by 64 of IPv6', () => {
  const { ask, said } = open()
  for (let n = 0; n < 30; n++) ask('a', `192.0.2.${n}`, `a${n}`)
  ask('b', '192.0.3.1')
  for (let n = 0; n < 30; n++) ask('c', '2001:db8:0:1::1', `c${n}`)
  ask('d', '2001:db8:0:2::1')
  assert.deepEqual(said.slice(4), ['b: taken', 'c: taken', 'c: taken', 'd: taken'])
})

test('what comes free goes to the network that has the fewest, then to who waits longest', async () => {
  const { ask, said, places } = open({ ...placeLimits(3), perClient: 3, perNetwork: 3, clients: 3 })
  ask('a1', '192.0.2.1')
  ask('a2', '192.0.2.1')
  ask('b1', '198.51.100.1')
  ask('a3', '192.0.2.1')
  ask('b2', '198.51.100.1')
  ask('c1', '203.0.113.1')
  ask('d1', '203.0.114.1')
  said.length = 0
  for (const [client, zone] of [
    ['198.51.100.1', 'b1'],
    ['198.51.100.1', 'b2'],
    ['203.0.113.1', 'c1'],
    ['203.0.114.1', 'd1'],
  ] as const) {
    places.release({ client, zone })
    await turn()
  }
  assert.deepEqual(said, ['b2: taken', 'c1: taken', 'd1: taken', 'a3: taken'])
})

test('who waits too long has no place, and does not take one later', async () => {
  const { ask, said, clock, places } = open({ ...placeLimits(8), total: 1 })
  ask('a', undefined)
  ask('b', undefined)
  clock.advance(999)
  await turn()
  assert.deepEqual(said, ['a: taken'])
  clock.advance(1)
  await turn()
  assert.deepEqual(said, ['a: taken', 'b: no-place'])
  places.release({ client: undefined, zone: 'a' })
  ask('c', undefined)
  assert.deepEqual(said.at(-1), 'c: taken')
  assert.equal(clock.pending, 0)
})

test('in a silent zone few may wait for an answer, and nobody for a place', async () => {
  const { ask, said, silent, places } = open()
  for (let n = 0; n < 6; n++) ask(`n${n}`, undefined, 'z.example')
  assert.equal(said.length, 4)
  // Those who wait hear of it as soon as anything changes; four are there already, two may be.
  silent.add('z.example')
  places.release({ client: undefined, zone: 'z.example' })
  await turn()
  assert.deepEqual(said.slice(4), ['n4: silent-zone', 'n5: silent-zone'])
  ask('late', undefined, 'z.example')
  assert.equal(said.at(-1), 'late: silent-zone')
  places.release({ client: undefined, zone: 'z.example' })
  places.release({ client: undefined, zone: 'z.example' })
  ask('probe', undefined, 'z.example')
  assert.equal(said.at(-1), 'probe: taken')
  ask('other', undefined, 'y.example')
  assert.equal(said.at(-1), 'other: taken')
  silent.clear()
  ask('lively', undefined, 'z.example')
  assert.equal(said.at(-1), 'lively: taken')
})

test('who waited in vain is told of, with the limit that it met', () => {
  const { ask, clock, told } = open()
  for (let n = 0; n < 3; n++) ask('a', '192.0.2.1', `a${n}`)
  for (let n = 0; n < 2; n++) ask('b', '192.0.2.2', `b${n}`)
  // Its network has all that it may have.
  ask('c', '192.0.2.3')
  for (let n = 0; n < 12; n++) ask('own', undefined, `o${n}`)
  ask('d', '198.51.100.1')
  ask('own', undefined)
  clock.advance(1000)
  assert.deepEqual(told, [
    'dns.questions_per_address 192.0.2.1',
    'dns.questions_per_address 192.0.2.3',
    'dns.questions 198.51.100.1',
    'dns.questions nobody',
  ])
})

test('closing ends the waiting, and nobody gets a place any more', async () => {
  const { ask, said, places, clock } = open({ ...placeLimits(8), total: 1 })
  ask('a', undefined)
  ask('b', undefined)
  places.close()
  await turn()
  places.release({ client: undefined, zone: 'a' })
  ask('c', undefined)
  assert.deepEqual(said, ['a: taken', 'b: closed', 'c: closed'])
  assert.equal(clock.pending, 0)
})
