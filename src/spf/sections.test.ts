/**
 * RFC 7208 section by section, written from its text alone: what whole records come to. Terms and
 * texts stand in tables, parted by spaces or by `=>`.
 */
import { test } from 'node:test'
import assert from 'node:assert/strict'
import { MemoryResolver } from '../dns/memory-resolver.ts'
import type { Zone } from '../dns/zone-table.ts'
import { checkSpf, type SpfInput, type SpfResult, type SpfVerdict } from './spf.ts'

const four = '192.0.2.3'
const six = '2001:db8::cb01'
const mapped = '::ffff:192.0.2.3'

const client: SpfInput = {
  ip: four,
  helo: 'mail.host.example',
  mailFrom: 'strong-bad@e.example',
}

function check(record: string, zone: Zone = {}, input: Partial<SpfInput> = {}) {
  const resolver = new MemoryResolver({
    ...zone,
    'e.example': { ...zone['e.example'], TXT: [record] },
  })
  return checkSpf({ ...client, ...input }, resolver)
}

/** Each term alone, with `rest` behind it. */
async function terms(
  expected: SpfResult,
  table: string,
  { rest = '', zone = {}, ip = four }: { rest?: string; zone?: Zone; ip?: string } = {},
): Promise<void> {
  for (const term of table.split(/\s+/).filter((one) => one !== '')) {
    const record = `v=spf1 ${term} ${rest}`
    assert.equal((await check(record, zone, { ip })).result, expected, `${record} from ${ip}`)
  }
}

/** Lines of `left => right`. */
function pairs(table: string): readonly (readonly [string, string])[] {
  return table
    .split('\n')
    .filter((line) => line.includes('=>'))
    .map((line) => {
      const [left = '', right = ''] = line.split('=>')
      return [left.trim(), right.trim()] as const
    })
}

const nothing = { error: 'NXDOMAIN' } as const
const broken = { error: 'SERVFAIL' } as const

test('§4.5: a record is v=spf1 up to a space or its end, in one piece or several', async () => {
  const cases: readonly (readonly [readonly (string | readonly string[])[], SpfResult])[] = [
    [['v=spf1'], 'neutral'],
    [['v=spf1    '], 'neutral'],
    [['v=spf10 -all'], 'none'],
    [['v=spf1\t-all'], 'none'],
    [['v=spf1;-all'], 'none'],
    [['v=spf1-all'], 'none'],
    [['v=spf1\0-all'], 'none'],
    [[' v=spf1 -all'], 'none'],
    [['"v=spf1 -all"'], 'none'],
    [['\xef\xbb\xbfv=spf1 -all'], 'none'],
    [['spf2.0/pra -all', 'v=spf1 +all'], 'pass'],
    [['V=SPF1 -ALL'], 'fail'],
    [['v=spf1 +all', 'V=Spf1 bogus'], 'permerror'],
    [['v=spf1', 'v=spf1 +all'], 'permerror'],
    [['v=spf10 +all', 'v=spf1 -all'], 'fail'],
    [[['v=sp', 'f1 -a', '', 'll']], 'fail'],
    [[['v=spf1', '-all']], 'none'],
    [['v=spf1 -all\n'], 'permerror'],
    [['v=spf1 ip4:192.0.2.3\t-all'], 'permerror'],
    [['v=spf1 -all\0'], 'permerror'],
    [['v=spf1 moo=\xe9 -all'], 'permerror'],
    [[`v=spf1${' '.repeat(65_000)}+all`], 'pass'],
    [[`v=spf1 ${'ip4:198.51.100.1 '.repeat(3800)}-all`], 'fail'],
  ]
  for (const [records, expected] of cases) {
    const resolver = new MemoryResolver({ 'e.example': { TXT: records } })
    const { result } = await checkSpf(client, resolver)
    assert.equal(result, expected, JSON.stringify(records).slice(0, 100))
  }
})

