import { test } from 'node:test'
import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { DnsAnswer, RecordData, RecordType, Resolver } from '../dns/resolver.ts'
import { MemoryResolver, type Zone, type ZoneName } from '../dns/testing.ts'
import { maxAuthorDomains } from './alignment.ts'
import {
  type AuthenticatedDomain,
  beginDmarc,
  type DmarcInput,
  type DmarcVerdict,
  evaluateDmarc,
  parsePublicSuffixList,
} from './dmarc.ts'

/** `_dmarc` records by domain, and names that exist besides. */
function zone(
  records: Readonly<Record<string, string | readonly string[]>>,
  existing: readonly string[] = [],
): Zone {
  const names: Record<string, ZoneName> = {}
  for (const [domain, text] of Object.entries(records))
    names[`_dmarc.${domain}`] = { TXT: [text].flat() }
  for (const name of existing) names[name] = { A: ['192.0.2.1'] }
  return names
}

/** Writes down each question. */
class Listening implements Resolver {
  readonly asked: string[] = []
  readonly #inner: Resolver
  constructor(given: Zone) {
    this.#inner = new MemoryResolver(given)
  }
  resolve<T extends RecordType>(name: string, type: T): Promise<DnsAnswer<RecordData[T]>> {
    this.asked.push(`${type} ${name}`)
    return this.#inner.resolve(name, type)
  }
}

const pass = (domain: string): AuthenticatedDomain => ({ result: 'pass', domain })

interface Given {
  readonly from?: string | readonly string[]
  readonly spf?: AuthenticatedDomain
  readonly dkim?: readonly AuthenticatedDomain[]
}

function inputOf({ from = 'u@example.com', spf, dkim = [] }: Given): DmarcInput {
  return { from: { type: 'fields', values: [from].flat() }, spf: spf ?? null, dkim }
}

function evaluate(names: Zone, given: Given = {}): Promise<DmarcVerdict> {
  return evaluateDmarc(inputOf(given), new MemoryResolver(names))
}

test('a domain that is given outright needs no From field', async () => {
  const names = zone({ 'xn--bcher-kva.example': 'v=DMARC1; p=reject' })
  const input = {
    from: { type: 'domain', domain: 'Bücher.example.' },
    spf: null,
    dkim: [],
  } as const
  const verdict = await evaluateDmarc(input, new MemoryResolver(names))
  assert.equal(verdict.result, 'fail')
  assert.equal(verdict.authorDomain, 'xn--bcher-kva.example')
})

test('the verdict tells the record, where it was, and what it asks', async () => {
  const names = zone(
    {
      'example.com':
        'v=DMARC1; p=reject; sp=quarantine; pct=10; t=y; rua=mailto:r@example.com!5m; x=1',
    },
    ['a.example.com'],
  )
  const verdict = await evaluate(names, { from: 'u@a.example.com' })
  assert.equal(verdict.result, 'fail')
  assert.equal(verdict.policy, 'quarantine')
  assert.equal(verdict.policyTag, 'sp')
  assert.equal(verdict.testing, true)
  assert.equal(verdict.disposition, 'none')
  assert.equal(verdict.record?.domain, 'example.com')
  assert.equal(verdict.record?.role, 'organization')
  assert.deepEqual(verdict.record?.tags.removed, [
    { tag: 'pct', value: '10' },
    { tag: 'rua', value: '!5m' },
  ])
  assert.deepEqual(verdict.record?.tags.unknown, ['x'])
  assert.equal(verdict.record?.tags.rua[0]?.mailbox, 'r@example.com')
  assert.deepEqual(
    verdict.walk.map(({ name, answer }) => [name, answer]),
    [
      ['_dmarc.a.example.com', 'no-name'],
      ['_dmarc.example.com', 'record'],
      ['_dmarc.com', 'no-name'],
    ],
  )
})

interface WalkCase {
  readonly title: string
  readonly records: Readonly<Record<string, string | readonly string[]>>
  readonly from: string
  readonly org: string
  readonly policy: string | null
  readonly record?: string
  readonly existing?: readonly string[]
}

