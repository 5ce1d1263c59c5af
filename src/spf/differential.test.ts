/** The same policies for mailauth in its strict mode; every difference must be one that is named here. */
import { test } from 'node:test'
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { spf } from 'mailauth/lib/spf/index.js'
import { isAscii } from '../base/octets.ts'
import { MemoryResolver } from '../dns/memory-resolver.ts'
import type { MxRecord } from '../dns/resolver.ts'
import type { Zone } from '../dns/zone-table.ts'
import { checkSpf } from './spf.ts'

const domains =
  'a.example b.example c.example d.example void.example nodata.example bad.example mx11.example ' +
  'x..example single A.EXAMPLE. a%%b.example a%_b.example %{d} %{h} %{p} %{s} %{D} %{d2}. %{i} ' +
  '%{l}.example %{i}.example %{ir}.%{v}.arpa.example %{o1}.example %{l1r-}.example'
const domain = fc.constantFrom(...domains.split(' '))
const qualifier = fc.constantFrom('', '', '', '-', '~', '?', '+')
const bits = fc.constantFrom('', '', '', '/24', '//64', '/0', '/33', '/24//64')
const term = fc.oneof(
  fc.tuple(qualifier, fc.constantFrom('a', 'mx', 'ptr', 'all')).map(([q, kind]) => q + kind),
  fc
    .tuple(qualifier, fc.constantFrom('a', 'mx'), domain, bits)
    .map(([q, kind, name, length]) => `${q}${kind}:${name}${length}`),
  fc
    .tuple(qualifier, fc.constantFrom('ptr', 'exists', 'include', 'include'), domain)
    .map(([q, kind, name]) => `${q}${kind}:${name}`),
  fc.tuple(fc.constantFrom('redirect', 'exp'), domain).map(([kind, name]) => `${kind}=${name}`),
  fc.constantFrom(
    'exp=why.example',
    'exp=two.example',
    'exp=bad.example',
    'exp=wrong.example',
    'exp=why2.example',
  ),
  fc
    .tuple(
      qualifier,
      fc.constantFrom(
        'ip4:192.0.2.1',
        'ip4:192.0.2.0/24',
        'ip4:1.2.3',
        'ip6:2001:db8::/32',
        'ip6:::1',
        'ip6:::ffff:192.0.2.1',
        'ip6:::192.0.2.1/96',
      ),
    )
    .map(([q, network]) => q + network),
  fc.constantFrom(
    'foo=bar',
    'moo',
    'foo=%{c}',
    'foo=%{x}',
    'x=',
    '1up=x',
    'include=a',
    'redirect:a.example',
  ),
)
const record = fc
  .tuple(
    fc.array(term, { maxLength: 6 }),
    fc.option(fc.tuple(fc.nat(60), fc.constantFrom('%', '/', '.', ' ', '-', '\x80', '1', '')), {
      freq: 10,
    }),
  )
  .map(([terms, change]) => {
    const text = `v=spf1 ${terms.join(' ')}`.trimEnd()
    if (change === null) return text
    const [at, octet] = change
    return text.slice(0, at) + octet + text.slice(at + 1)
  })

const situation = fc.record({
  records: fc.tuple(record, record, record, record),
  twice: fc.boolean(),
  fault: fc.constantFrom('TIMEOUT', 'SERVFAIL', 'REFUSED'),
  names: fc.constantFrom(
    ['a.example'],
    ['void.example', 'c.example'],
    ['bad.example', 'a.example'],
    ['m7.example'],
  ),
  ip: fc.constantFrom(
    '192.0.2.1',
    '192.0.2.1',
    '198.51.100.7',
    '2001:db8::1',
    '::ffff:192.0.2.1',
    '203.0.113.200',
  ),
  helo: fc.constantFrom('mail.a.example', 'a.example', 'localhost', '[192.0.2.1]', 'a..b'),
  mailFrom: fc.constantFrom(
    'joe@a.example',
    'joe@b.example',
    'joe-x@c.example',
    'joe@d.example',
    '',
    'jö@a.example',
    '@a.example',
  ),
})

type Situation = typeof situation extends fc.Arbitrary<infer T> ? T : never

