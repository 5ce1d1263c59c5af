import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../base/clock.ts'
import { MemoryResolver } from '../dns/memory-resolver.ts'
import type { Resolver } from '../dns/resolver.ts'
import type { Zone } from '../dns/zone-table.ts'
import { domainRecords, hostRecords, type Purpose } from './dns-records.ts'
import { checkPublished, type Published } from './published.ts'

const domain = 'north.example'
const hostname = 'mx.north.example'
const host = { A: ['192.0.2.10'] }

/** What is said of the records of one purpose. */
async function look(purpose: Purpose, zone: Zone | Resolver): Promise<Published> {
  const records = [...domainRecords(domain, hostname), ...hostRecords(hostname, [])]
  const [first] = await checkPublished(
    records.filter((one) => one.purpose === purpose),
    {
      domain,
      hostname,
      keys: [],
      resolver: 'resolve' in zone ? (zone as Resolver) : new MemoryResolver(zone as Zone),
      clock: new ManualClock(0),
      withinMs: 1000,
    },
  )
  assert.ok(first)
  const { status, found, note } = first
  return { status, found, note }
}

const cases: readonly (readonly [Purpose, string, Zone, Published])[] = [
  [
    'mail',
    'as it should be',
    { [domain]: { MX: [`10 ${hostname}`] } },
    said('published', [`10 ${hostname}.`]),
  ],
  [
    'mail',
    'beside another host',
    { [domain]: { MX: [`10 ${hostname}`, '20 mx.elsewhere.example'] } },
    said('fits', [`10 ${hostname}.`, '20 mx.elsewhere.example.'], 'Mail goes to others, too.'),
  ],
  [
    'mail',
    'at another host',
    { [domain]: { MX: ['10 mx.elsewhere.example'] } },
    said('differs', ['10 mx.elsewhere.example.'], 'Mail does not come to this server.'),
  ],
  ['mail', 'not there', {}, said('missing', [], 'Mail goes to the address of the name itself.')],
  [
    'spf',
    'another record that lets us send',
    { [domain]: { TXT: ['v=spf1 ip4:192.0.2.0/24 -all', 'something else'] }, [hostname]: host },
    said('fits', ['v=spf1 ip4:192.0.2.0/24 -all'], 'By it this server may send, too.'),
  ],
  [
    'spf',
    'another record that does not',
    { [domain]: { TXT: ['v=spf1 ip4:198.51.100.1 -all'] }, [hostname]: host },
    said('differs', ['v=spf1 ip4:198.51.100.1 -all'], 'By it 192.0.2.10 may not send.'),
  ],
  [
    'spf',
    'two of them',
    { [domain]: { TXT: ['v=spf1 mx -all', 'v=spf1 a -all'] }, [hostname]: host },
    said(
      'differs',
      ['v=spf1 mx -all', 'v=spf1 a -all'],
      'There is more than one, and then none counts.',
    ),
  ],
  [
    'spf',
    'another, where the server has no address',
    { [domain]: { TXT: ['v=spf1 a -all'] } },
    said('unknown', ['v=spf1 a -all'], `The addresses of ${hostname} are not known.`),
  ],
  [
    'dmarc',
    'the very record',
    { [`_dmarc.${domain}`]: { TXT: ['v=DMARC1; p=none; rua=mailto:postmaster@north.example'] } },
    said('published', ['v=DMARC1; p=none; rua=mailto:postmaster@north.example']),
  ],
  [
    'dmarc',
    'two of them',
    { [`_dmarc.${domain}`]: { TXT: ['v=DMARC1; p=none', 'v=DMARC1; p=reject'] } },
    said('differs', [], 'There is more than one, and then none counts.'),
  ],
  ['dmarc', 'not there', {}, said('missing', [])],
  [
    'tls-reports',
    'another place',
    { [`_smtp._tls.${domain}`]: { TXT: ['v=TLSRPTv1; rua=mailto:tls@north.example'] } },
    said('fits', ['v=TLSRPTv1; rua=mailto:tls@north.example']),
  ],
  [
    'mta-sts',
    'unusable',
    { [`_mta-sts.${domain}`]: { TXT: ['v=STSv1; id='] } },
    said('differs', ['v=STSv1; id='], 'id is "", which is no value.'),
  ],
  [
    'address',
    'where only its owner can know it',
    { [hostname]: host },
    said('unknown', ['192.0.2.10'], 'Whether it leads to this machine only you can know.'),
  ],
]

function said(status: Published['status'], found: readonly string[], note = ''): Published {
  return { status, found, note }
}

for (const [purpose, what, zone, wanted] of cases) {
  test(`${purpose}, ${what}: ${wanted.status}`, async () => {
    assert.deepEqual(await look(purpose, zone), wanted)
  })
}

test('a record of the domain above holds for one below, and says whose it is', async () => {
  const resolver = new MemoryResolver({ '_dmarc.north.example': { TXT: ['v=DMARC1; p=reject'] } })
  const below = 'news.north.example'
  const [first] = await checkPublished(
    domainRecords(below, hostname).filter(({ purpose }) => purpose === 'dmarc'),
    { domain: below, hostname, keys: [], resolver, clock: new ManualClock(0), withinMs: 1000 },
  )
  assert.equal(first?.status, 'fits')
  assert.equal(first?.note, 'The record of north.example holds, which asks for p=reject.')
})

test('DNS that fails says nothing about a record', async () => {
  const broken: Resolver = {
    resolve: () => Promise.resolve({ type: 'failed', reason: 'servfail' }),
  }
  for (const purpose of ['mail', 'spf', 'dmarc', 'tls-reports', 'mta-sts', 'address'] as const) {
    const { status, note } = await look(purpose, broken)
    assert.equal(status, 'unknown', purpose)
    assert.match(note, /^DNS could not be asked/)
  }
})
