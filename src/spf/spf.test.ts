/** check_host() by the sections of RFC 7208: a zone, a client, and what must come out. */
import { test } from 'node:test'
import assert from 'node:assert/strict'
import { MemoryResolver } from '../dns/memory-resolver.ts'
import type { Resolver } from '../dns/resolver.ts'
import type { Zone, ZoneName } from '../dns/zone-table.ts'
import { checkSpf, type SpfInput, type SpfVerdict } from './spf.ts'

const client: SpfInput = {
  ip: '192.0.2.1',
  helo: 'mail.north.example',
  mailFrom: 'joe@north.example',
}

const txt = (text: string): ZoneName => ({ TXT: [text] })
const timeout = { error: 'TIMEOUT' } as const

/** The verdict on `record` as the policy of north.example, with other names around it. */
function policy(
  record: string,
  { zone = {}, ...input }: Partial<SpfInput> & { readonly zone?: Zone } = {},
): Promise<SpfVerdict> {
  const resolver = new MemoryResolver({
    ...zone,
    'north.example': { ...zone['north.example'], TXT: [record] },
  })
  return checkSpf({ ...client, ...input }, resolver)
}

interface Case {
  readonly record: string
  readonly result: string
  readonly ip?: string
  readonly zone?: Zone
}

function table(title: string, cases: readonly Case[]): void {
  test(title, async () => {
    for (const { record, result, ip = client.ip, zone = {} } of cases) {
      const verdict = await policy(record, { ip, zone })
      assert.equal(verdict.result, result, `${record} for ${ip}: ${JSON.stringify(verdict)}`)
    }
  })
}

const six = '2001:db8::1'

table(
  '§4.6.2, §4.7: the first match decides, its qualifier is the result, and neutral is the rest',
  [
    { record: 'v=spf1 +all', result: 'pass' },
    { record: 'v=spf1 all -all', result: 'pass' },
    { record: 'v=spf1 ~all all', result: 'softfail' },
    { record: 'v=spf1 ?all -all', result: 'neutral' },
    { record: 'v=spf1', result: 'neutral' },
    { record: 'v=spf1 -ip4:192.0.2.2', result: 'neutral' },
    { record: 'v=spf1 default=pass', result: 'neutral' },
  ],
)

table('§5.6: networks, each family for itself', [
  { record: 'v=spf1 ip4:192.0.2.1 -all', result: 'pass' },
  { record: 'v=spf1 ip4:192.0.2.2 -all', result: 'fail' },
  { record: 'v=spf1 ip4:192.0.2.2/30 -all', result: 'pass' },
  { record: 'v=spf1 ip4:192.0.3.0/23 -all', result: 'pass' },
  { record: 'v=spf1 ip4:192.0.3.0/24 -all', result: 'fail' },
  { record: 'v=spf1 ip4:203.0.113.9/0 -all', result: 'pass' },
  { record: 'v=spf1 ip4:0.0.0.0/0 -all', result: 'fail', ip: six },
  { record: 'v=spf1 ip6:::/0 -all', result: 'fail' },
  { record: 'v=spf1 ip6:::/0 -all', result: 'pass', ip: six },
  { record: 'v=spf1 ip6:2001:db8:8000::/33 -all', result: 'fail', ip: six },
  { record: 'v=spf1 ip6:2001:db8:7fff::/33 -all', result: 'pass', ip: six },
  { record: 'v=spf1 ip6:2001:db8::3/127 -all', result: 'fail', ip: six },
  { record: 'v=spf1 ip6:2001:db8::3/126 -all', result: 'pass', ip: six },
  // §5: an IPv4-mapped client is an IPv4 client, however its address is written.
  { record: 'v=spf1 ip4:192.0.2.1 -all', result: 'pass', ip: '::ffff:192.0.2.1' },
  { record: 'v=spf1 ip4:192.0.2.1 -all', result: 'pass', ip: '::FFFF:c000:201' },
  { record: 'v=spf1 -ip4:192.0.2.1 ip6:::ffff:192.0.2.1', result: 'fail', ip: '::ffff:192.0.2.1' },
  // The zone index of a link-local address is of no account.
  { record: 'v=spf1 ip6:fe80::/10 -all', result: 'pass', ip: 'fe80::1%eth0' },
  // An IPv4-compatible address is not mapped.
  { record: 'v=spf1 ip6:::192.0.2.1 -all', result: 'pass', ip: '::192.0.2.1' },
  { record: 'v=spf1 ip6:::ffff:192.0.2.1 -all', result: 'fail', ip: '::192.0.2.1' },
])

