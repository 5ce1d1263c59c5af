/** python3-spf and Waybill evaluate the same policies. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MemoryResolver } from '../../src/dns/memory-resolver.ts'
import type { Zone } from '../../src/dns/zone-table.ts'
import { checkSpf, type SpfVerdict } from '../../src/spf/spf.ts'
import { peersAreHere } from './peers.ts'
import { askPython, part } from './python-peer.ts'
import { type SpfCase, spfCase } from './spf-cases.ts'

const needs = { pythonModules: ['spf'] }
const receiver = 'mx.north.example'

interface Compared {
  readonly one: SpfCase
  readonly ours: SpfVerdict
  readonly theirs: { readonly result: unknown; readonly explanation: unknown }
}

async function compare(
  cases: readonly SpfCase[],
  voidLookups: number,
): Promise<readonly Compared[]> {
  const jobs = cases.map((one) => ({ ...one, receiver, voidLookups }))
  const answers = await askPython('spf_peer.py', jobs)
  return Promise.all(
    cases.map(async (one, index) => {
      const { zone, ...client } = one
      const input = { ...client, receiver, limits: { voidLookups } }
      const ours = await checkSpf(input, new MemoryResolver(zone))
      const answer = answers[index]
      const theirs = { result: part(answer, 'result'), explanation: part(answer, 'explanation') }
      return { one, ours, theirs }
    }),
  )
}

function assertSame({ one, ours, theirs }: Compared): void {
  const all = JSON.stringify({ one, ours, theirs }, undefined, 1)
  assert.equal(ours.result, theirs.result, all)
  if (ours.result !== 'fail') return
  // RFC 7208 §6.2: without an explanation a receiver has its own words, and these are python3-spf's.
  assert.equal(ours.explanation ?? 'SPF fail - not authorized', theirs.explanation, all)
}

/** What python3-spf says against the RFC, and what the RFC says. */
const known = [
  // It looks for this in the whole record before it evaluates any of it. RFC 7208 §4.6: terms are
  // evaluated from left to right until one matches, and §4.6.4 has a limit only for those.
  /include has trivial recursion/,
  // RFC 7208 §6: "Unrecognized modifiers MUST be ignored no matter where, or how often, they appear".
  /(?:foo|x-y)= MUST appear at most once/,
]

test('python3-spf comes to the same results over made-up policies', async (t) => {
  if (!peersAreHere(t, needs)) return
  const cases = Array.from({ length: 2000 }, (_, seed) => spfCase(seed))
  // Void look-ups have a test of their own: the RFC leaves open what exactly is counted.
  const compared = await compare(cases, 1000)
  const seen = new Set<string>()
  let passedOver = 0
  for (const each of compared) {
    const explanation = String(each.theirs.explanation)
    if (each.ours.result !== each.theirs.result && known.some((one) => one.test(explanation))) {
      passedOver++
      continue
    }
    assertSame(each)
    seen.add(each.ours.result)
  }
  assert.equal(seen.size, 7, `only ${[...seen].join(', ')} came up`)
  assert.ok(passedOver < cases.length / 10, `${passedOver} policies were passed over`)
})

/** RFC 7208 Appendix A.1, as far as the policies of A.2 to A.4 ask about it. */
const appendix: Zone = {
  'example.com': {
    MX: ['10 mail-a.example.com', '20 mail-b.example.com'],
    A: ['192.0.2.10', '192.0.2.11'],
  },
  'amy.example.com': { A: ['192.0.2.65'] },
  'bob.example.com': { A: ['192.0.2.66'] },
  'mail-a.example.com': { A: ['192.0.2.129'] },
  'mail-b.example.com': { A: ['192.0.2.130'] },
  'example.org': { MX: ['10 mail-c.example.org'] },
  'mail-c.example.org': { A: ['192.0.2.140'] },
  '65.2.0.192.in-addr.arpa': { PTR: ['amy.example.com'] },
  '10.2.0.192.in-addr.arpa': { PTR: ['example.com'] },
  '129.2.0.192.in-addr.arpa': { PTR: ['mail-a.example.com'] },
  '140.2.0.192.in-addr.arpa': { PTR: ['mail-c.example.org'] },
  '4.0.0.10.in-addr.arpa': { PTR: ['bob.example.com'] },
  'mobile-users._spf.example.com': { TXT: ['v=spf1 exists:%{l1r+}.%{d}'] },
  'remote-users._spf.example.com': { TXT: ['v=spf1 exists:%{ir}.%{l1r+}.%{d}'] },
  'mary.mobile-users._spf.example.com': { A: ['127.0.0.2'] },
  '15.15.168.192.joel.remote-users._spf.example.com': { A: ['127.0.0.2'] },
}

const policies = [
  'v=spf1 +all',
  'v=spf1 a -all',
  'v=spf1 a:example.org -all',
  'v=spf1 mx -all',
  'v=spf1 mx:example.org -all',
  'v=spf1 mx mx:example.org -all',
  'v=spf1 mx/30 mx:example.org/30 -all',
  'v=spf1 ptr -all',
  'v=spf1 ip4:192.0.2.128/28 -all',
  'v=spf1 mx include:mobile-users._spf.%{d} include:remote-users._spf.%{d} -all',
]
const clients = [
  '192.0.2.10',
  '192.0.2.65',
  '192.0.2.129',
  '192.0.2.140',
  '192.168.15.15',
  '10.0.0.4',
]

test('python3-spf comes to the same results over the policies of RFC 7208 Appendix A', async (t) => {
  if (!peersAreHere(t, needs)) return
  const cases = policies.flatMap((policy) =>
    clients.flatMap((ip) =>
      ['mary@example.com', 'joel@example.com'].map((mailFrom): SpfCase => {
        const zone = { ...appendix, 'example.com': { ...appendix['example.com'], TXT: [policy] } }
        return { ip, helo: 'client.example', mailFrom, zone }
      }),
    ),
  )
  for (const each of await compare(cases, 2)) assertSame(each)
})

test('python3-spf gives up at the same void look-up', async (t) => {
  if (!peersAreHere(t, needs)) return
  const gone = ['gone1', 'gone2', 'gone3', 'gone4'].map((name) => `${name}.example`)
  const cases = gone.flatMap((_, count) =>
    ['a', 'mx', 'exists'].map((kind): SpfCase => {
      const terms = gone.slice(0, count + 1).map((name) => `${kind}:${name}`)
      const zone = { 'a.example': { TXT: [`v=spf1 ${terms.join(' ')} -all`] } }
      return { ip: '192.0.2.1', helo: 'client.example', mailFrom: 'joe@a.example', zone }
    }),
  )
  const compared = await compare(cases, 2)
  for (const each of compared) assert.equal(each.ours.result, each.theirs.result)
  const results = compared.map(({ ours }) => ours.result)
  assert.deepEqual(results, [...Array(6).fill('fail'), ...Array(6).fill('permerror')])
})
