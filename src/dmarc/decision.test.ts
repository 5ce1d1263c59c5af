import { test } from 'node:test'
import assert from 'node:assert/strict'
import { MemoryResolver, type Zone } from '../dns/testing.ts'
import { type AuthenticatedDomain, type DmarcVerdict, evaluateDmarc } from './dmarc.ts'
import { decideDmarc, type DecisionEvidence, defaultDecisionOptions } from './decision.ts'

interface Given {
  readonly record?: string
  readonly names?: Zone
  readonly from?: readonly string[]
  readonly spf?: AuthenticatedDomain
  readonly dkim?: readonly AuthenticatedDomain[]
}

function verdictOf({
  record,
  names,
  from = ['u@example.com'],
  spf,
  dkim = [],
}: Given): Promise<DmarcVerdict> {
  const zone = names ?? (record === undefined ? {} : { '_dmarc.example.com': { TXT: [record] } })
  const input = { from: { type: 'fields', values: from }, spf: spf ?? null, dkim } as const
  return evaluateDmarc(input, new MemoryResolver(zone))
}

/** Everything was looked at, and nothing was found. */
const nothing: DecisionEvidence = {
  localPolicy: { matched: null },
  trustedForwarder: { peer: '198.51.100.66', entry: null },
  mailingList: { listId: null, listPost: null, trusted: [] },
  arc: { result: 'none', sealers: [], trusted: [], passedBefore: null },
}

const nobodyLooked: DecisionEvidence = {
  localPolicy: 'not-considered',
  trustedForwarder: 'not-considered',
  mailingList: 'not-considered',
  arc: 'not-considered',
}

async function decide(given: Given, found: Partial<DecisionEvidence> = {}) {
  return decideDmarc({ dmarc: await verdictOf(given), evidence: { ...nothing, ...found } })
}

const policies: readonly (readonly [
  string,
  string,
  string | null,
  string | null,
  string | null,
])[] = [
  // record, action, asked for, did, override
  ['v=DMARC1; p=none', 'deliver', 'none', 'none', null],
  ['v=DMARC1; p=quarantine', 'mark-as-spam', 'quarantine', 'quarantine', null],
  ['v=DMARC1; p=reject', 'refuse', 'reject', 'reject', null],
  ['v=DMARC1; p=quarantine; t=y', 'deliver', 'none', 'none', 'policy_test_mode'],
  ['v=DMARC1; p=reject; t=y', 'mark-as-spam', 'quarantine', 'quarantine', 'policy_test_mode'],
  ['v=DMARC1; p=none; t=y', 'deliver', 'none', 'none', null],
]

for (const [record, action, askedFor, did, override] of policies) {
  test(`${record}: ${action}`, async () => {
    const decision = await decide({ record })
    assert.equal(decision.action, action)
    assert.equal(decision.askedFor, askedFor)
    assert.equal(decision.did, did)
    assert.equal(decision.override?.type ?? null, override)
    assert.notEqual(decision.because, '')
  })
}

test('what passes and what has no policy is delivered, without anything being weighed', async () => {
  const passed = await decide({
    record: 'v=DMARC1; p=reject',
    spf: { result: 'pass', domain: 'example.com' },
  })
  assert.deepEqual([passed.action, passed.did, passed.considered], ['deliver', 'none', []])
  const free = await decide({})
  assert.deepEqual([free.action, free.askedFor], ['deliver', null])
})

test('with nothing found in its favour, what was looked at is on record', async () => {
  const { considered } = await decide({ record: 'v=DMARC1; p=reject' })
  assert.deepEqual(
    considered.map(({ evidence, outcome, because }) => [evidence, outcome, because]),
    [
      ['localPolicy', 'no-bearing', 'no local rule fits'],
      ['trustedForwarder', 'no-bearing', '198.51.100.66 is not a listed forwarder'],
      ['mailingList', 'no-bearing', 'it does not come from a mailing list'],
      ['arc', 'no-bearing', 'the ARC result is none'],
    ],
  )
})

test('a policy alone refuses nothing (RFC 9989 §7.4)', async () => {
  const decision = decideDmarc({
    dmarc: await verdictOf({ record: 'v=DMARC1; p=reject' }),
    evidence: nobodyLooked,
  })
  assert.equal(decision.action, 'mark-as-spam')
  assert.equal(decision.override?.type, 'local_policy')
})

const rejecting = 'v=DMARC1; p=reject'

test('the operator has the first word, for and against', async () => {
  const peer = { peer: '192.0.2.1', entry: '192.0.2.0/24' }
  for (const [action, did] of [
    ['deliver', 'none'],
    ['mark-as-spam', 'quarantine'],
    ['refuse', 'reject'],
  ] as const) {
    const localPolicy = { matched: { rule: 'partners', action } }
    const decision = await decide({ record: rejecting }, { localPolicy, trustedForwarder: peer })
    assert.deepEqual([decision.action, decision.did], [action, did])
    assert.deepEqual(decision.override, {
      type: 'local_policy',
      comment: 'the local rule partners says so',
    })
  }
})

