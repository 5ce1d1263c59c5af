import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MemoryResolver, type Zone } from '../dns/testing.ts'
import { checkIprev } from './iprev.ts'
import { authenticationResultsText } from './results-field.ts'

const many = Array.from({ length: 12 }, (_, i) => `n${i}.many.example`)
const ipv6Reverse = '1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa'

const zone: Zone = {
  '10.2.0.192.in-addr.arpa': { PTR: ['MX.North.example.'] },
  'mx.north.example': { A: ['192.0.2.9', '192.0.2.10'] },
  [ipv6Reverse]: { PTR: ['six.example'] },
  'six.example': { A: ['192.0.2.10'], AAAA: ['2001:0DB8:0::1'] },
  // The first name leads elsewhere, the second nowhere, the third back.
  '11.2.0.192.in-addr.arpa': { PTR: ['other.example', 'gone.example', 'third.example'] },
  'other.example': { A: ['192.0.2.99'] },
  'third.example': { A: ['192.0.2.11'] },
  '12.2.0.192.in-addr.arpa': { PTR: ['other.example'] },
  '13.2.0.192.in-addr.arpa': { PTR: ['gone.example'] },
  '14.2.0.192.in-addr.arpa': { error: 'SERVFAIL' },
  '15.2.0.192.in-addr.arpa': { PTR: ['other.example', 'broken.example'] },
  'broken.example': { error: 'TIMEOUT' },
  '16.2.0.192.in-addr.arpa': { PTR: ['broken.example', 'sixteen.example'] },
  'sixteen.example': { A: ['192.0.2.16'] },
  '17.2.0.192.in-addr.arpa': { TXT: ['no PTR here'] },
  // Only the address of the client's own family counts.
  '18.2.0.192.in-addr.arpa': { PTR: ['only6.example'] },
  'only6.example': { AAAA: ['::ffff:192.0.2.18'] },
  // The name that would lead back is the eleventh.
  '19.2.0.192.in-addr.arpa': { PTR: many },
  'n10.many.example': { A: ['192.0.2.19'] },
}

const cases: readonly (readonly [ip: string, result: string, detail: string, names: string])[] = [
  ['192.0.2.10', 'pass', 'mx.north.example', 'client'],
  ['::ffff:192.0.2.10', 'pass', 'mx.north.example', 'client'],
  ['2001:db8::1', 'pass', 'six.example', 'client'],
  ['192.0.2.11', 'pass', 'third.example', 'other-addresses no-address client'],
  ['192.0.2.12', 'fail', '', 'other-addresses'],
  ['192.0.2.13', 'fail', '', 'no-address'],
  ['192.0.2.14', 'temperror', 'reverse-failed', ''],
  ['192.0.2.15', 'temperror', 'forward-failed', 'other-addresses failed'],
  ['192.0.2.16', 'pass', 'sixteen.example', 'failed client'],
  ['192.0.2.17', 'permerror', 'no-name', ''],
  ['192.0.2.18', 'fail', '', 'no-address'],
  ['192.0.2.19', 'fail', '', Array(10).fill('no-address').join(' ')],
  ['192.0.2.99', 'permerror', 'no-name', ''],
  ['north.example', 'permerror', 'not-an-address', ''],
  ['', 'permerror', 'not-an-address', ''],
]

for (const [ip, result, detail, names] of cases) {
  test(`iprev of "${ip}" is ${result} ${detail}`.trimEnd(), async () => {
    const verdict = await checkIprev(ip, new MemoryResolver(zone))
    const told =
      verdict.result === 'pass' ? verdict.name : 'because' in verdict ? verdict.because : ''
    assert.deepEqual(
      [verdict.result, told, verdict.names.map(({ answer }) => answer).join(' ')],
      [result, detail, names],
    )
    assert.deepEqual(JSON.parse(JSON.stringify(verdict)), verdict)
  })
}

test('a name that nobody looks up is no failure of DNS', async () => {
  const verdict = await checkIprev('192.0.2.19', {
    resolve: () => Promise.resolve({ type: 'failed', reason: 'not-asked' }),
  })
  assert.deepEqual(verdict, {
    ip: '192.0.2.19',
    names: [],
    ignored: 0,
    result: 'temperror',
    because: 'not-asked',
  })
})

test('names over the limit are counted, and not asked about', async () => {
  const asked: string[] = []
  const inner = new MemoryResolver(zone)
  const verdict = await checkIprev('192.0.2.19', {
    resolve: (name, type) => {
      asked.push(`${name} ${type}`)
      return inner.resolve(name, type)
    },
  })
  assert.equal(verdict.ignored, 2)
  assert.equal(asked.length, 11)
  assert.ok(!asked.includes('n10.many.example A'))
})

test('of a name with very many addresses all are compared, and ten are kept', async () => {
  const addresses = Array.from({ length: 12 }, (_, i) => `192.0.2.${100 + i}`)
  const verdict = await checkIprev(
    '192.0.2.111',
    new MemoryResolver({
      '111.2.0.192.in-addr.arpa': { PTR: ['farm.example'] },
      'farm.example': { A: addresses },
    }),
  )
  assert.equal(verdict.result, 'pass')
  assert.deepEqual(verdict.names[0]?.addresses, addresses.slice(0, 10))
})

test('the result is told with the address as its policy', async () => {
  const four = await checkIprev('192.0.2.10', new MemoryResolver(zone))
  const told = authenticationResultsText({ iprev: four }, 'mx.south.example')
  assert.equal(told, 'mx.south.example; iprev=pass policy.iprev=192.0.2.10')
  const six = await checkIprev('2001:db8::2', new MemoryResolver(zone))
  assert.equal(
    authenticationResultsText({ iprev: six }, 'mx.south.example'),
    'mx.south.example; iprev=permerror policy.iprev="2001:db8::2"',
  )
})

test('what is no address is not told as one', async () => {
  const nobody = await checkIprev('', new MemoryResolver(zone))
  assert.equal(
    authenticationResultsText({ iprev: nobody }, 'mx.south.example'),
    'mx.south.example; none',
  )
})
