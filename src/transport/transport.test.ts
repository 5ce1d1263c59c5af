import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seededRandom } from '../base/random.ts'
import { MemoryResolver } from '../dns/memory-resolver.ts'
import { RecordingResolver } from '../dns/recording-resolver.ts'
import type { Resolver } from '../dns/resolver.ts'
import type { Zone } from '../dns/zone-table.ts'
import type { StsFinding } from '../mta-sts/finding.ts'
import type { StsMode } from '../mta-sts/policy.ts'
import { routeTo } from '../route/route.ts'
import type { HostDemand, Transport } from './demand.ts'
import { decideTransport, type TransportFacts } from './transport.ts'

const hex = 'ab'.repeat(32)
const zone = {
  'south.example': { MX: ['10 mx1.south.example', '20 mx2.south.example'] },
  'mx1.south.example': { A: ['192.0.2.1'], AAAA: ['2001:db8::1'] },
  'mx2.south.example': { A: ['192.0.2.2'] },
} as const
const tlsaOf1 = { '_25._tcp.mx1.south.example': { TLSA: [`3 1 1 ${hex}`] } } as const
const noPolicy: StsFinding = { type: 'none' }

function policy(mode: StsMode, ...mx: readonly string[]): StsFinding {
  const lists = { unknown: [], repeated: [], lines: [] }
  const read = { mode, mx, maxAgeSeconds: 86_400, ...lists }
  return { type: 'policy', id: '1', policy: read, fetchedAt: 0, from: 'fetched' }
}

const plain: TransportFacts = {
  port: 25,
  rules: { dane: true, mtaSts: true, least: 'opportunistic', memory: 'note' },
  wish: 'none',
  sts: noPolicy,
  known: [],
}

function resolverOf(given: Zone, insecure: readonly string[] = []): Resolver {
  const dnssec = (name: string) => (insecure.includes(name) ? 'insecure' : 'secure')
  return new MemoryResolver(given, { dnssec })
}

async function decide(
  given: Zone,
  facts: Partial<TransportFacts> = {},
  {
    insecure = [],
    destination = 'south.example',
  }: { readonly insecure?: readonly string[]; readonly destination?: string } = {},
): Promise<{ readonly transport: Transport; readonly asked: readonly string[] }> {
  const resolver = resolverOf(given, insecure)
  const self = { selfNames: [], selfAddresses: [], loopbackIsSelf: false }
  const route = await routeTo(destination, resolver, { ...self, random: seededRandom(1) })
  const recorder = new RecordingResolver(resolver)
  const transport = await decideTransport(route, { ...plain, ...facts }, recorder)
  return { transport, asked: recorder.answers.map(({ name, type }) => `${name} ${type}`) }
}

function short({ host, demand, reason }: HostDemand): string {
  return `${host.split('.')[0]} ${demand.type} ${reason}`
}

/** Each host with its demand and the reason. */
async function demands(...given: Parameters<typeof decide>): Promise<readonly string[]> {
  const { transport } = await decide(...given)
  return transport.result === 'no-route' ? [] : transport.hosts.map(short)
}

const nothing = ['mx1 opportunistic nobody-asks', 'mx2 opportunistic nobody-asks']
const daneOf1 = { ...zone, ...tlsaOf1 }

test('where nobody asks for anything it is opportunity, and of proved hosts TLSA was asked', async () => {
  const { transport, asked } = await decide(zone)
  assert.ok(transport.result === 'go')
  assert.deepEqual(transport.hosts.map(short), nothing)
  assert.deepEqual(asked, ['_25._tcp.mx1.south.example TLSA', '_25._tcp.mx2.south.example TLSA'])
})