// RFC 9989 §4.10.1 and §4.10.2, one rule a line
const walks: readonly WalkCase[] = [
  {
    title: 'the fewest labels win',
    records: {
      'b.example.com': 'v=DMARC1; p=none',
      'example.com': 'v=DMARC1; p=reject; sp=quarantine',
    },
    from: 'u@a.b.example.com',
    org: 'example.com',
    policy: 'quarantine',
    record: 'example.com',
  },
  {
    title: 'the own record comes first, whatever is above',
    records: { 'a.example.com': 'v=DMARC1; p=none', 'example.com': 'v=DMARC1; p=reject' },
    from: 'u@a.example.com',
    org: 'example.com',
    policy: 'none',
    record: 'a.example.com',
  },
  {
    title: 'psd=n ends the walk',
    records: {
      'b.example.com': 'v=DMARC1; p=quarantine; psd=n',
      'example.com': 'v=DMARC1; p=reject',
    },
    from: 'u@a.b.example.com',
    org: 'b.example.com',
    policy: 'quarantine',
    record: 'b.example.com',
  },
  {
    title: 'psd=n at the start',
    records: {
      'a.example.com': 'v=DMARC1; p=quarantine; psd=n',
      'example.com': 'v=DMARC1; p=reject',
    },
    from: 'u@a.example.com',
    org: 'a.example.com',
    policy: 'quarantine',
    record: 'a.example.com',
  },
  {
    title: 'psd=y above: one label below it',
    records: { bank: 'v=DMARC1; p=reject; psd=y' },
    from: 'u@x.giant.bank',
    org: 'giant.bank',
    policy: 'reject',
    record: 'bank',
  },
  {
    title: 'psd=y at the start is the organization itself',
    records: { bank: 'v=DMARC1; p=reject; sp=none; psd=y' },
    from: 'u@bank',
    org: 'bank',
    policy: 'reject',
    record: 'bank',
  },
  {
    title: 'the suffix does not speak for an organization with a record',
    records: { bank: 'v=DMARC1; p=reject; psd=y', 'giant.bank': 'v=DMARC1; p=none' },
    from: 'u@x.giant.bank',
    org: 'giant.bank',
    policy: 'none',
    record: 'giant.bank',
  },
  {
    title: 'a record between author and organization is passed over',
    records: { bank: 'v=DMARC1; p=reject; psd=y', 'x.giant.bank': 'v=DMARC1; p=none' },
    from: 'u@y.x.giant.bank',
    org: 'giant.bank',
    policy: 'reject',
    record: 'bank',
  },
  {
    title: 'sp of the suffix',
    records: { bank: 'v=DMARC1; p=none; sp=quarantine; psd=y' },
    from: 'u@giant.bank',
    org: 'giant.bank',
    policy: 'quarantine',
    existing: ['giant.bank'],
  },
  {
    title: 'np of the suffix',
    records: { bank: 'v=DMARC1; p=none; sp=quarantine; np=reject; psd=y' },
    from: 'u@giant.bank',
    org: 'giant.bank',
    policy: 'reject',
  },
  {
    title: 'np does not touch the organization itself',
    records: { 'example.com': 'v=DMARC1; p=none; np=reject' },
    from: 'u@example.com',
    org: 'example.com',
    policy: 'none',
  },
  {
    title: 'without np, sp is for names that do not exist',
    records: { 'example.com': 'v=DMARC1; p=none; sp=reject' },
    from: 'u@a.example.com',
    org: 'example.com',
    policy: 'reject',
  },
  {
    title: 'no record: every name is its own organization',
    records: {},
    from: 'u@a.example.com',
    org: 'a.example.com',
    policy: null,
  },
  {
    title: 'several records are none',
    records: {
      'a.example.com': ['v=DMARC1; p=none', 'v=DMARC1; p=reject'],
      'example.com': 'v=DMARC1; p=quarantine',
    },
    from: 'u@a.example.com',
    org: 'example.com',
    policy: 'quarantine',
  },
  {
    title: 'a tag given twice makes a record no record',
    records: {
      'a.example.com': 'v=DMARC1; p=none; p=none',
      'example.com': 'v=DMARC1; p=quarantine',
    },
    from: 'u@a.example.com',
    org: 'example.com',
    policy: 'quarantine',
  },
  {
    title: 'a record without a policy applies nothing',
    records: { 'a.example.com': 'v=DMARC1; sp=reject', 'example.com': 'v=DMARC1; p=reject' },
    from: 'u@a.example.com',
    org: 'example.com',
    policy: null,
  },
  {
    title: 'a wrong sp with rua is none',
    records: { 'example.com': 'v=DMARC1; p=reject; sp=all; rua=mailto:r@example.com' },
    from: 'u@a.example.com',
    org: 'example.com',
    policy: 'none',
  },
  {
    title: 'eight labels lose one',
    records: { 'b.c.d.e.f.example.com': 'v=DMARC1; p=quarantine' },
    from: 'u@a.b.c.d.e.f.example.com',
    org: 'b.c.d.e.f.example.com',
    policy: 'quarantine',
  },
  {
    title: 'nine labels lose two, and the record between is not seen',
    records: { 'b.c.d.e.f.g.example.com': 'v=DMARC1; p=quarantine' },
    from: 'u@a.b.c.d.e.f.g.example.com',
    org: 'a.b.c.d.e.f.g.example.com',
    policy: null,
  },
]

