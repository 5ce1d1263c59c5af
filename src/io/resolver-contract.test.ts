import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { ManualClock } from '../base/clock.ts'
import { CachingResolver } from '../dns/caching-resolver.ts'
import { MemoryResolver } from '../dns/memory-resolver.ts'
import { RecordedResolver } from '../dns/recorded-resolver.ts'
import { RecordingResolver } from '../dns/recording-resolver.ts'
import { maxAliases, type RecordType, type Resolver } from '../dns/resolver.ts'
import type { Zone, ZoneName } from '../dns/zone-table.ts'
import { systemClock } from './clock.ts'
import { type DnsServer, openDnsServer } from './dns-server.ts'
import { StubResolver } from './stub-resolver.ts'

const octets = Array.from({ length: 256 }, (_, i) => String.fromCharCode(i)).join('')
const name63 = `${'m'.repeat(63)}.example`

function chain(prefix: string, length: number): Record<string, ZoneName> {
  const names: Record<string, ZoneName> = { [`${prefix}${length}.example`]: { A: ['192.0.2.50'] } }
  for (let i = 0; i < length; i++) {
    names[`${prefix}${i}.example`] = { CNAME: `${prefix}${i + 1}.example` }
  }
  return names
}

const zone: Zone = {
  'full.example': {
    A: ['192.0.2.3', '192.0.2.1', '192.0.2.2', '192.0.2.1'],
    AAAA: ['2001:db8::1', '::ffff:192.0.2.1', '::'],
    MX: ['20 B.example', '10 a.example', '10 c.example', '0 .'],
    TXT: ['', 'v=spf1 -all', ['joined ', 'pieces'], octets, 'x'.repeat(255), 'y'.repeat(256)],
    NS: ['ns1.example', 'ns2.example'],
    TLSA: ['3 1 1 00ff', '2 0 2 1234'],
    PTR: ['host.example', 'other.example'],
  },
  'large.example': { TXT: ['z'.repeat(40_000)] },
  'many.example': { A: Array.from({ length: 200 }, (_, i) => `192.0.2.${i}`) },
  '4.3.2.1.in-addr.arpa': { PTR: ['Pointed.Example.'] },
  [name63]: { A: ['192.0.2.4'] },
  '_dmarc.full.example': { TXT: ['v=DMARC1; p=none'] },
  'odd name!%.example': { TXT: ['odd'] },
  'alias.example': { CNAME: 'FULL.example' },
  'alias-to-nothing.example': { CNAME: 'gone.example' },
  'alias-to-other.example': { CNAME: 'large.example' },
  'alias-to-broken.example': { CNAME: 'broken.example' },
  'circle.example': { CNAME: 'circle2.example' },
  'circle2.example': { CNAME: 'circle.example' },
  'self.example': { CNAME: 'self.example' },
  'broken.example': { error: 'SERVFAIL' },
  'refusing.example': { error: 'REFUSED' },
  'gone-by-fault.example': { error: 'NXDOMAIN' },
  'part.example': { A: ['192.0.2.5'], MX: { error: 'SERVFAIL' }, TXT: { error: 'NXDOMAIN' } },
  'empty.example': {},
  ...chain('chain', maxAliases),
  ...chain('long', maxAliases + 1),
}

const questions: readonly (readonly [string, RecordType])[] = [
  ...(['A', 'AAAA', 'MX', 'TXT', 'NS', 'TLSA', 'PTR', 'CNAME'] as const).flatMap(
    (type) =>
      [
        ['full.example', type],
        ['Alias.Example.', type],
        ['gone.example', type],
        ['empty.example', type],
        ['broken.example', type],
      ] as const,
  ),
  ['large.example', 'TXT'],
  ['alias-to-other.example', 'TXT'],
  ['many.example', 'A'],
  ['4.3.2.1.in-addr.arpa', 'PTR'],
  [name63, 'A'],
  ['_DMARC.full.example', 'TXT'],
  ['odd name!%.example', 'TXT'],
  ['alias-to-nothing.example', 'A'],
  ['alias-to-nothing.example', 'CNAME'],
  ['alias-to-broken.example', 'A'],
  ['circle.example', 'A'],
  ['self.example', 'A'],
  ['refusing.example', 'A'],
  ['gone-by-fault.example', 'A'],
  ['part.example', 'A'],
  ['part.example', 'MX'],
  ['part.example', 'TXT'],
  ['part.example', 'AAAA'],
  ['chain0.example', 'A'],
  ['long0.example', 'A'],
  ['', 'A'],
  ['.', 'TXT'],
  ['a..example', 'A'],
  [`${'x'.repeat(64)}.example`, 'A'],
  [`${'x.'.repeat(126)}y`, 'A'],
  [`${'x.'.repeat(126)}yy`, 'A'],
]

/** What must be the same of an answer, wherever it comes from: all but the server and the TTL. */
async function said(resolver: Resolver, name: string, type: RecordType): Promise<unknown> {
  const answer = await resolver.resolve(name, type)
  if (answer.type === 'failed') return { type: answer.type, reason: answer.reason }
  const { server: _, ttlSeconds, ...rest } = answer
  assert.ok(Number.isInteger(ttlSeconds) && ttlSeconds >= 0, `TTL ${ttlSeconds}`)
  return rest
}

async function serve(t: TestContext): Promise<DnsServer> {
  const server = await openDnsServer({ port: 0, clock: systemClock, zones: { '': zone } })
  t.after(() => server.close())
  return server
}

async function stub(t: TestContext, randomizeCase = false): Promise<StubResolver> {
  const { endpoint } = await serve(t)
  const resolver = new StubResolver({ servers: [endpoint], clock: systemClock, randomizeCase })
  t.after(() => resolver.close())
  return resolver
}

const adapters: readonly [what: string, open: (t: TestContext) => Promise<Resolver>][] = [
  ['the stub resolver with the server of the lab', (t) => stub(t)],
  ['the stub resolver with letters in random case', (t) => stub(t, true)],
  [
    'the cache before the stub resolver',
    async (t) => new CachingResolver(await stub(t), { now: () => 0 }),
  ],
  ['the recorder', async () => new RecordingResolver(new MemoryResolver(zone), new ManualClock())],
  [
    'the recording of the stub resolver',
    async (t) => {
      const recorder = new RecordingResolver(await stub(t))
      for (const [name, type] of questions) await recorder.resolve(name, type)
      return new RecordedResolver(JSON.parse(JSON.stringify(recorder.answers)))
    },
  ],
]

for (const [what, open] of adapters) {
  test(`${what} answers as the zone in memory does, twice`, async (t) => {
    const memory = new MemoryResolver(zone)
    const resolver = await open(t)
    for (const [name, type] of [...questions, ...questions]) {
      const expected = await said(memory, name, type)
      assert.deepEqual(await said(resolver, name, type), expected, `${name} ${type}`)
    }
  })
}