test('TLSA records count where MX, addresses and the records themselves are proved', async () => {
  const found = ['mx1 dane tlsa', 'mx2 opportunistic nobody-asks']
  assert.deepEqual(await demands(daneOf1), found)
  for (const insecure of ['south.example', 'mx1.south.example', '_25._tcp.mx1.south.example']) {
    assert.deepEqual(await demands(daneOf1, {}, { insecure: [insecure] }), nothing, insecure)
  }
  const { asked } = await decide(daneOf1, {}, { insecure: ['south.example'] })
  assert.deepEqual(asked, [])
  const rules = { ...plain.rules, dane: false }
  assert.deepEqual(await demands(daneOf1, { rules }), nothing)
  assert.deepEqual((await decide(daneOf1, { rules })).asked, [])
})

test('a TLSA demand names its records and the names that count', async () => {
  const aliased = { ...daneOf1, 'www.example': { CNAME: 'south.example' } }
  const { transport } = await decide(aliased, {}, { destination: 'www.example' })
  assert.ok(transport.result === 'go')
  assert.deepEqual(transport.hosts[0]?.demand, {
    type: 'dane',
    records: [{ usage: 3, selector: 1, matchingType: 1, data: hex }],
    // RFC 7672 §3.2.3: the base domain, the destination, and what it is an alias of.
    names: ['mx1.south.example', 'www.example', 'south.example'],
  })
})

test('records that cannot be used still want TLS', async () => {
  const odd = { ...zone, '_25._tcp.mx1.south.example': { TLSA: [`1 1 1 ${hex}`] } }
  const found = ['mx1 encrypted tlsa-unusable', 'mx2 opportunistic nobody-asks']
  assert.deepEqual(await demands(odd), found)
})

test('a TLSA question that fails leaves its host out, and the next one is tried', async () => {
  const broken = { ...zone, '_25._tcp.mx1.south.example': { TLSA: { error: 'SERVFAIL' } } } as const
  const left = ['mx1 skip tlsa-unknown', 'mx2 opportunistic nobody-asks']
  assert.deepEqual(await demands(broken), left)
})

test('where no host is left it is told, for now', async () => {
  const broken = { TLSA: { error: 'TIMEOUT' } } as const
  const all = {
    ...zone,
    '_25._tcp.mx1.south.example': broken,
    '_25._tcp.mx2.south.example': broken,
  }
  const { transport } = await decide(all)
  assert.ok(transport.result === 'temporary')
  assert.equal(transport.status, '4.4.3')
  assert.match(transport.because, /TLSA records of mx1\.south\.example .* \(timeout\)/)
})

test('with reasons of two kinds it is the general one, for now', async () => {
  const sts = policy('enforce', 'mx1.south.example')
  const broken = { ...zone, '_25._tcp.mx1.south.example': { TLSA: { error: 'SERVFAIL' } } } as const
  const { transport } = await decide(broken, { sts })
  assert.ok(transport.result === 'temporary')
  assert.deepEqual(transport.hosts.map(short), ['mx1 skip tlsa-unknown', 'mx2 skip sts-mismatch'])
  assert.equal(transport.status, '4.7.5')
})

test('the domain without MX is its own host, and so is the end of its alias', async () => {
  const own = {
    'south.example': { A: ['192.0.2.1'] },
    '_25._tcp.south.example': { TLSA: [`3 1 1 ${hex}`] },
  } as const
  assert.deepEqual(await demands(own), ['south dane tlsa'])
  assert.deepEqual(await demands(own, {}, { insecure: ['south.example'] }), [
    'south opportunistic nobody-asks',
  ])
  const alias = { ...own, 'www.example': { CNAME: 'south.example' } }
  const { transport, asked } = await decide(alias, {}, { destination: 'www.example' })
  assert.ok(transport.result === 'go')
  const { demand } = transport.hosts[0] ?? {}
  assert.ok(demand?.type === 'dane')
  assert.deepEqual(demand.names, ['south.example', 'www.example'])
  assert.deepEqual(asked, ['_25._tcp.south.example TLSA'])
  // RFC 7672 §2.2.2: with nothing at the end of the alias, the alias itself.
  const atAlias = {
    'south.example': { A: ['192.0.2.1'] },
    'www.example': { CNAME: 'south.example' },
    '_25._tcp.www.example': { TLSA: [`3 1 1 ${hex}`] },
  } as const
  const second = await decide(atAlias, {}, { destination: 'www.example' })
  assert.ok(second.transport.result === 'go')
  assert.deepEqual(second.asked, ['_25._tcp.south.example TLSA', '_25._tcp.www.example TLSA'])
  assert.equal(second.transport.hosts[0]?.demand.type, 'dane')
})