for (const { title, records, from, org, policy, record, existing } of walks) {
  test(`tree walk: ${title}`, async () => {
    const verdict = await evaluate(zone(records, existing), { from })
    assert.equal(verdict.orgDomain, org)
    assert.equal(verdict.policy, policy)
    if (record !== undefined) assert.equal(verdict.record?.domain, record)
    assert.equal(verdict.result, policy === null ? 'none' : 'fail')
  })
}

test('each name is asked once, and identifiers outside the organization are not walked', async () => {
  const names = new Listening(zone({ 'example.com': 'v=DMARC1; p=reject' }))
  const given = {
    from: 'u@a.example.com',
    spf: pass('b.example.com'),
    dkim: [
      pass('b.example.com'),
      pass('c.b.example.com'),
      pass('other.com'),
      pass('mailer.example'),
    ],
  }
  const verdict = await evaluateDmarc(inputOf(given), names)
  assert.equal(verdict.result, 'pass')
  assert.deepEqual(names.asked, [
    'TXT _dmarc.a.example.com',
    'TXT _dmarc.example.com',
    'TXT _dmarc.com',
    'TXT _dmarc.b.example.com',
    'TXT _dmarc.c.b.example.com',
  ])
  assert.deepEqual(
    verdict.dkim.map(({ reason }) => reason),
    ['same-organization', 'same-organization', 'outside-organization', 'outside-organization'],
  )
})

test('a walk asks eight names at most, whoever makes it', async () => {
  const deep = Array.from({ length: 60 }, (_, i) => `l${i}`).join('.')
  const names = new Listening(zone({ 'example.com': 'v=DMARC1; p=reject' }))
  await evaluateDmarc(inputOf({ from: `u@${deep}.example.com` }), names)
  assert.equal(names.asked.length, 8)
})

test('a thousand signatures make ten walks', async () => {
  const names = new Listening(zone({ 'example.com': 'v=DMARC1; p=reject; psd=n' }))
  const dkim = Array.from({ length: 1000 }, (_, i) => pass(`s${i}.x.example.com`))
  const verdict = await evaluateDmarc(inputOf({ dkim }), names)
  assert.equal(verdict.result, 'pass')
  assert.ok(names.asked.length <= 2 + 10 * 2, `${names.asked.length}`)
  assert.equal(verdict.dkim.at(-1)?.reason, 'walk-limit')
  const same = await evaluateDmarc(inputOf({ dkim: dkim.map(() => pass('x.example.com')) }), names)
  assert.ok(JSON.stringify(same).length < 1000 * 200)
})

test('of a name in a message 300 characters are shown', async () => {
  const names = new Listening(zone({ 'example.com': 'v=DMARC1; p=reject' }))
  const verdict = await evaluateDmarc(inputOf({ dkim: [pass('x'.repeat(400))] }), names)
  assert.equal(verdict.dkim[0]?.domain.length, 300)
})