function zoneOf({ records, twice, fault, names }: Situation): Zone {
  const [a, b, c, d] = records
  const hosts = Array.from({ length: 11 }, (_, i) => `m${i}.example`)
  return {
    'a.example': {
      TXT: [a],
      A: ['192.0.2.1'],
      AAAA: ['2001:db8::1'],
      MX: ['10 b.example', '20 void.example'],
    },
    'b.example': { TXT: [b], A: ['198.51.100.7'], MX: ['10 a.example'] },
    'c.example': {
      TXT: twice ? [c, d] : [c, 'hello'],
      A: ['192.0.2.77', '203.0.113.1'],
      AAAA: ['2001:db8::77'],
    },
    'd.example': { TXT: [d], AAAA: ['2001:db8::1'], MX: ['0 .'] },
    'nodata.example': { PTR: ['x.example'] },
    'bad.example': { error: fault },
    'mx11.example': { TXT: ['v=spf1 mx -all'], MX: hosts.map((name, i) => `${i} ${name}`) },
    ...Object.fromEntries(
      hosts.map((name, i) => [name, { A: [i === 7 ? '192.0.2.1' : `10.0.0.${i}`] }]),
    ),
    'why.example': { TXT: ['%{i} %{S} at %{d} by %{r} %{c} %{h} %{v}'] },
    'why2.example': { TXT: ['you are %{p} of %{o2r}'] },
    'two.example': { TXT: ['a', 'b'] },
    'wrong.example': { TXT: ['%{x}'] },
    '1.2.0.192.in-addr.arpa': { PTR: names },
    'joe.example': { A: ['127.0.0.2'] },
    '192.0.2.1.example': { A: ['127.0.0.1'] },
    'a%b.example': { A: ['192.0.2.1'] },
  }
}

const codes = {
  noName: 'ENOTFOUND',
  noData: 'ENODATA',
  timeout: 'ETIMEOUT',
  servfail: 'ESERVFAIL',
  refused: 'EREFUSED',
  malformed: 'EBADRESP',
  unreachable: 'ECONNREFUSED',
  'no-resolver': 'ECONNREFUSED',
  'no-place': 'ETIMEOUT',
  'silent-zone': 'ETIMEOUT',
  'not-asked': 'ETIMEOUT',
}
const asked = ['TXT', 'A', 'AAAA', 'MX', 'PTR'] as const

/** Answers in the form of node:dns. */
function resolverFor(zone: Zone): (name: string, type: string) => Promise<string[]> {
  const memory = new MemoryResolver(zone)
  return async (name, type) => {
    const known = asked.find((one) => one === type)
    assert.ok(known !== undefined)
    const answer = await memory.resolve(name, known)
    // The declared type of the answers knows addresses only; MX and TXT are objects and lists.
    if (answer.type === 'found') return answer.records.map(wireForm) as string[]
    const code = codes[answer.type === 'failed' ? answer.reason : answer.type]
    throw Object.assign(new Error(code), { code })
  }

  function wireForm(record: string | MxRecord): unknown {
    if (typeof record === 'string') return record
    return { priority: record.preference, exchange: record.exchange }
  }
}

test('mailauth in strict mode comes to the same results and explanations', async () => {
  const seen = new Set<string>()
  let compared = 0
  await fc.assert(
    fc.asyncProperty(situation, async (one) => {
      const { ip, helo, mailFrom } = one
      const zone = zoneOf(one)
      const ours = await checkSpf(
        { ip, helo, mailFrom, receiver: 'mx.example' },
        new MemoryResolver(zone),
      )
      const theirs = await spf({
        ip,
        helo,
        sender: mailFrom,
        mta: 'mx.example',
        strict: true,
        resolver: resolverFor(zone),
      })
      seen.add(ours.result)
      assert.equal(ours.result, theirs.status.result)
      // RFC 8616 §4 speaks of terms. In an explanation %{S} of a local-part outside ASCII is its URL
      // form, which is ASCII; mailauth gives no explanation then.
      if (!isAscii(mailFrom)) return
      compared++
      assert.equal(ours.result === 'fail' ? ours.explanation : undefined, theirs.explanation)
    }),
    { numRuns: 1500 },
  )
  assert.equal(seen.size, 7, `only ${[...seen].join(', ')} came up`)
  assert.ok(compared > 500, `only ${compared} explanations were compared`)
})