test('where an alias leads that is not proved, no TLSA record counts', async () => {
  const zoneOfAlias = {
    'south.example': { A: ['192.0.2.1'] },
    'www.example': { CNAME: 'south.example' },
    '_25._tcp.south.example': { TLSA: [`3 1 1 ${hex}`] },
    '_25._tcp.www.example': { TLSA: [`3 1 1 ${hex}`] },
  } as const
  const destination = 'www.example'
  // RFC 7672 §2.2.2: whoever forges the alias has a signed zone of their own.
  const forged = await decide(zoneOfAlias, {}, { destination, insecure: ['www.example'] })
  assert.ok(forged.transport.result === 'go')
  assert.deepEqual(forged.transport.hosts.map(short), ['south opportunistic nobody-asks'])
  assert.deepEqual(forged.asked, ['www.example CNAME'])
  // The alias alone is proved, so its own records count and those at its end do not.
  const led = await decide(zoneOfAlias, {}, { destination, insecure: ['south.example'] })
  assert.deepEqual(led.asked, ['www.example CNAME', '_25._tcp.www.example TLSA'])
})

test('an MX host that is an alias is asked at both its ends', async () => {
  const aliased = {
    'south.example': { MX: ['10 mx1.south.example'] },
    'mx1.south.example': { CNAME: 'host.provider.example' },
    'host.provider.example': { A: ['192.0.2.1'] },
    '_25._tcp.mx1.south.example': { TLSA: [`3 1 1 ${hex}`] },
  } as const
  const { transport, asked } = await decide(aliased)
  assert.ok(transport.result === 'go')
  assert.deepEqual(transport.hosts.map(short), ['mx1 dane tlsa'])
  assert.deepEqual(asked, [
    '_25._tcp.host.provider.example TLSA',
    '_25._tcp.mx1.south.example TLSA',
  ])
  const unsigned = { insecure: ['host.provider.example'] }
  assert.deepEqual((await decide(aliased, {}, unsigned)).asked, [
    'mx1.south.example CNAME',
    '_25._tcp.mx1.south.example TLSA',
  ])
})

test('an enforced policy wants certificates of the hosts that it lists, and leaves the others out', async () => {
  assert.deepEqual(await demands(zone, { sts: policy('enforce', '*.south.example') }), [
    'mx1 verified sts',
    'mx2 verified sts',
  ])
  assert.deepEqual(await demands(zone, { sts: policy('enforce', 'mx2.south.example') }), [
    'mx1 skip sts-mismatch',
    'mx2 verified sts',
  ])
  const { transport } = await decide(zone, { sts: policy('enforce', 'mx.evil.example') })
  assert.ok(transport.result === 'temporary')
  assert.equal(transport.status, '4.7.5')
  assert.equal(
    transport.because,
    'The MTA-STS policy does not list mx1.south.example. ' +
      'The MTA-STS policy does not list mx2.south.example.',
  )
})

test('testing, none, no policy, and one that cannot be had ask for nothing', async () => {
  const trouble = { stage: 'fetch', text: 'no', resultType: 'sts-policy-fetch-error' } as const
  for (const sts of [
    policy('testing', 'mx.evil.example'),
    policy('testing', '*.south.example'),
    policy('none'),
    { type: 'failed', trouble } as const,
    noPolicy,
  ]) {
    assert.deepEqual(await demands(zone, { sts }), nothing)
  }
  const { transport } = await decide(zone, { sts: policy('testing', 'mx2.south.example') })
  assert.ok(transport.result === 'go')
  // It is told, for the report.
  assert.deepEqual(
    transport.hosts.map(({ sts }) => sts?.result),
    ['mismatch', 'match'],
  )
  const rules = { ...plain.rules, mtaSts: false }
  assert.deepEqual(await demands(zone, { rules, sts: policy('enforce', 'x.example') }), nothing)
})