test('strict mode compares names and asks nothing', async () => {
  const names = new Listening(zone({ 'example.com': 'v=DMARC1; p=reject; psd=n; adkim=s; aspf=s' }))
  const given = { spf: pass('a.example.com'), dkim: [pass('EXAMPLE.com.')] }
  const verdict = await evaluateDmarc(inputOf(given), names)
  assert.equal(verdict.spf?.reason, 'not-identical')
  assert.equal(verdict.dkim[0]?.reason, 'identical')
  assert.equal(verdict.result, 'pass')
  assert.equal(names.asked.length, 1)
})

test('alignment goes both ways: the identifier above the author, and below', async () => {
  const names = zone({ 'example.com': 'v=DMARC1; p=reject' })
  assert.equal(
    (await evaluate(names, { from: 'u@a.example.com', spf: pass('example.com') })).result,
    'pass',
  )
  assert.equal(
    (await evaluate(names, { from: 'u@example.com', spf: pass('a.example.com') })).result,
    'pass',
  )
  assert.equal(
    (await evaluate(names, { from: 'u@a.example.com', spf: pass('b.example.com') })).result,
    'pass',
  )
  assert.equal(
    (await evaluate(names, { from: 'u@a.example.com', spf: pass('badexample.com') })).result,
    'fail',
  )
})

test('a signature of a domain that is its own organization does not speak for the one above', async () => {
  const names = zone({
    'example.com': 'v=DMARC1; p=reject',
    'a.example.com': 'v=DMARC1; p=reject; psd=n',
  })
  const verdict = await evaluate(names, { dkim: [pass('x.a.example.com')] })
  assert.equal(verdict.result, 'fail')
  assert.equal(verdict.dkim[0]?.reason, 'other-organization')
  assert.equal(verdict.dkim[0]?.orgDomain, 'a.example.com')
})

test('what is no domain name aligns with nothing', async () => {
  const names = zone({ 'example.com': 'v=DMARC1; p=reject' })
  for (const domain of ['', '.', '..', '[192.0.2.1]', 'exa mple.com', 'x'.repeat(5000)]) {
    const verdict = await evaluate(names, { spf: pass(domain), dkim: [pass(domain)] })
    assert.equal(verdict.result, 'fail', domain)
    assert.equal(verdict.spf?.reason, 'not-a-domain')
  }
})

const failing = { error: 'SERVFAIL' } as const
const reject = { TXT: ['v=DMARC1; p=reject'] }

interface ErrorCase {
  readonly title: string
  readonly names: Zone
  readonly given: Given
  readonly result: string
  readonly policy: string | null
  readonly because?: string
}