test('§4.6.1, §7.1: the grammar of terms, whatever stands around them', async () => {
  await terms('pass', 'all +all ALL')
  await terms('fail', '-all -aLl')
  await terms('softfail', '~all')
  const good = `
    ?all all=x include=foo a a:.example a:f.example a:f.example. a:f.1-2 a:f.t-t a:_f.example
    a:f!.example a=f.example a:foo:bar/baz.example a:%%.example a:%% a:%- a:%_ a:%{d} a:%{D}
    a:%{d}.example a:%{d1} a:%{d01} a:%{d127} a:%{d999} a:%{dr} a:%{dR} a:%{d2r-}
    a:%{d-+,/_=.} mx mx:f.example ptr ptr:f.example exp=f.example moo= moo=%{c}%{r}%{t}
    moo=%%%_%- m-o_o.4=x moo== moo=a:b/c=d default=pass v=spf1`
  await terms('neutral', good)
  await terms('neutral', good, { rest: 'moo=a moo=a' })
  const bad = `
    all. all:e.example all/8 -all=x --all +-all - all, all- foo foo:bar.example foo/8 include
    include: include:example include/8 include:f.example/24 exists exists: exists:e
    exists:e.example/32 a: a:/24 a:example a:f.example.. a:f.123 a:f.-tt a:f.tt- a:f._tt a:f.t_t
    a:192.0.2.3 a:[192.0.2.3] a:f.example:80 a:% a:x%{d a:x%d a:%{} a:%{x} a:%{d}.
    a:%{d}example a:%{d}% a:%{c}.example a:%{r}.example a:%{t}.example a:%{C}.example a:%{d0}
    a:%{d00} a:%{drr} a:%{dr2} a:%{d;} a:%{d-2} a:%{d.r} mx: mx/ mx// ptr: ptr/24
    ptr:f.example/24 ptr:example redirect:f.example redirect redirect= redirect=example
    redirect=f.example/24 +redirect=f.example redirect=%{c}.example exp exp= exp:f.example
    exp=example ?exp=f.example exp=%{r}.example moo=% moo=%{q} 4moo=x -moo=x _moo=x =x mo%o=x
    moo=%{d0} moo:x=y a/24=x`
  await terms('permerror', bad)
  // §4.6: wrong anywhere is wrong at once, before a match and before any limit.
  await terms('permerror', '+all ip4:192.0.2.3', { rest: 'bogus' })
  await terms('permerror', 'exp=f.example', { rest: 'EXP=g.example +all' })
  await terms('permerror', 'redirect=f.example', { rest: 'Redirect=g.example +all' })
})

test('§5.6: networks of IPv4', async () => {
  const rest = '-all'
  const inside = `
    ip4:192.0.2.3 IP4:192.0.2.3/32 ip4:192.0.2.2/31 ip4:192.0.2.0/30 ip4:192.0.2.255/24
    ip4:192.1.0.0/15 ip4:128.0.0.0/1 ip4:10.0.0.0/0`
  await terms('pass', inside, { rest })
  await terms('pass', inside, { rest, ip: mapped })
  await terms('pass', inside, { rest, ip: '::FFFF:C000:0203' })
  await terms('fail', inside, { rest, ip: six })
  await terms('fail', inside, { rest, ip: '::192.0.2.3' })
  await terms('fail', 'ip4:192.0.2.4/30 ip4:192.2.0.0/15 ip4:0.0.0.0/1 ip4=192.0.2.3', { rest })
  const wrong = `
    ip4:192.0.2.3/33 ip4:192.0.2.3/00 ip4:192.0.2.3/032 ip4:192.0.2.3/ ip4:192.0.2.3/-1
    ip4:192.0.2.3/a ip4:192.0.2.3/32/ ip4:192.0.2.3/32/32 ip4:192.0.2.3//32 ip4:192.0.2
    ip4:192.0.2. ip4:192.0.2.3.4 ip4:192.0.2.03 ip4:192.0.2.256 ip4:192.0.2.0x3 ip4:3221225987
    ip4: ip4:/24 ip4:192.0.2.3:25 ip4:e.example ip4:::ffff:192.0.2.3 ip4:%{i} ip4 ip4/24
    ip4:192.0.2.3/255.255.255.0 ip4:192.0.2.*`
  await terms('permerror', wrong, { rest })
})