test('TLSA goes before a policy, which allows nothing that DANE refuses', async () => {
  const sts = policy('enforce', '*.south.example')
  assert.deepEqual(await demands(daneOf1, { sts }), ['mx1 dane tlsa', 'mx2 verified sts'])
  const unusable = { ...zone, '_25._tcp.mx1.south.example': { TLSA: [`0 0 1 ${hex}`] } }
  assert.deepEqual(await demands(unusable, { sts }), ['mx1 verified sts', 'mx2 verified sts'])
  const broken = { ...zone, '_25._tcp.mx1.south.example': { TLSA: { error: 'SERVFAIL' } } } as const
  assert.deepEqual(await demands(broken, { sts }), ['mx1 skip tlsa-unknown', 'mx2 verified sts'])
  // RFC 8461 §5: a host that an enforced policy does not list gets nothing, whatever it proves.
  const narrow = policy('enforce', 'mx2.south.example')
  assert.deepEqual(await demands(daneOf1, { sts: narrow }), [
    'mx1 skip sts-mismatch',
    'mx2 verified sts',
  ])
})

test('the settings ask at least for what they say', async () => {
  const encrypted = { ...plain.rules, least: 'encrypted' } as const
  const verified = { ...plain.rules, least: 'verified' } as const
  assert.deepEqual(await demands(daneOf1, { rules: encrypted }), [
    'mx1 dane tlsa',
    'mx2 encrypted setting',
  ])
  assert.deepEqual(await demands(daneOf1, { rules: verified }), [
    'mx1 dane tlsa',
    'mx2 verified setting',
  ])
  const unusable = { ...zone, '_25._tcp.mx1.south.example': { TLSA: [`0 0 1 ${hex}`] } }
  assert.deepEqual((await demands(unusable, { rules: verified }))[0], 'mx1 verified setting')
  assert.deepEqual(
    (await demands(unusable, { rules: encrypted }))[0],
    'mx1 encrypted tlsa-unusable',
  )
  const literal = { destination: '[192.0.2.1]' }
  assert.deepEqual(await demands(zone, { rules: encrypted }, literal), ['[192 encrypted setting'])
})

test('a literal has neither TLSA records nor a policy', async () => {
  const { transport, asked } = await decide(zone, {}, { destination: '[192.0.2.1]' })
  assert.ok(transport.result === 'go')
  assert.deepEqual(transport.hosts.map(short), ['[192 opportunistic nobody-asks'])
  assert.deepEqual(asked, [])
})

test('what is remembered refuses only where the rules say so', async () => {
  const known = [{ host: 'mx1.south.example', best: 'verified', seenAt: 5 }] as const
  const { transport } = await decide(zone, { known })
  assert.ok(transport.result === 'go')
  assert.deepEqual(transport.hosts.map(short), nothing)
  assert.deepEqual(transport.hosts[0]?.before, known[0])
  assert.equal(transport.hosts[1]?.before, undefined)
  const rules = { ...plain.rules, memory: 'refuse' } as const
  assert.deepEqual(await demands(zone, { known, rules }), [
    'mx1 encrypted memory',
    'mx2 opportunistic nobody-asks',
  ])
  // What asks for more is not weakened by it.
  const sts = policy('enforce', '*.south.example')
  assert.deepEqual((await demands(zone, { known, rules, sts }))[0], 'mx1 verified sts')
})