const errors: readonly ErrorCase[] = [
  {
    title: 'at the author domain: the policy is not known',
    names: { '_dmarc.example.com': failing },
    given: { dkim: [pass('example.com')] },
    result: 'temperror',
    policy: null,
    because: 'policy-unknown',
  },
  {
    title: 'above an author without a record: the policy is not known',
    names: { '_dmarc.com': failing, '_dmarc.example.com': reject },
    given: { from: 'u@a.example.com' },
    result: 'temperror',
    policy: null,
    because: 'policy-unknown',
  },
  {
    title: 'above the own record, with an identical identifier: it passes',
    names: { '_dmarc.com': failing, '_dmarc.example.com': reject },
    given: { spf: pass('example.com') },
    result: 'pass',
    policy: 'reject',
  },
  {
    title: 'above the own record, nothing authenticated: it fails',
    names: { '_dmarc.com': failing, '_dmarc.example.com': reject },
    given: { spf: { result: 'fail', domain: 'example.com' } },
    result: 'fail',
    policy: 'reject',
  },
  {
    title: 'above the own record, with an identifier that needs the walk: open',
    names: { '_dmarc.com': failing, '_dmarc.example.com': reject },
    given: { spf: pass('a.example.com') },
    result: 'temperror',
    policy: 'reject',
    because: 'alignment-unknown',
  },
  {
    title: 'above the own record, with an identifier of another top: it fails',
    names: { '_dmarc.com': failing, '_dmarc.example.com': reject },
    given: { spf: pass('example.org') },
    result: 'fail',
    policy: 'reject',
  },
  {
    title: 'in the walk of the only identifier: open',
    names: { '_dmarc.a.example.com': failing, '_dmarc.example.com': reject },
    given: { dkim: [pass('a.example.com')] },
    result: 'temperror',
    policy: 'reject',
    because: 'alignment-unknown',
  },
  {
    title: 'in the walk of one identifier while another aligns: it passes',
    names: { '_dmarc.a.example.com': failing, '_dmarc.example.com': reject },
    given: { dkim: [pass('a.example.com'), pass('example.com')] },
    result: 'pass',
    policy: 'reject',
  },
  {
    title: 'in SPF of a domain that would align: open',
    names: { '_dmarc.example.com': reject },
    given: { spf: { result: 'temperror', domain: 'a.example.com' } },
    result: 'temperror',
    policy: 'reject',
    because: 'alignment-unknown',
  },
  {
    title: 'in SPF of a domain that would not: it fails',
    names: { '_dmarc.example.com': reject },
    given: { spf: { result: 'temperror', domain: 'example.org' } },
    result: 'fail',
    policy: 'reject',
  },
  {
    title: 'in DKIM of a domain that would align: open',
    names: { '_dmarc.example.com': reject },
    given: { dkim: [{ result: 'temperror', domain: 'example.com', selector: 's' }] },
    result: 'temperror',
    policy: 'reject',
    because: 'alignment-unknown',
  },
  {
    title: 'of the permanent kind in SPF: it fails',
    names: { '_dmarc.example.com': reject },
    given: { spf: { result: 'permerror', domain: 'example.com' } },
    result: 'fail',
    policy: 'reject',
  },
  {
    title: 'in the question for existence: open, and the milder policy is told',
    names: {
      '_dmarc.example.com': { TXT: ['v=DMARC1; p=reject; np=none'] },
      'a.example.com': { A: { error: 'TIMEOUT' } },
    },
    given: { from: 'u@a.example.com' },
    result: 'temperror',
    policy: 'none',
    because: 'existence-unknown',
  },
  {
    title: 'refused counts as not answered',
    names: { '_dmarc.example.com': { error: 'REFUSED' } },
    given: {},
    result: 'temperror',
    policy: null,
  },
]

for (const { title, names, given, result, policy, because } of errors) {
  test(`a DNS error ${title}`, async () => {
    const verdict = await evaluate(names, given)
    assert.equal(verdict.result, result)
    assert.equal(verdict.policy, policy)
    if (because !== undefined) assert.equal(Reflect.get(verdict, 'because'), because)
  })
}

test('existence is asked only where np changes something', async () => {
  for (const [text, asks] of [
    ['v=DMARC1; p=reject; np=reject', false],
    ['v=DMARC1; p=none; sp=reject; np=reject', false],
    ['v=DMARC1; p=reject; sp=none; np=reject', true],
  ] as const) {
    const names = new Listening(zone({ 'example.com': text }))
    const { existence } = await evaluateDmarc(inputOf({ from: 'u@a.example.com' }), names)
    assert.equal(names.asked.includes('A a.example.com'), asks, text)
    assert.equal(existence?.answer ?? null, asks ? 'does-not-exist' : null)
  }
})

test('an alias that points nowhere exists', async () => {
  const names = {
    ...zone({ 'example.com': 'v=DMARC1; p=none; np=reject' }),
    'a.example.com': { CNAME: 'gone.example.org' },
  }
  const verdict = await evaluate(names, { from: 'u@a.example.com' })
  assert.equal(verdict.policy, 'none')
  assert.equal(verdict.existence?.answer, 'exists')
})

const bank = zone({
  'bank.example': 'v=DMARC1; p=reject',
  'other.example': 'v=DMARC1; p=quarantine',
  'mild.example': 'v=DMARC1; p=none',
})

test('several addresses of one domain are one author', async () => {
  const verdict = await evaluate(bank, {
    from: 'a@bank.example, B <b@BANK.example>',
    dkim: [pass('bank.example')],
  })
  assert.equal(verdict.result, 'pass')
  assert.deepEqual(verdict.author, {
    fields: 1,
    domains: ['bank.example'],
    problem: null,
    syntax: [],
  })
})