test('§5.6: networks of IPv6, which never have an IPv4 client in them', async () => {
  const rest = '-all'
  const inside = `
    ip6:2001:db8::cb01 ip6:2001:DB8:0:0:0:0:0:CB01 ip6:2001:db8::/32 ip6:::/0 ip6:::1/0 ip6:::/1
    ip6:2001:0db8:0000:0000:0000:0000:0000:cb01 ip6:2001:db8::cb00/127 ip6:2001:db8::0.0.203.1
    ip6:2001:db8:0:0:0:0:0.0.203.1`
  await terms('pass', inside, { rest, ip: six })
  await terms('fail', `${inside} ip6:::ffff:192.0.2.3`, { rest })
  await terms('fail', `${inside} ip6:::ffff:192.0.2.3`, { rest, ip: mapped })
  const outside = `
    ip6:2001:db8::cb02 ip6:2001:db9::/32 ip6:8000::/1 ip6::: ip6:1:2:3:4:5:6:7::
    ip6:::2:3:4:5:6:7:8`
  await terms('fail', outside, { rest, ip: six })
  const wrong = `
    ip6:2001:db8::cb01/129 ip6:2001:db8::cb01/0128 ip6:2001:db8::cb01/ ip6:2001:db8::cb01/00
    ip6:2001:db8::cb01//64 ip6:2001:db8::0.0.203.01 ip6:2001:db8::0.0.203.256
    ip6:2001:db8::203.1 ip6:::2001:db8::cb01 ip6:2001:db8:::cb01 ip6:2001:db8::cb010
    ip6:2001:db8::cg01 ip6:2001:db8::cb01%eth0 ip6:[2001:db8::cb01] ip6:2001:db8 ip6:: ip6:
    ip6:2001:db8:0:0:0:0:cb01 ip6:1:2:3:4:5:6:7:8:: ip6:2001:db8:0:0:0:0:0:0.0.203.1
    ip6::2001:db8::cb01 ip6:2001:db8::cb01: ip6:192.0.2.3 ip6:e.example ip6:02001:db8::1`
  await terms('permerror', wrong, { rest, ip: six })
})

test('§5.3, §5.4: prefix lengths for both families', async () => {
  const addresses = { A: ['192.0.2.200', '198.51.100.1'], AAAA: ['2001:db8::1', '2001:db8:1::1'] }
  const zone: Zone = {
    'h.example': { ...addresses, MX: ['10 h.example'] },
    'e.example': { ...addresses, MX: ['10 h.example'] },
  }
  const at = async (suffix: string, ofFour: SpfResult, ofSix: SpfResult): Promise<void> => {
    const all = ['a', 'mx', 'a:h.example', 'mx:h.example', 'A:H.EXAMPLE.']
    const table = all.map((one) => one + suffix).join(' ')
    for (const ip of [four, mapped]) await terms(ofFour, table, { rest: '-all', zone, ip })
    await terms(ofSix, table, { rest: '-all', zone, ip: six })
  }
  for (const suffix of ['', '/32', '//128', '/32//128', '/25']) await at(suffix, 'fail', 'fail')
  for (const suffix of ['/24', '/0', '/1', '/24//128']) await at(suffix, 'pass', 'fail')
  for (const suffix of ['//64', '//0', '//48', '/32//64']) await at(suffix, 'fail', 'pass')
  for (const suffix of ['/24//64', '/0//0']) await at(suffix, 'pass', 'pass')
  const wrong = '/ // /33 //129 /24/ /24// /24/64 //64/24 ///64 /024 //064 /00 /-1 /24a /1000'
  for (const suffix of wrong.split(' ')) await at(suffix, 'permerror', 'permerror')
  // Slashes inside of a domain are no prefix length.
  const slashes: Zone = { 'x/24.h.example': { A: ['192.0.2.99'] } }
  await terms('pass', 'a:x/24.h.example/24', { rest: '-all', zone: slashes })
  await terms('fail', 'a:x/24.h.example', { rest: '-all', zone: slashes })
})