test('a listed forwarder overrides', async () => {
  const trustedForwarder = { peer: '192.0.2.1', entry: '192.0.2.0/24' }
  const decision = await decide({ record: rejecting }, { trustedForwarder })
  assert.equal(decision.action, 'deliver')
  assert.equal(decision.override?.type, 'trusted_forwarder')
  assert.match(decision.because, /192\.0\.2\.1 is a listed forwarder/)
})

const list = {
  listId: 'Crew <crew.lists.example.org>',
  listPost: '<mailto:crew@lists.example.org>',
  trusted: ['lists.example.org'],
}
const signed = { result: 'pass', domain: 'lists.example.org' }

test('a trusted mailing list that signs overrides', async () => {
  for (const mailingList of [
    list,
    { ...list, listId: null },
    { ...list, listPost: null },
    { ...list, listId: 'crew.lists.example.org' },
  ]) {
    const decision = await decide({ record: rejecting, dkim: [signed] }, { mailingList })
    assert.equal(decision.action, 'deliver')
    assert.equal(decision.override?.type, 'mailing_list')
  }
})

const weak: readonly (readonly [
  string,
  Given,
  Partial<typeof list> | { listId: null; listPost: null },
  RegExp,
])[] = [
  [
    'a list that is not trusted',
    { dkim: [signed] },
    { trusted: ['lists.example.net'] },
    /not among the trusted/,
  ],
  [
    'a trusted name with the dot in another place',
    { dkim: [{ result: 'pass', domain: 'evillists.example.org' }] },
    {},
    /no signature/,
  ],
  ['a list without a signature', {}, {}, /no signature/],
  [
    'a list whose signature failed',
    { dkim: [{ result: 'fail', domain: 'lists.example.org' }] },
    {},
    /no signature/,
  ],
  [
    'a signature of somebody else',
    { dkim: [{ result: 'pass', domain: 'evil.example' }] },
    {},
    /no signature/,
  ],
  [
    'a signature of the domain above the list',
    { dkim: [{ result: 'pass', domain: 'example.org' }] },
    {},
    /no signature/,
  ],
  [
    'a letter with no list fields',
    { dkim: [signed] },
    { listId: null, listPost: null },
    /does not come from/,
  ],
  [
    'a List-Id that is no name',
    { dkim: [signed] },
    { listId: '<not a name>', listPost: 'NO' },
    /does not come from/,
  ],
]

for (const [title, given, change, because] of weak) {
  test(`${title} does not override`, async () => {
    const decision = await decide(
      { record: rejecting, ...given },
      { mailingList: { ...list, ...change } },
    )
    assert.equal(decision.action, 'refuse')
    assert.match(
      decision.considered.find((one) => one.evidence === 'mailingList')?.because ?? '',
      because,
    )
  })
}

test('ARC overrides only by a believed sealer who saw it pass', async () => {
  const arc = {
    result: 'pass',
    sealers: ['mx.forward.example'],
    trusted: ['forward.example'],
    passedBefore: true,
  }
  const decision = await decide({ record: rejecting }, { arc })
  assert.equal(decision.action, 'deliver')
  assert.equal(decision.override?.type, 'trusted_forwarder')
  assert.match(decision.override?.comment ?? '', /arc=pass/)
  for (const change of [
    { result: 'fail' },
    { trusted: [] },
    { sealers: [] },
    { sealers: ['evil.example', 'forward.example'] },
    { passedBefore: false },
    { passedBefore: null },
  ]) {
    assert.equal(
      (await decide({ record: rejecting }, { arc: { ...arc, ...change } })).action,
      'refuse',
    )
  }
})

test('a DNS error: delivered where no policy is known, deferred where one asks for protection', async () => {
  const servfail = { error: 'SERVFAIL' } as const
  const unknown = await decide({ names: { '_dmarc.example.com': servfail } })
  assert.deepEqual([unknown.action, unknown.askedFor, unknown.did], ['deliver', null, 'none'])
  const spf = { result: 'temperror', domain: 'example.com' }
  const open = await decide({ record: rejecting, spf })
  assert.deepEqual([open.action, open.askedFor, open.did], ['defer', 'reject', null])
  const mild = await decide({ record: 'v=DMARC1; p=none', spf })
  assert.deepEqual([mild.action, mild.askedFor], ['deliver', 'none'])
})

test('a message without one author is marked as spam, and the receiver may choose else', async () => {
  for (const from of [[], ['nobody'], ['u@example.com', 'u@example.com']]) {
    const dmarc = await verdictOf({ from })
    assert.equal(decideDmarc({ dmarc, evidence: nothing }).action, 'mark-as-spam')
    const options = { ...defaultDecisionOptions, onInvalidAuthor: 'refuse' } as const
    assert.equal(decideDmarc({ dmarc, evidence: nothing }, options).did, 'reject')
  }
})

test('the same facts give the same decision, as plain data', async () => {
  const one = await decide({ record: rejecting, dkim: [signed] }, { mailingList: list })
  assert.deepEqual(JSON.parse(JSON.stringify(one)), one)
  assert.deepEqual(await decide({ record: rejecting, dkim: [signed] }, { mailingList: list }), one)
})