test('several domains: the strictest that fails decides', async () => {
  const given = {
    from: 'a@mild.example, b@bank.example, c@other.example',
    dkim: [pass('mild.example')],
  }
  const verdict = await evaluate(bank, given)
  assert.equal(verdict.result, 'fail')
  assert.equal(verdict.authorDomain, 'bank.example')
  assert.deepEqual(
    verdict.others.map(({ authorDomain, result }) => [authorDomain, result]),
    [
      ['other.example', 'fail'],
      ['mild.example', 'pass'],
    ],
  )
  assert.equal(verdict.author.problem, 'several-domains')
})

test('several domains pass only together', async () => {
  const from = 'a@bank.example, b@other.example'
  const both = await evaluate(bank, { from, dkim: [pass('bank.example'), pass('other.example')] })
  assert.equal(both.result, 'pass')
  const stranger = await evaluate(bank, {
    from: 'a@bank.example, b@nothing.example',
    dkim: [pass('bank.example')],
  })
  assert.equal(stranger.result, 'none')
  assert.equal(stranger.authorDomain, 'nothing.example')
})

test('an address in the display name without quotes is an author too', async () => {
  const verdict = await evaluate(bank, { from: 'ceo@bank.example <x@evil.example>' })
  assert.equal(verdict.result, 'fail')
  assert.equal(verdict.authorDomain, 'bank.example')
  assert.ok(verdict.author.syntax.length > 0)
})

test('several From fields never pass, and what fails still fails', async () => {
  const from = ['a@bank.example', 'b@bank.example']
  const aligned = await evaluate(bank, { from, dkim: [pass('bank.example')] })
  assert.equal(aligned.result, 'permerror')
  assert.equal(aligned.author.problem, 'several-from-fields')
  assert.equal(aligned.others[0]?.result, 'pass')
  const forged = await evaluate(bank, { from: ['a@bank.example', 'x@evil.example'] })
  assert.equal(forged.result, 'fail')
  assert.equal(forged.authorDomain, 'bank.example')
})

test('several From fields: what DNS keeps open stays open, so it may come again', async () => {
  const open = { ...bank, '_dmarc.lost.example': { error: 'SERVFAIL' } } as const
  const from = ['a@lost.example', 'b@bank.example']
  const verdict = await evaluate(open, { from, dkim: [pass('bank.example')] })
  assert.equal(verdict.result, 'temperror')
  assert.equal(verdict.authorDomain, 'lost.example')
  assert.equal(verdict.author.problem, 'several-from-fields')
})

test('without an author nothing is asked', async () => {
  for (const [from, problem] of [
    [[], 'no-from-field'],
    [[''], 'no-domain'],
    [['root'], 'no-domain'],
    [['u@[192.0.2.1]'], 'no-domain'],
  ] as const) {
    const names = new Listening(bank)
    const verdict = await evaluateDmarc(inputOf({ from }), names)
    assert.equal(verdict.result, 'permerror')
    assert.equal(verdict.author.problem, problem)
    assert.deepEqual(names.asked, [])
  }
})

test('more authors than the limit are not evaluated', async () => {
  const from = Array.from({ length: maxAuthorDomains + 1 }, (_, i) => `u@a${i}.example`).join(', ')
  const names = new Listening(bank)
  const verdict = await evaluateDmarc(inputOf({ from: [from] }), names)
  assert.equal(verdict.result, 'permerror')
  assert.equal(verdict.author.problem, 'too-many-domains')
  assert.deepEqual(names.asked, [])
})

test('the policy look-up begins before SPF and DKIM are there', async () => {
  const names = new Listening(bank)
  const check = beginDmarc({ type: 'domain', domain: 'bank.example' }, names)
  assert.deepEqual(names.asked, ['TXT _dmarc.bank.example'])
  const verdict = await check.finish({ spf: pass('bank.example'), dkim: [] })
  assert.equal(verdict.result, 'pass')
})

test('a record of 64 KB is read in its turn and kept short', async () => {
  const text = `v=DMARC1; p=reject; ${'x=1; '.repeat(13_000)}`
  const verdict = await evaluate(zone({ 'example.com': text }))
  assert.ok(JSON.stringify(verdict).length < 10_000)
})

