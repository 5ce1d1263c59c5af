/** The processing limits of RFC 7208 §4.6.4, and what a hostile policy can cost. */
import { test } from 'node:test'
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { withinCpu } from '../base/test-support/cpu-time.ts'
import { MemoryResolver } from '../dns/memory-resolver.ts'
import type { RecordType, Resolver } from '../dns/resolver.ts'
import type { Zone } from '../dns/zone-table.ts'
import { checkSpf, formatReceivedSpf, formatSpfTree } from './spf.ts'
import type { SpfInput, SpfVerdict } from './spf.ts'

const client: SpfInput = {
  ip: '192.0.2.1',
  helo: 'mail.north.example',
  mailFrom: 'joe@north.example',
}

/** Most questions of one check: the record, ten terms of eleven, an explanation with %{p} twice. */
const maxQuestions = 1 + 10 * 11 + 12

interface Counted {
  readonly verdict: SpfVerdict
  readonly questions: readonly string[]
}

async function count(zone: Zone, input: Partial<SpfInput> = {}): Promise<Counted> {
  const memory = new MemoryResolver(zone)
  const questions: string[] = []
  const resolver: Resolver = {
    resolve: <T extends RecordType>(name: string, type: T) => {
      questions.push(`${type} ${name}`)
      return memory.resolve(name, type)
    },
  }
  return { verdict: await checkSpf({ ...client, ...input }, resolver), questions }
}

const repeat = (term: string, times: number): string =>
  Array.from({ length: times }, () => term).join(' ')
const txt = (text: string): { readonly TXT: readonly string[] } => ({ TXT: [text] })

test('ten terms that ask DNS are allowed, the eleventh is a permerror', async () => {
  const zone = (terms: string): Zone => ({
    'north.example': {
      TXT: [`v=spf1 ${terms} ip4:192.0.2.1 -all`],
      A: ['198.51.100.1'],
      MX: ['1 north.example'],
    },
    'x.example': txt('v=spf1 ?all'),
  })
  for (const term of ['a', 'mx', 'exists:x.%{d}', 'include:x.example']) {
    const limits = { voidLookups: 20 }
    const ten = await count(zone(repeat(term, 10)), { limits })
    assert.equal(ten.verdict.result, 'pass', term)
    assert.equal(ten.verdict.lookups.used, 10)
    const eleven = await count(zone(repeat(term, 11)), { limits })
    assert.ok(eleven.verdict.result === 'permerror', term)
    assert.deepEqual(eleven.verdict.problem, {
      type: 'tooManyLookups',
      domain: 'north.example',
      term,
      limit: 10,
    })
    assert.equal(eleven.verdict.lookups.used, 10)
    assert.equal(eleven.questions.length, ten.questions.length, 'the eleventh asks nothing')
  }
  const unasked = await count(zone(`${repeat('ip4:198.51.100.1', 50)} ${repeat('x=%{d}', 50)}`))
  assert.equal(unasked.verdict.result, 'pass')
  assert.equal(unasked.verdict.lookups.used, 0)
})

test('the limit is one for all includes and redirects together', async () => {
  const chain: Record<string, { readonly TXT: readonly string[] }> = {}
  for (let i = 0; i < 12; i++) {
    chain[`i${i}.example`] = txt(`v=spf1 include:i${i + 1}.example ?all`)
    chain[`r${i}.example`] = txt(`v=spf1 redirect=r${i + 1}.example`)
  }
  chain['i12.example'] = chain['r12.example'] = txt('v=spf1 all')
  for (const kind of ['i', 'r']) {
    const within = await count(chain, { mailFrom: `joe@${kind}2.example` })
    assert.equal(within.verdict.lookups.used, 10)
    assert.notEqual(within.verdict.result, 'permerror')
    const beyond = await count(chain, { mailFrom: `joe@${kind}1.example` })
    assert.ok(beyond.verdict.result === 'permerror')
    assert.equal(beyond.verdict.problem.type, 'tooManyLookups')
    assert.equal(beyond.verdict.problem.domain, `${kind}11.example`)
  }
})