test('a message that requires TLS wants a proved name and a certificate', async () => {
  const wish = 'required'
  assert.deepEqual(await demands(daneOf1, { wish }), [
    'mx1 dane tlsa',
    'mx2 verified message-requires',
  ])
  const unproved = { insecure: ['south.example'] }
  const { transport } = await decide(zone, { wish }, unproved)
  assert.ok(transport.result === 'permanent')
  assert.equal(transport.status, '5.7.30')
  assert.match(transport.because, /neither DNSSEC nor an MTA-STS policy/)
  for (const mode of ['enforce', 'testing'] as const) {
    const sts = policy(mode, '*.south.example')
    const reason = mode === 'enforce' ? 'sts' : 'message-requires'
    assert.deepEqual((await demands(zone, { wish, sts }, unproved))[0], `mx1 verified ${reason}`)
  }
  const other = policy('testing', 'mx2.south.example')
  assert.deepEqual(await demands(zone, { wish, sts: other }, unproved), [
    'mx1 skip name-not-proved',
    'mx2 verified message-requires',
  ])
  // RFC 8689 §4.2.1: without MX the domain itself is the name.
  const own = { 'south.example': { A: ['192.0.2.1'] } } as const
  assert.deepEqual(await demands(own, { wish }, unproved), ['south verified message-requires'])
  assert.deepEqual(await demands(own, { wish }, { destination: '[192.0.2.1]' }), [
    '[192 skip name-not-proved',
  ])
})

test('a policy that cannot be had now may prove the names later', async () => {
  const trouble = { stage: 'fetch', text: 'no', resultType: 'sts-policy-fetch-error' } as const
  const sts = { type: 'failed', trouble } as const
  const { transport } = await decide(
    zone,
    { wish: 'required', sts },
    { insecure: ['south.example'] },
  )
  assert.equal(transport.result, 'temporary')
})

test('a message that waives TLS sets aside what the domain asks, and not what we do', async () => {
  const wish = 'waived'
  const waived = ['mx1 opportunistic message-waives', 'mx2 opportunistic message-waives']
  const sts = policy('enforce', 'mx.evil.example')
  assert.deepEqual(await demands(daneOf1, { wish, sts }), waived)
  assert.deepEqual((await decide(daneOf1, { wish, sts })).asked, [])
  const rules = { ...plain.rules, least: 'encrypted' } as const
  assert.deepEqual((await demands(daneOf1, { wish, rules }))[0], 'mx1 encrypted setting')
  const known = [{ host: 'mx1.south.example', best: 'dane', seenAt: 5 }] as const
  const refusing = { ...plain.rules, memory: 'refuse' } as const
  assert.deepEqual(await demands(zone, { wish, known, rules: refusing }), waived)
})

test('without a route nothing is asked of anybody', async () => {
  const { transport } = await decide({}, {}, { destination: 'nowhere.example' })
  assert.deepEqual(transport, { result: 'no-route' })
})

test('every combination of what may ask gives each host the strictest, or leaves it out', async () => {
  const order = ['opportunistic', 'encrypted', 'verified', 'dane', 'skip']
  const findings = [
    noPolicy,
    policy('testing', 'mx1.south.example'),
    policy('enforce', 'mx1.south.example'),
  ]
  const zones = [zone, daneOf1] as const
  for (const given of zones) {
    for (const sts of findings) {
      for (const least of ['opportunistic', 'encrypted', 'verified'] as const) {
        for (const wish of ['none', 'required'] as const) {
          const rules = { ...plain.rules, least }
          const { transport } = await decide(given, { rules, sts, wish })
          assert.ok(transport.result === 'go')
          for (const { host, demand } of transport.hosts) {
            const wanted = [
              least,
              host === 'mx1.south.example' && given === daneOf1 ? 'dane' : 'opportunistic',
              sts === findings[2]
                ? host === 'mx1.south.example'
                  ? 'verified'
                  : 'skip'
                : 'opportunistic',
              wish === 'required' ? 'verified' : 'opportunistic',
            ]
            const strictest = wanted.reduce((a, b) => (order.indexOf(b) > order.indexOf(a) ? b : a))
            assert.equal(demand.type, strictest, JSON.stringify([host, sts, least, wish]))
          }
        }
      }
    }
  }
})