const addresses: Zone = {
  'north.example': { A: ['192.0.2.1'], AAAA: [six] },
  'near.example': { A: ['198.51.100.1', '192.0.2.200'], AAAA: ['2001:db8::ff'] },
  'four.example': { A: ['192.0.2.1'] },
  'broken.example': timeout,
}

table('§5.3: "a" compares the addresses of the client\'s family', [
  { record: 'v=spf1 a -all', result: 'pass', zone: addresses },
  { record: 'v=spf1 a -all', result: 'pass', zone: addresses, ip: six },
  { record: 'v=spf1 a:near.example -all', result: 'fail', zone: addresses },
  { record: 'v=spf1 a:near.example/24 -all', result: 'pass', zone: addresses },
  { record: 'v=spf1 a:near.example//120 -all', result: 'fail', zone: addresses },
  { record: 'v=spf1 a:near.example//120 -all', result: 'pass', zone: addresses, ip: six },
  { record: 'v=spf1 a:near.example/24//120 -all', result: 'pass', zone: addresses, ip: six },
  { record: 'v=spf1 a:four.example/0//0 -all', result: 'fail', zone: addresses, ip: six },
  { record: 'v=spf1 a:none.example/0 -all', result: 'fail', zone: addresses },
  { record: 'v=spf1 a:broken.example all', result: 'temperror', zone: addresses },
  { record: 'v=spf1 a:NEAR.example./24 -all', result: 'pass', zone: addresses },
  // §4.8: names that cannot be asked do not match, and are nothing temporary.
  { record: 'v=spf1 a:a..broken.example -all', result: 'fail', zone: addresses },
  { record: `v=spf1 a:${'x'.repeat(64)}.broken.example -all`, result: 'fail', zone: addresses },
])

const exchangers: Zone = {
  'north.example': { MX: ['20 mx2.north.example', '10 mx1.north.example'], A: ['192.0.2.9'] },
  'mx1.north.example': { A: ['198.51.100.1'] },
  'mx2.north.example': { A: ['192.0.2.1'], AAAA: ['2001:db8::ff'] },
  'null.example': { MX: ['0 .'], A: ['192.0.2.1'] },
  'implicit.example': { A: ['192.0.2.1'] },
  'half.example': { MX: ['10 broken.example', '20 mx2.north.example'] },
  'later.example': { MX: ['10 mx2.north.example', '20 broken.example'] },
  'broken.example': timeout,
  'alias.example': { CNAME: 'north.example' },
}

table('§5.4: "mx" compares the addresses of the mail exchangers, and there is no implicit one', [
  { record: 'v=spf1 mx -all', result: 'pass', zone: exchangers },
  { record: 'v=spf1 mx//120 -all', result: 'pass', zone: exchangers, ip: six },
  { record: 'v=spf1 mx -all', result: 'fail', zone: exchangers, ip: six },
  { record: 'v=spf1 mx:null.example -all', result: 'fail', zone: exchangers },
  { record: 'v=spf1 mx:implicit.example -all', result: 'fail', zone: exchangers },
  { record: 'v=spf1 mx:half.example -all', result: 'temperror', zone: exchangers },
  { record: 'v=spf1 mx:later.example -all', result: 'pass', zone: exchangers },
  { record: 'v=spf1 mx:broken.example -all', result: 'temperror', zone: exchangers },
  { record: 'v=spf1 mx:alias.example -all', result: 'pass', zone: exchangers },
])

const reverse = (...names: string[]): Zone => ({ '1.2.0.192.in-addr.arpa': { PTR: names } })
const pointing: ZoneName = { A: ['192.0.2.1'] }