test('whatever is published and claimed, there is a verdict, and twice the same', async () => {
  const label = fc.constantFrom('a', 'b', 'example', 'com', '_x', '')
  const domain = fc.array(label, { maxLength: 10 }).map((labels) => labels.join('.'))
  const clean = fc
    .array(fc.constantFrom('a', 'b', 'example', 'com', '_x'), { minLength: 1, maxLength: 10 })
    .map((labels) => labels.join('.'))
  const tag = fc.constantFrom(
    'p=reject',
    'p=none',
    'p=x',
    'sp=none',
    'np=quarantine',
    'psd=y',
    'psd=n',
    't=y',
    'rua=mailto:a@b.c',
    'adkim=s',
    '=',
    'x',
    ' ',
    '\xff',
    'v=DMARC1',
  )
  const record = fc.array(tag, { maxLength: 4 }).map((tags) => ['v=DMARC1', ...tags].join(';'))
  const names = fc.dictionary(
    clean.map((name) => `_dmarc.${name}`),
    fc.oneof(
      fc.array(record, { maxLength: 2 }).map((TXT) => ({ TXT })),
      fc.constant({ error: 'SERVFAIL' } as const),
    ),
    { maxKeys: 6 },
  )
  const result = fc.record({ result: fc.constantFrom('pass', 'fail', 'temperror', 'x'), domain })
  await fc.assert(
    fc.asyncProperty(
      names,
      fc.string({ unit: fc.constantFrom(...Array.from('a@.,<>"b (')), maxLength: 30 }),
      domain,
      fc.array(result, { maxLength: 4 }),
      async (given, text, host, dkim) => {
        const from = [`u@${host}`, text]
        const one = await evaluate(given, { from, dkim })
        assert.deepEqual(await evaluate(given, { from, dkim }), one)
        assert.deepEqual(JSON.parse(JSON.stringify(one)), one)
        assert.ok(one.walk.length <= 8)
        if (one.result === 'pass') assert.ok(one.spfAligned || one.dkimAligned)
      },
    ),
    { numRuns: 1000 },
  )
})

test('one wrong character in a record gives a verdict, and never a pass that was none', async () => {
  const text = 'v=DMARC1; p=reject; sp=none; adkim=s; t=n; rua=mailto:r@example.com'
  const dkim = [pass('other.example.com')]
  for (let at = 0; at <= text.length; at++) {
    for (const put of ['', ';', '=', ' ', 'x', '\u0000', '\xff', ',']) {
      for (const cut of [0, 1]) {
        const changed = text.slice(0, at) + put + text.slice(at + cut)
        const { result } = await evaluate(zone({ 'example.com': changed }), { dkim })
        // A strict record that can no longer be read as such is relaxed, and the name below aligns.
        assert.ok(result === 'fail' || result === 'none' || !/; adkim=s;/.test(changed), changed)
      }
    }
  }
})

const suffixes = parsePublicSuffixList('com\nuk\nco.uk\n')

test('RFC 7489 is read beside, and the differences are named', async () => {
  // RFC 9989: nothing above publishes, so the subdomain is its own organization.
  const names = new Listening(zone({ 'mail.example.com': 'v=DMARC1; p=reject' }))
  const input = inputOf({ from: 'u@mail.example.com', dkim: [pass('example.com')] })
  const verdict = await evaluateDmarc(input, names, { publicSuffixList: suffixes })
  assert.equal(verdict.result, 'fail')
  assert.deepEqual(verdict.rfc7489, {
    result: 'pass',
    policy: 'reject',
    recordDomain: 'mail.example.com',
    orgDomain: 'example.com',
    spfAligned: false,
    dkimAligned: true,
    percent: 100,
    differs: true,
    what: ['result', 'organizational-domain', 'dkim-alignment'],
  })
  assert.equal(new Set(names.asked).size, names.asked.length)
})

test('where both readings agree it is said so, and without a list nothing is', async () => {
  const names = new MemoryResolver(zone({ 'example.co.uk': 'v=DMARC1; p=quarantine; pct=25' }))
  const input = inputOf({ from: 'u@a.example.co.uk', spf: pass('b.example.co.uk') })
  const verdict = await evaluateDmarc(input, names, { publicSuffixList: suffixes })
  assert.equal(verdict.rfc7489?.differs, false)
  assert.equal(verdict.rfc7489?.percent, 25)
  assert.equal((await evaluateDmarc(input, names)).rfc7489, null)
})
