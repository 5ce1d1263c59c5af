import assert from 'node:assert/strict'
import { test } from 'node:test'
import { WaybillError } from '../base/error.ts'
import { MemoryResolver } from './memory-resolver.ts'
import { maxAliases, type RecordType } from './resolver.ts'
import { type Zone, compileZone } from './zone-table.ts'

const zone: Zone = {
  'North.Example.': {
    A: ['192.0.2.1', '192.0.2.2'],
    AAAA: ['2001:DB8:0::1'],
    MX: ['10 Mail.North.Example.', '0 .'],
    TXT: ['v=spf1 -all', ['in ', 'two ', 'pieces'], 'caf\u00e9', ''],
    NS: ['ns.north.example'],
    TLSA: ['3 1 1 AB cd'],
  },
  '1.2.0.192.in-addr.arpa': { PTR: ['North.Example'] },
  'alias.example': { CNAME: 'north.example' },
  'alias-of-alias.example': { CNAME: ['ALIAS.example.'] },
  'alias-to-nowhere.example': { CNAME: 'nowhere.example' },
  'alias-of-nothing.example': { CNAME: '' },
  'alias-with-data.example': { CNAME: 'north.example', A: ['192.0.2.9'] },
  'circle-a.example': { CNAME: 'circle-b.example' },
  'circle-b.example': { CNAME: 'circle-a.example' },
  'self.example': { CNAME: 'self.example' },
  'empty.example': {},
  'no-records.example': { A: [] },
  'gone.example': { error: 'NXDOMAIN' },
  'broken.example': { error: 'SERVFAIL' },
  'refused.example': { error: 'REFUSED' },
  'slow.example': { error: 'TIMEOUT' },
  'partly.example': { A: ['192.0.2.3'], TXT: { error: 'TIMEOUT' }, MX: { error: 'NXDOMAIN' } },
  'broken-alias.example': { CNAME: { error: 'SERVFAIL' } },
}

const cases: readonly [name: string, type: RecordType, expected: unknown][] = [
  ['north.example', 'A', ['192.0.2.1', '192.0.2.2']],
  ['NORTH.EXAMPLE.', 'A', ['192.0.2.1', '192.0.2.2']],
  ['north.example', 'AAAA', ['2001:db8::1']],
  [
    'north.example',
    'MX',
    [
      { preference: 10, exchange: 'mail.north.example' },
      { preference: 0, exchange: '' },
    ],
  ],
  ['north.example', 'TXT', ['v=spf1 -all', 'in two pieces', 'caf\u00e9', '']],
  ['north.example', 'NS', ['ns.north.example']],
  ['north.example', 'TLSA', [{ usage: 3, selector: 1, matchingType: 1, data: 'abcd' }]],
  ['north.example', 'PTR', 'noData'],
  ['north.example', 'SOA', 'noData'],
  ['north.example', 'CNAME', 'noData'],
  ['1.2.0.192.in-addr.arpa', 'PTR', ['north.example']],
  ['alias.example', 'A', ['192.0.2.1', '192.0.2.2']],
  ['alias.example', 'PTR', 'noData'],
  ['alias.example', 'CNAME', ['north.example']],
  ['alias-of-alias.example', 'A', ['192.0.2.1', '192.0.2.2']],
  ['alias-to-nowhere.example', 'A', 'noName'],
  ['alias-of-nothing.example', 'A', 'noData'],
  ['alias-of-nothing.example', 'CNAME', 'noData'],
  ['alias-with-data.example', 'A', ['192.0.2.9']],
  ['alias-with-data.example', 'TXT', ['v=spf1 -all', 'in two pieces', 'caf\u00e9', '']],
  ['circle-a.example', 'A', 'servfail'],
  ['self.example', 'A', 'servfail'],
  ['empty.example', 'A', 'noData'],
  ['no-records.example', 'A', 'noData'],
  ['gone.example', 'A', 'noName'],
  ['broken.example', 'CNAME', 'servfail'],
  ['refused.example', 'TXT', 'refused'],
  ['slow.example', 'MX', 'timeout'],
  ['partly.example', 'A', ['192.0.2.3']],
  ['partly.example', 'TXT', 'timeout'],
  ['partly.example', 'MX', 'noName'],
  ['partly.example', 'AAAA', 'noData'],
  ['broken-alias.example', 'A', 'servfail'],
  ['nowhere.example', 'A', 'noName'],
  ['example', 'A', 'noName'],
  ['', 'A', 'noName'],
  ['.', 'A', 'noName'],
  ['a..example', 'A', 'noName'],
  [`${'x'.repeat(64)}.example`, 'A', 'noName'],
  ['__proto__', 'A', 'noName'],
  ['constructor', 'A', 'noName'],
]

test('answers every kind of question from its zone', async () => {
  const resolver = new MemoryResolver(zone)
  for (const [name, type, expected] of cases) {
    const answer = await resolver.resolve(name, type)
    const got =
      answer.type === 'found'
        ? answer.records
        : answer.type === 'failed'
          ? answer.reason
          : answer.type
    assert.deepEqual(got, expected, `${name} ${type}`)
  }
})