test('policies that lead to themselves end', async () => {
  for (const record of [
    'v=spf1 include:north.example -all',
    'v=spf1 redirect=north.example',
    'v=spf1 redirect=%{d}',
    `v=spf1 ${repeat('include:north.example', 1000)}`,
  ]) {
    const { verdict, questions } = await count({ 'north.example': txt(record) })
    assert.equal(verdict.result, 'permerror')
    assert.equal(questions.length, 11)
  }
})

test('two look-ups may find nothing, the third is a permerror', async () => {
  for (const [kind, term] of [
    ['a', 'a:no%{i}.example'],
    ['mx', 'mx:no.example'],
    ['exists', 'exists:no.example'],
    ['ptr', 'ptr'],
    ['no data', 'mx:nodata.example'],
  ] as const) {
    const zone = (times: number): Zone => ({
      'north.example': txt(`v=spf1 ${repeat(term, times)} -all`),
      'nodata.example': txt('hello'),
    })
    const two = await count(zone(2))
    assert.equal(two.verdict.result, 'fail', kind)
    assert.equal(two.verdict.lookups.void, 2)
    const three = await count(zone(3))
    assert.ok(three.verdict.result === 'permerror', kind)
    assert.deepEqual(three.verdict.problem, {
      type: 'tooManyVoidLookups',
      domain: 'north.example',
      term,
      limit: 2,
    })
  }
})

test('the receiver may choose other limits', async () => {
  const zone = { 'north.example': txt(`v=spf1 ${repeat('a:no.example', 5)} -all`) }
  const limited = async (lookups: number, voidLookups: number): Promise<string> => {
    const { verdict } = await count(zone, { limits: { lookups, voidLookups } })
    return 'problem' in verdict ? verdict.problem.type : verdict.result
  }
  assert.equal(await limited(10, 5), 'fail')
  assert.equal(await limited(4, 5), 'tooManyLookups')
  assert.equal(await limited(10, 4), 'tooManyVoidLookups')
  assert.equal(await limited(10, 0), 'tooManyVoidLookups')
})

test('ten mail exchangers are looked up in their order, and needing the eleventh is a permerror', async () => {
  const zone = (hosts: number): Zone => ({
    'north.example': {
      TXT: ['v=spf1 mx -all'],
      MX: Array.from({ length: hosts }, (_, i) => `${i} m${i}.example`).reverse(),
    },
    ...Object.fromEntries(
      Array.from({ length: hosts }, (_, i) => [`m${i}.example`, { A: [`192.0.2.${i}`] }]),
    ),
  })
  const at = async (hosts: number, ip: string): Promise<SpfVerdict> =>
    (await count(zone(hosts), { ip })).verdict
  assert.equal((await at(10, '192.0.2.9')).result, 'pass')
  assert.equal((await at(10, '198.51.100.1')).result, 'fail')
  assert.equal((await at(11, '192.0.2.9')).result, 'pass')
  const beyond = await at(11, '192.0.2.10')
  assert.ok(beyond.result === 'permerror')
  assert.deepEqual(beyond.problem, {
    type: 'tooManyMx',
    domain: 'north.example',
    term: 'mx',
    name: 'north.example',
    count: 11,
    limit: 10,
  })
})

test('mail exchangers without addresses are no void look-ups: the question for MX found something', async () => {
  const mx = { MX: Array.from({ length: 10 }, (_, i) => `${i} m${i}.example`) }
  const { verdict } = await count({ 'north.example': { ...txt('v=spf1 mx mx mx -all'), ...mx } })
  assert.equal(verdict.result, 'fail')
  assert.deepEqual(verdict.lookups, { used: 3, limit: 10, void: 0, voidLimit: 2 })
})

test('of the names of a client the first ten are looked at, the others ignored', async () => {
  const names = Array.from({ length: 100 }, (_, i) => `n${i}.north.example`)
  const zone = (good: number): Zone => ({
    'north.example': txt('v=spf1 ptr -all'),
    '1.2.0.192.in-addr.arpa': { PTR: names },
    [`n${good}.north.example`]: { A: ['192.0.2.1'] },
  })
  assert.equal((await count(zone(9))).verdict.result, 'pass')
  const { verdict, questions } = await count(zone(10))
  assert.equal(verdict.result, 'fail')
  assert.equal(questions.length, 12)
  assert.equal(verdict.lookups.void, 0, 'names that a client chooses are no void look-ups')
})