test('§5.2, §6.1: what an include and a redirect make of each result', async () => {
  const table: readonly (readonly [string, SpfResult, SpfResult, SpfResult])[] = [
    // the record, then of "include … ?all", "-include … ?all", "redirect="
    ['v=spf1 +all', 'pass', 'fail', 'pass'],
    ['v=spf1 -all', 'neutral', 'neutral', 'fail'],
    ['v=spf1 ~all', 'neutral', 'neutral', 'softfail'],
    ['v=spf1', 'neutral', 'neutral', 'neutral'],
    ['v=spf1 bogus', 'permerror', 'permerror', 'permerror'],
    ['v=spf1 a:broken.example', 'temperror', 'temperror', 'temperror'],
    ['no policy', 'permerror', 'permerror', 'permerror'],
    ['v=spf1 redirect=p.example', 'pass', 'fail', 'pass'],
    ['v=spf1 redirect=nowhere.example', 'permerror', 'permerror', 'permerror'],
    ['v=spf1 include:p.example -all', 'pass', 'fail', 'pass'],
    ['v=spf1 +all exp=broken.example', 'pass', 'fail', 'pass'],
  ]
  for (const [record, include, negated, redirect] of table) {
    const zone: Zone = {
      'i.example': { TXT: [record] },
      'p.example': { TXT: ['v=spf1 +all'] },
      'broken.example': broken,
    }
    const result = async (text: string) => (await check(text, zone)).result
    assert.equal(await result('v=spf1 include:i.example ?all'), include, record)
    assert.equal(await result('v=spf1 -include:i.example ?all'), negated, record)
    assert.equal(await result('v=spf1 redirect=i.example'), redirect, record)
    assert.equal(await result('v=spf1 ip4:198.51.100.1 REDIRECT=i.example.'), redirect, record)
    assert.equal(await result('v=spf1 redirect=i.example ?all'), 'neutral', record)
    assert.equal(await result('v=spf1 ip4:192.0.2.3 redirect=i.example'), 'pass', record)
  }
  for (const error of ['SERVFAIL', 'REFUSED', 'TIMEOUT'] as const) {
    await terms('temperror', 'include:i.example redirect=i.example a:i.example exists:i.example', {
      zone: { 'i.example': { error } },
    })
  }
  await terms('permerror', 'include:i.example redirect=i.example', { zone: { 'i.example': {} } })
  await terms('permerror', 'include:%{l} redirect=%{l} include:a..b.example redirect=a..b.example')
})

test('§5.4, §5.5: every name of MX and PTR is looked up, host name or not', async () => {
  for (const name of ['single', 'x_y.example', '-x.example', 'x.123']) {
    const zone: Zone = { 'm.example': { MX: [`1 ${name}`] }, [name]: { A: [four] } }
    await terms('pass', 'mx:m.example', { rest: '-all', zone })
  }
  const zone: Zone = {
    '3.2.0.192.in-addr.arpa': { PTR: ['single'] },
    single: { A: [four] },
    'x.example': { TXT: ['%{p}'] },
  }
  assert.equal(explanation(await check('v=spf1 -all exp=x.example', zone)), 'single')
  // §5.4: no implicit MX; a null MX has no addresses.
  await terms('fail', 'mx:m.example', { rest: '-all', zone: { 'm.example': { A: [four] } } })
  const none: Zone = { 'm.example': { MX: ['0 .'], A: [four] } }
  await terms('fail', 'mx:m.example', { rest: '-all', zone: none })
})

test('§5.5: errors of DNS only make "ptr" not match', async () => {
  const reverse = '3.2.0.192.in-addr.arpa'
  const rest = '-all'
  const zone = { 'm.e.example': { A: [four] } }
  const names = (PTR: readonly string[]): Zone => ({ ...zone, [reverse]: { PTR } })
  await terms('fail', 'ptr', { rest, zone: { ...zone, [reverse]: broken } })
  await terms('fail', 'ptr', { rest, zone: { ...zone, [reverse]: nothing } })
  await terms('pass', 'ptr ptr:E.EXAMPLE ptr:e.example.', { rest, zone: names(['M.E.Example.']) })
  await terms('fail', 'ptr:sub.m.e.example', { rest, zone: names(['m.e.example']) })
  const half: Zone = { ...names(['b.e.example', 'm.e.example']), 'b.e.example': broken }
  await terms('pass', 'ptr', { rest, zone: half })
  await terms('fail', 'ptr', {
    rest,
    zone: { ...names(['bad-e.example']), 'bad-e.example': { A: [four] } },
  })
})