table('§5.5: "ptr" wants a validated name at or below the target (erratum 4751)', [
  {
    record: 'v=spf1 ptr -all',
    result: 'pass',
    zone: { ...reverse('A.North.Example.'), 'a.north.example': pointing },
  },
  {
    record: 'v=spf1 ptr -all',
    result: 'pass',
    zone: { ...reverse('north.example'), 'north.example': pointing },
  },
  {
    record: 'v=spf1 ptr:a.north.example -all',
    result: 'fail',
    zone: { ...reverse('north.example'), 'north.example': pointing },
  },
  {
    record: 'v=spf1 ptr -all',
    result: 'fail',
    zone: { ...reverse('notnorth.example'), 'notnorth.example': pointing },
  },
  {
    record: 'v=spf1 ptr -all',
    result: 'fail',
    zone: { ...reverse('a.north.example'), 'a.north.example': { A: ['192.0.2.2'] } },
  },
  {
    record: 'v=spf1 ptr:%{d} -all',
    result: 'pass',
    zone: { ...reverse('x..y', 'b.north.example'), 'b.north.example': pointing },
  },
  // Errors of DNS skip a name, or the mechanism; they are never the result.
  { record: 'v=spf1 ptr -all', result: 'fail', zone: { '1.2.0.192.in-addr.arpa': timeout } },
  {
    record: 'v=spf1 ptr -all',
    result: 'pass',
    zone: {
      ...reverse('a.north.example', 'b.north.example'),
      'a.north.example': timeout,
      'b.north.example': pointing,
    },
  },
  { record: 'v=spf1 ptr -all', result: 'fail' },
])

table('§5.7: "exists" asks for A, whatever the client', [
  { record: 'v=spf1 exists:four.example -all', result: 'pass', zone: addresses, ip: six },
  { record: 'v=spf1 exists:none.example -all', result: 'fail', zone: addresses },
  {
    record: 'v=spf1 exists:six.example -all',
    result: 'fail',
    zone: { 'six.example': { AAAA: [six] } },
    ip: six,
  },
  { record: 'v=spf1 exists:broken.example -all', result: 'temperror', zone: addresses },
  {
    record: 'v=spf1 exists:%{i}.x.example -all',
    result: 'pass',
    zone: { '192.0.2.1.x.example': { A: ['127.0.0.2'] } },
  },
])

const others: Zone = {
  'pass.example': txt('v=spf1 all'),
  'fail.example': txt('v=spf1 -all'),
  'softfail.example': txt('v=spf1 ~all'),
  'neutral.example': txt('v=spf1 ?all'),
  'empty.example': txt('v=spf1'),
  'temperror.example': timeout,
  'permerror.example': txt('v=spf1 moo'),
  'two.example': { TXT: ['v=spf1 all', 'V=SPF1 all'] },
  'none.example': txt('v=spf10'),
  'nodata.example': { A: ['192.0.2.1'] },
}

table('§5.2: what the included policy says decides whether "include" matches', [
  { record: 'v=spf1 ?include:pass.example -all', result: 'neutral', zone: others },
  { record: 'v=spf1 include:fail.example ~all', result: 'softfail', zone: others },
  { record: 'v=spf1 include:softfail.example -all', result: 'fail', zone: others },
  { record: 'v=spf1 include:neutral.example -all', result: 'fail', zone: others },
  { record: 'v=spf1 include:empty.example -all', result: 'fail', zone: others },
  { record: 'v=spf1 include:temperror.example all', result: 'temperror', zone: others },
  { record: 'v=spf1 include:permerror.example all', result: 'permerror', zone: others },
  { record: 'v=spf1 include:two.example all', result: 'permerror', zone: others },
  { record: 'v=spf1 include:none.example all', result: 'permerror', zone: others },
  { record: 'v=spf1 include:nodata.example all', result: 'permerror', zone: others },
  { record: 'v=spf1 include:nowhere.example all', result: 'permerror', zone: others },
  { record: 'v=spf1 include:a..b.example all', result: 'permerror', zone: others },
  { record: 'v=spf1 ip4:192.0.2.1 include:nowhere.example', result: 'pass', zone: others },
])

table('§6.1: a redirect takes the other policy\'s result, and "none" is a permerror', [
  { record: 'v=spf1 redirect=pass.example', result: 'pass', zone: others },
  { record: 'v=spf1 redirect=softfail.example', result: 'softfail', zone: others },
  { record: 'v=spf1 redirect=empty.example', result: 'neutral', zone: others },
  { record: 'v=spf1 redirect=temperror.example', result: 'temperror', zone: others },
  { record: 'v=spf1 redirect=permerror.example', result: 'permerror', zone: others },
  { record: 'v=spf1 redirect=nowhere.example', result: 'permerror', zone: others },
  { record: 'v=spf1 redirect=a..b.example', result: 'permerror', zone: others },
  { record: 'v=spf1 redirect=fail.example ip4:192.0.2.1', result: 'pass', zone: others },
  { record: 'v=spf1 redirect=pass.example -all', result: 'fail', zone: others },
  { record: 'v=spf1 redirect=%{o1}.%{d1}', result: 'permerror', zone: others },
  {
    record: 'v=spf1 redirect=next.example',
    result: 'pass',
    zone: { 'next.example': { ...txt('v=spf1 a -all'), A: ['192.0.2.1'] } },
  },
])