test('%{p} costs a look-up of its own, and a client without a name makes it void', async () => {
  const zone = { 'north.example': txt('v=spf1 exists:%{p}.%{p}.example -all') }
  const { verdict } = await count(zone)
  assert.deepEqual(verdict.lookups, { used: 2, limit: 10, void: 2, voidLimit: 2 })
  const six = await count(
    { 'north.example': txt(`v=spf1 ${repeat('a:%{p}.%{d}', 6)} -all`) },
    { limits: { voidLookups: 20 } },
  )
  assert.ok(six.verdict.result === 'permerror')
  assert.equal(six.verdict.problem.type, 'tooManyLookups')
})

test('the question for an explanation counts towards no limit', async () => {
  const { verdict } = await count({
    'north.example': {
      ...txt(`v=spf1 ${repeat('a', 10)} exp=no.%{p}.example -all`),
      A: ['198.51.100.1'],
    },
  })
  assert.equal(verdict.result, 'fail')
  assert.deepEqual(verdict.lookups, { used: 10, limit: 10, void: 0, voidLimit: 2 })
})

/** Policies made of what can go wrong, and a client who helps. */
const names = [
  'a.example',
  'b.example',
  'c.example',
  'ptr.example',
  'broken.example',
  'no.example',
  '%{d}',
  '%{h}',
  '%{s}',
  '%{lr-}.example',
  '%{p}',
  '%{P}.a.example',
  '%{ir}.%{v}.example',
  'x..example',
  '%{',
]
const term = fc.oneof(
  fc
    .tuple(
      fc.constantFrom('a', 'mx', 'ptr', 'include', 'exists'),
      fc.constantFrom(...names),
      fc.constantFrom('', '', '/24', '//64'),
    )
    .map(([kind, name, bits]) => `${kind}:${name}${bits}`),
  fc
    .tuple(fc.constantFrom('redirect', 'exp', 'other'), fc.constantFrom(...names))
    .map(([kind, name]) => `${kind}=${name}`),
  fc.constantFrom(
    'a',
    'mx',
    'ptr',
    'all',
    '-all',
    '?all',
    'ip4:192.0.2.0/24',
    'ip6:2001:db8::/32',
    'moo',
    '\x80',
    'ip4:1',
  ),
)
const record = fc.array(term, { maxLength: 8 }).map((terms) => `v=spf1 ${terms.join(' ')}`)
const hostile = fc.record({
  policies: fc.tuple(record, record, record),
  explanation: fc.constantFrom(
    '%{s} %{p} %{h}',
    '%{x}',
    '\xff',
    'see http://a.example/?%{S}',
    'x'.repeat(3000),
  ),
  ip: fc.constantFrom('192.0.2.1', '2001:db8::1', '::ffff:192.0.2.1', '203.0.113.5', 'x'),
  helo: fc.oneof(
    fc.constantFrom('mail.a.example', 'c.example', 'x'),
    fc.string({ unit: 'binary', maxLength: 40 }),
  ),
  mailFrom: fc.oneof(
    fc.constantFrom('joe@a.example', 'a-b@b.example', '', 'ö@c.example'),
    fc.string({ unit: 'binary', maxLength: 40 }),
  ),
})

function hostileZone(policies: readonly string[], explanation: string): Zone {
  const many = Array.from({ length: 12 }, (_, i) => `h${i}.example`)
  const ptr = { PTR: [...many.slice(0, 5), 'ptr.example', ...many] }
  return {
    ...Object.fromEntries(
      policies.map((text, i) => [
        `${'abc'.charAt(i)}.example`,
        {
          TXT: [text, 'hello'],
          A: ['198.51.100.1', '192.0.2.1'].slice(0, i),
          MX: many.map((name) => `1 ${name}`),
        },
      ]),
    ),
    'ptr.example': { A: ['192.0.2.1'], AAAA: ['2001:db8::1'], TXT: [explanation] },
    'broken.example': { error: 'SERVFAIL' },
    '1.2.0.192.in-addr.arpa': ptr,
    '5.113.0.203.in-addr.arpa': ptr,
  }
}