test('§7: macros in names', async () => {
  const expansions = `
    %{s}.z.example       => strong-bad@mail.e.example.z.example
    %{S}.z.example       => strong-bad%40mail.e.example.z.example
    %{l}.z.example       => strong-bad.z.example
    %{lr-}.z.example     => bad.strong.z.example
    %{l1r-}.z.example    => strong.z.example
    %{sr-}.z.example     => bad@mail.e.example.strong.z.example
    %{d}.z.example       => mail.e.example.z.example
    %{d2}                => e.example
    %{dr}.z.example      => example.e.mail.z.example
    %{d2r}.z.example     => e.mail.z.example
    %{ir}.%{v}.z.example => 3.2.0.192.in-addr.z.example
    %{i2}.z.example      => 2.3.z.example
    %{i2r}.z.example     => 0.192.z.example
    %{I}.z.example       => 192.0.2.3.z.example
    %{h1}.z.example      => example.z.example
    %{p}.z.example       => unknown.z.example
    a%_b.z.example       => a b.z.example
    a%%b%-c.z.example    => a%b%20c.z.example`
  for (const [spec, name] of pairs(expansions)) {
    const zone: Zone = {
      'mail.e.example': { TXT: [`v=spf1 exists:${spec} -all`] },
      [name]: { A: ['127.0.0.2'] },
    }
    const mailFrom = 'strong-bad@mail.e.example'
    const { result } = await checkSpf({ ...client, mailFrom }, new MemoryResolver(zone))
    assert.equal(result, 'pass', spec)
  }
})

function explanation(verdict: SpfVerdict): string | undefined {
  return verdict.result === 'fail' ? verdict.explanation : undefined
}

test('§6.2, §7.3: explanations are expanded, and none that breaks the grammar is used', async () => {
  const says = async (text: string, input: Partial<SpfInput> = {}) =>
    explanation(await check('v=spf1 -all exp=x.example', { 'x.example': { TXT: [text] } }, input))
  const expansions = `
    %{s} %{o} %{d} %{l} => strong-bad@e.example e.example e.example strong-bad
    %{i} %{c} %{v}      => 192.0.2.3 192.0.2.3 in-addr
    %%%_%-              => % %20
    %{S} %{L}           => strong-bad%40e.example strong-bad
    %{l-} %{lr-} %{l1-} => strong.bad bad.strong bad
    %{D} %{dr} %{d1r}   => e.example example.e e
    ?s=%{S}&i=%{I}      => ?s=strong-bad%40e.example&i=192.0.2.3`
  for (const [text, expected] of pairs(expansions)) assert.equal(await says(text), expected)
  const addresses = await says('%{i} %{c} %{C} %{v}', { ip: six })
  const nibbles = '2.0.0.1.0.d.b.8.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.c.b.0.1'
  assert.equal(addresses, `${nibbles} 2001:db8::cb01 2001%3Adb8%3A%3Acb01 ip6`)
  assert.equal(await says('%{i} %{c} %{v}', { ip: mapped }), '192.0.2.3 192.0.2.3 in-addr')
  // Empty parts stay (§7.3), quoted local-parts are taken as they are.
  assert.equal(await says('%{l-} %{lr-}', { mailFrom: 'a--b@e.example' }), 'a..b b..a')
  assert.equal(await says('%{l=_/,+}', { mailFrom: 'a=b_c/d,e+f@e.example' }), 'a.b.c.d.e.f')
  const quoted = { mailFrom: '"a b~/?@c"@e.example' }
  assert.equal(await says('%{S}', quoted), '%22a%20b~%2F%3F%40c%22%40e.example')
  for (const text of ['%(x)', '%{x}', '%{d0}', '%{r', '100%', 'tab\t', 'caf\xe9', 'a\0', '']) {
    assert.equal(await says(text), undefined, text)
  }
})

test('§4.1: <domain> is first what the sender wrote, letter by letter', async () => {
  const zone: Zone = { 'x.example': { TXT: ['%{s} %{o} %{d} %{D1}'] } }
  const mailFrom = 'A.b@E.Example'
  const verdict = await check('v=spf1 -all exp=x.example', zone, { mailFrom })
  assert.equal(explanation(verdict), 'A.b@E.Example E.Example E.Example Example')
  assert.equal(verdict.domain, 'e.example')
})