test('§4.4, §4.5: which records count, and what their absence means', async () => {
  const cases: readonly (readonly [Zone, string])[] = [
    [{}, 'none'],
    [{ 'north.example': { A: ['192.0.2.1'] } }, 'none'],
    [{ 'north.example': { TXT: ['v=spf2 -all', 'v=spf10', 'hello', ''] } }, 'none'],
    [{ 'north.example': { TXT: ['\x96', 'v=spf1 -all', 'hello'] } }, 'fail'],
    [{ 'north.example': { TXT: [['v=spf1 -', 'all']] } }, 'fail'],
    [{ 'north.example': { TXT: [['v=spf1', '-all']] } }, 'none'],
    [{ 'north.example': { TXT: ['v=spf1 -all', 'v=spf1 -all'] } }, 'permerror'],
    [{ 'north.example': { TXT: ['v=spf1 a:\xef\xbb\xbfx.example'] } }, 'permerror'],
    [{ 'north.example': { CNAME: 'other.example' }, 'other.example': txt('v=spf1 -all') }, 'fail'],
    [{ 'north.example': { error: 'SERVFAIL' } }, 'temperror'],
    [{ 'north.example': { TXT: { error: 'REFUSED' } } }, 'temperror'],
    [{ 'north.example': { CNAME: 'north.example' } }, 'temperror'],
  ]
  for (const [zone, result] of cases) {
    const verdict = await checkSpf(client, new MemoryResolver(zone))
    assert.equal(verdict.result, result, JSON.stringify(zone))
  }
})

test('§4.3: what is no domain name is "none", and nothing is asked', async () => {
  const silent = { resolve: () => Promise.reject(new Error('a question was asked')) }
  for (const domain of [
    '',
    'localhost',
    'com.',
    '[192.0.2.1]',
    '[IPv6:2001:db8::1]',
    '192.0.2.1',
    'a..example',
    '.north.example',
    'north.example..',
    `${'a'.repeat(64)}.example`,
    `${'a.'.repeat(130)}example`,
    'nörth..example',
    'a b.example',
    'x'.repeat(100_000),
  ]) {
    for (const input of [
      { ...client, mailFrom: `joe@${domain}` },
      { ...client, mailFrom: '', helo: domain },
    ]) {
      const verdict = await checkSpf(input, silent)
      assert.ok(verdict.result === 'none', domain)
      assert.equal(verdict.absence, 'notADomain')
      assert.ok(JSON.stringify(verdict).length < 3000)
    }
  }
  for (const ip of ['', 'unknown', '192.0.2', '/run/socket']) {
    const verdict = await checkSpf({ ...client, ip }, silent)
    assert.ok(verdict.result === 'none')
    assert.equal(verdict.absence, 'noAddress')
  }
})

test('§2.3, §2.4: the identity is MAIL FROM, or HELO when there is none or when it is wanted', async () => {
  const resolver = new MemoryResolver({
    'north.example': txt('v=spf1 all'),
    'mail.north.example': txt('v=spf1 -all exp=why.north.example'),
    'why.north.example': txt('%{s} %{l} %{o} %{d} %{h}'),
  })
  const mailFrom = await checkSpf(client, resolver)
  assert.equal(mailFrom.result, 'pass')
  assert.equal(mailFrom.identity, 'mailfrom')
  assert.equal(mailFrom.sender, 'joe@north.example')
  const helo = 'mail.north.example'
  for (const input of [
    { ...client, mailFrom: '' },
    { ...client, identity: 'helo' as const },
  ]) {
    const verdict = await checkSpf(input, resolver)
    assert.ok(verdict.result === 'fail')
    assert.equal(verdict.identity, 'helo')
    assert.equal(verdict.domain, helo)
    assert.equal(verdict.sender, `postmaster@${helo}`)
    assert.equal(verdict.explanation, `postmaster@${helo} postmaster ${helo} ${helo} ${helo}`)
  }
})

test('§4.3: a sender without a local-part is the postmaster, and the last "@" parts a quoted one', async () => {
  const zone = { 'why.example': txt('%{s}|%{l}|%{o}') }
  const says = async (mailFrom: string): Promise<unknown> => {
    const verdict = await policy('v=spf1 -all exp=why.example', { mailFrom, zone })
    return verdict.result === 'fail' && verdict.explanation
  }
  assert.equal(await says('@north.example'), 'postmaster@north.example|postmaster|north.example')
  assert.equal(await says('north.example'), 'postmaster@north.example|postmaster|north.example')
  assert.equal(await says('"a@b"@north.example'), '"a@b"@north.example|"a@b"|north.example')
  assert.equal(await says('Joe@North.Example.'), 'Joe@North.Example|Joe|North.Example')
})