test('whatever is published and whatever a client says: no exception, few questions, small and equal verdicts', async () => {
  await fc.assert(
    fc.asyncProperty(hostile, async ({ policies, explanation, ...input }) => {
      const zone = hostileZone(policies, explanation)
      const { verdict, questions } = await count(zone, input)
      assert.ok(questions.length <= maxQuestions, `${questions.length} questions`)
      assert.ok(verdict.lookups.used <= 10 && verdict.lookups.void <= 3)
      assert.deepEqual((await count(zone, input)).verdict, verdict)
      const json = JSON.stringify(verdict)
      assert.deepEqual(JSON.parse(json), verdict)
      assert.ok(json.length < 100_000)
      assert.match(formatSpfTree(verdict), /^[\x20-\x7e\n]+$/)
      assert.match(
        formatReceivedSpf(verdict, { receiver: input.helo }),
        /^(?:[^\r\n\0]{1,998}\r\n[ ]?)+$/,
      )
    }),
    { numRuns: 800 },
  )
})

test('a changed octet anywhere in a record gives another verdict, not an exception', async () => {
  const text =
    'v=spf1 a:%{d}/24//64 include:b.example mx ip6:2001:db8::/32 exists:%{l1r-}.%{p} exp=ptr.example ?all'
  for (let at = 0; at < text.length; at++) {
    for (const octet of ['', ' ', '%', '/', ':', '.', '0', '\0', '\xff', '=']) {
      const changed = text.slice(0, at) + octet + text.slice(at + 1)
      const { questions } = await count(hostileZone([changed, 'v=spf1 -all', ''], 'no'), {
        mailFrom: 'joe@a.example',
      })
      assert.ok(questions.length <= maxQuestions)
    }
  }
})

test('a policy of 64 KB costs little and leaves a small verdict', async () => {
  const parts = [
    'ip4:203.0.113.1',
    'a:%{d}',
    'x=%{s}',
    'include:north.example',
    `a:${'%{s}'.repeat(1000)}.example`,
    `exists:${'x.'.repeat(2000)}example`,
  ]
  for (const part of parts) {
    const text = `v=spf1 ${repeat(part, Math.ceil(65_000 / part.length))} -all`
    const zone = {
      'north.example': {
        TXT: [text, ...Array.from({ length: 1000 }, (_, i) => `token=${i}`)],
        A: ['198.51.100.1'],
      },
    }
    const client = { mailFrom: `${'l.'.repeat(50_000)}@north.example`, helo: 'h'.repeat(100_000) }
    const { verdict } = await withinCpu(2000, part.slice(0, 20), () => count(zone, client))
    assert.ok(JSON.stringify(verdict).length < 100_000, part.slice(0, 20))
  }
})

test('of a long record the first hundred terms are shown, and those that decide', async () => {
  const { verdict } = await count({
    'north.example': txt(
      `v=spf1 ${repeat('ip4:203.0.113.1', 150)} include:b.example ${repeat('ip4:203.0.113.2', 50)} -all`,
    ),
    'b.example': txt('v=spf1 ?all'),
  })
  assert.deepEqual(
    verdict.terms.slice(99).map(({ text, outcome }) => `${text} ${outcome}`),
    ['ip4:203.0.113.1 noMatch', 'include:b.example noMatch', '-all match'],
  )
  assert.equal(verdict.termsCut, 202 - 102)
})

test('of a long answer the first ten records are shown, and their number', async () => {
  const many = Array.from({ length: 300 }, (_, i) => `203.0.113.${i % 250}`)
  const { verdict } = await count({ 'north.example': { ...txt('v=spf1 a -all'), A: many } })
  const [lookup] = verdict.terms[0]?.asked ?? []
  assert.ok(lookup?.answer === 'found')
  assert.equal(lookup.count, 300)
  assert.deepEqual(lookup.records, many.slice(0, 10))
})