test('lists the names that an alias leads to, ending where the records are or are missing', async () => {
  const resolver = new MemoryResolver(zone)
  const found = await resolver.resolve('alias-of-alias.example', 'A')
  assert.deepEqual(found.type === 'found' && found.aliases, ['alias.example', 'north.example'])
  const near = await resolver.resolve('alias.example', 'A')
  assert.deepEqual(near.type === 'found' && near.aliases, ['north.example'])
  const absent = await resolver.resolve('alias-to-nowhere.example', 'A')
  assert.deepEqual(absent.type === 'noName' && absent.aliases, ['nowhere.example'])
  const plain = await resolver.resolve('north.example', 'A')
  assert.equal('aliases' in plain, false)
})

test('follows as many aliases as the limit says and not one more', async () => {
  const chain = (length: number): MemoryResolver => {
    const names: Record<string, Zone[string]> = { [`n${length}.example`]: { A: ['192.0.2.1'] } }
    for (let i = 0; i < length; i++) names[`n${i}.example`] = { CNAME: `n${i + 1}.example` }
    return new MemoryResolver(names)
  }
  assert.equal((await chain(maxAliases).resolve('n0.example', 'A')).type, 'found')
  assert.equal((await chain(maxAliases + 1).resolve('n0.example', 'A')).type, 'failed')
})

test('says of every answer what its options say', async () => {
  const resolver = new MemoryResolver(zone, { ttlSeconds: 7, dnssec: 'secure' })
  const found = await resolver.resolve('1.2.0.192.in-addr.arpa', 'PTR')
  assert.deepEqual(found, {
    type: 'found',
    records: ['north.example'],
    ttlSeconds: 7,
    dnssec: 'secure',
  })
})

const unreadable: readonly [zone: unknown, problem: RegExp][] = [
  [[], /object of names/],
  [null, /object of names/],
  [{ a: 'x' }, /^a: a name holds an object/],
  [{ a: { error: 'NOPE' } }, /^a: "error" is one of NXDOMAIN/],
  [{ a: { A: '192.0.2.1' } }, /^a A: is a list of values/],
  [{ a: { A: ['192.0.2.300'] } }, /^a A: cannot read "192.0.2.300"/],
  [{ a: { A: ['2001:db8::1'] } }, /^a A: cannot read/],
  [{ a: { A: [1] } }, /^a A: cannot read 1/],
  [{ a: { AAAA: ['192.0.2.1'] } }, /^a AAAA: cannot read/],
  [{ a: { MX: ['mail.example'] } }, /^a MX: cannot read/],
  [{ a: { MX: ['65536 mail.example'] } }, /^a MX: cannot read/],
  [{ a: { TXT: [5] } }, /^a TXT: cannot read 5/],
  [{ a: { TXT: ['\u2013'] } }, /^a TXT: cannot read/],
  [{ a: { TXT: { error: 'x' } } }, /^a TXT: "error" is one of/],
  [{ a: { TLSA: ['3 1 1 abc'] } }, /^a TLSA: cannot read/],
  [{ a: { TLSA: ['3 1 300 ab'] } }, /^a TLSA: cannot read/],
  [{ a: { CNAME: ['b', 'c'] } }, /^a CNAME: .*one other name/],
  [{ a: { PTR: ['b\u00fccher.example'] } }, /^a PTR: cannot read/],
  [{ a: { TTX: [] } }, /^a TTX: is not one of A, AAAA/],
  [{ 'a.': { A: [] }, A: { A: [] } }, /^A: the name is there twice/],
]

test('a zone that cannot be read is refused with name, type and value', () => {
  for (const [json, problem] of unreadable) {
    const read = compileZone(json)
    assert.match(read.ok ? 'it was read' : read.problem, problem)
  }
  const broken = (): MemoryResolver => new MemoryResolver({ 'a.example': { A: ['x'] } })
  assert.throws(broken, (problem) => problem instanceof WaybillError && problem.code === 'usage')
})

test('record types that nobody asks for may be in a zone', () => {
  assert.ok(compileZone({ a: { SPF: ['v=spf1 -all'], CAA: ['0 issue "x"'] } }).ok)
})

test('two spellings of a name add up when they bring different types', async () => {
  const read = compileZone({ 'a.example': { A: ['192.0.2.1'] }, 'A.Example': { TXT: ['x'] } })
  assert.ok(read.ok)
  const resolver = new MemoryResolver(read.value)
  assert.equal((await resolver.resolve('a.example', 'A')).type, 'found')
  assert.equal((await resolver.resolve('a.example', 'TXT')).type, 'found')
})

test('an answer is proved where each name is that it was led along', async () => {
  const zone = {
    'a.example': { A: ['192.0.2.1'] },
    'alias.example': { CNAME: 'a.example' },
    'way.example': { CNAME: 'alias.example' },
  }
  const dnssec = (name: string) => (name === 'alias.example' ? 'insecure' : 'secure')
  const resolver = new MemoryResolver(zone, { dnssec })
  const state = async (name: string, type: 'A' | 'MX') => {
    const answer = await resolver.resolve(name, type)
    return answer.type === 'failed' ? 'failed' : `${answer.type} ${answer.dnssec}`
  }
  assert.equal(await state('a.example', 'A'), 'found secure')
  assert.equal(await state('a.example', 'MX'), 'noData secure')
  assert.equal(await state('none.example', 'A'), 'noName secure')
  assert.equal(await state('alias.example', 'A'), 'found insecure')
  assert.equal(await state('way.example', 'A'), 'found insecure')
})