test('§4.3 and RFC 8616 §4: U-labels become A-labels', async () => {
  const zone: Zone = {
    'xn--nrth-5qa.example': txt('v=spf1 -all exp=why.%{d}'),
    'why.xn--nrth-5qa.example': txt('%{o} %{d} %{h}'),
  }
  const input = { ...client, helo: 'mail.nörth.example', mailFrom: 'joe@NÖRTH.example' }
  const verdict = await checkSpf(input, new MemoryResolver(zone))
  assert.ok(verdict.result === 'fail')
  assert.equal(verdict.domain, 'xn--nrth-5qa.example')
  const a = 'xn--nrth-5qa.example'
  assert.equal(verdict.explanation, `${a} ${a} mail.${a}`)
})

test('RFC 8616 §4: with a local-part outside ASCII, terms with %{s} or %{l} match nothing', async () => {
  const mailFrom = 'jö@north.example'
  const any: Zone = { ...others, 'jö.example': pointing }
  const cases: readonly (readonly [string, string])[] = [
    ['v=spf1 exists:%{l}.example -all', 'fail'],
    ['v=spf1 exists:%{L}.example -all', 'fail'],
    ['v=spf1 include:%{l1r}.pass.example -all', 'fail'],
    ['v=spf1 redirect=%{l}.example', 'permerror'],
    ['v=spf1 exists:%{o} all', 'pass'],
  ]
  for (const [record, result] of cases) {
    const verdict = await checkSpf(
      { ...client, mailFrom },
      {
        resolve: (name, type) => {
          assert.match(name, /^[a-z0-9.]+$/)
          return new MemoryResolver({
            ...any,
            'north.example': txt(record),
            '%.example': pointing,
          }).resolve(name, type)
        },
      },
    )
    assert.equal(verdict.result, result, record)
  }
})

test('§7.3: %{p} is the domain, else a name below it, else any validated name, else "unknown"', async () => {
  const expanded = async (zone: Zone): Promise<string | undefined> => {
    const verdict = await policy('v=spf1 -exists:%{p}.x.example', { zone })
    return verdict.terms[0]?.target?.replace('.x.example', '')
  }
  const names = ['other.example', 'below.north.example', 'north.example']
  assert.equal(await expanded(reverse(...names)), 'unknown')
  assert.equal(await expanded({ '1.2.0.192.in-addr.arpa': timeout }), 'unknown')
  assert.equal(await expanded({}), 'unknown')
  const one = { ...reverse(...names), 'other.example': pointing }
  assert.equal(await expanded(one), 'other.example')
  const two = { ...one, 'below.north.example': pointing }
  assert.equal(await expanded(two), 'below.north.example')
  assert.equal(await expanded({ ...two, 'north.example': pointing }), 'north.example')
  assert.equal(await expanded({ ...two, 'north.example': { A: timeout } }), 'below.north.example')
})

test('a greeting that is no name makes terms that do not match, never an error', async () => {
  for (const helo of [
    '',
    '.',
    '..',
    "JUMPIN' JUPITER",
    '[192.0.2.1]',
    'a'.repeat(70),
    '\0',
    '%{d}',
    'Straße',
    '\u212A',
  ]) {
    for (const kind of ['a', 'mx', 'ptr', 'exists']) {
      const verdict = await policy(`v=spf1 ${kind}:%{h} -all`, { helo })
      assert.equal(verdict.result, 'fail', `${kind} ${helo}`)
    }
    const included = await policy('v=spf1 include:%{h} -all', { helo })
    assert.equal(included.result, 'permerror')
  }
})

test('an answer without a record is none (RFC 7208 §5.7)', async () => {
  const zone = new MemoryResolver({ 'north.example': txt('v=spf1 exists:empty.example -all') })
  const resolver: Resolver = {
    resolve(name, type) {
      if (name !== 'empty.example') return zone.resolve(name, type)
      return Promise.resolve({ type: 'found', records: [], ttlSeconds: 60, dnssec: 'insecure' })
    },
  }
  assert.equal((await checkSpf(client, resolver)).result, 'fail')
})
