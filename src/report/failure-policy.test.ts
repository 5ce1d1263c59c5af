import { test } from 'node:test'
import assert from 'node:assert/strict'
import { FailureLimiter, type FailureFacts, failureWish } from './failure-policy.ts'

const facts: FailureFacts = {
  policyDomain: 'north.example',
  psd: 'u',
  fo: ['0'],
  wanted: true,
  dkim: [{ result: 'fail', aligned: false }],
  spf: { result: 'fail', aligned: false },
  automatic: false,
}

const passes = { result: 'pass', aligned: true }
const strangers = { result: 'pass', aligned: false }
const fails = { result: 'fail', aligned: false }

// fo, DKIM, SPF, what is reported.
const table: readonly (readonly [
  FailureFacts['fo'],
  FailureFacts['dkim'][number] | null,
  FailureFacts['spf'],
  string,
])[] = [
  [['0'], fails, fails, 'dmarc dkim,spf'],
  [['0'], strangers, strangers, 'dmarc dkim,spf'],
  [['0'], null, null, 'dmarc dkim,spf'],
  [['0'], passes, fails, 'no-failure'],
  [['0'], fails, passes, 'no-failure'],
  [['1'], passes, fails, 'dmarc spf'],
  [['1'], null, passes, 'dmarc dkim'],
  [['1'], passes, passes, 'no-failure'],
  [['d'], fails, passes, 'signature dkim'],
  [['d'], strangers, fails, 'no-failure'],
  [['d'], { result: 'temperror', aligned: false }, fails, 'no-failure'],
  [['s'], passes, fails, 'spf spf'],
  [['s'], passes, { result: 'softfail', aligned: false }, 'spf spf'],
  [['s'], passes, { result: 'neutral', aligned: false }, 'no-failure'],
  [['s'], passes, null, 'no-failure'],
  [['0', 'd', 's'], fails, fails, 'dmarc dkim,spf'],
  [['d', 's'], fails, fails, 'signature dkim,spf'],
]

for (const [fo, dkim, spf, expected] of table) {
  test(`fo=${fo.join(':')}, DKIM ${JSON.stringify(dkim)}, SPF ${JSON.stringify(spf)}: ${expected}`, () => {
    const wish = failureWish({ ...facts, fo, dkim: dkim === null ? [] : [dkim], spf })
    const told = wish.report ? `${wish.authFailure} ${wish.identityAlignment.join()}` : wish.because
    assert.equal(told, expected)
  })
}

test('nobody is told who did not ask, no public suffix, and nobody of a report', () => {
  assert.deepEqual(failureWish({ ...facts, wanted: false }), {
    report: false,
    because: 'not-wanted',
  })
  assert.deepEqual(failureWish({ ...facts, psd: 'y' }), { report: false, because: 'public-suffix' })
  assert.deepEqual(failureWish({ ...facts, automatic: true }), {
    report: false,
    because: 'automatic',
  })
})

test('failure reports are off by default', () => {
  const limiter = new FailureLimiter()
  assert.deepEqual(limiter.permit('north.example', 0), { send: false, because: 'disabled' })
})

test('what is held back is counted into the next report', () => {
  const limiter = new FailureLimiter({ enabled: true, perDestination: 2, total: 3 })
  const at = (domain: string, days: number): unknown => {
    const permit = limiter.permit(domain, days * 86_400_000)
    return permit.send ? permit.incidents : permit.because
  }
  assert.deepEqual(
    [at('a', 0), at('a', 0.1), at('a', 0.2), at('a', 0.9), at('b', 0.9), at('c', 0.9)],
    [1, 1, 'domain-limit', 'domain-limit', 1, 'total-limit'],
  )
  assert.deepEqual([at('a', 1), at('c', 1), at('b', 1), at('b', 1)], [3, 2, 1, 'total-limit'])
})

test('a report that did not leave is counted into the next one', () => {
  const limiter = new FailureLimiter({ enabled: true, perDestination: 2, total: 9 })
  assert.deepEqual(limiter.permit('a', 0), { send: true, incidents: 1 })
  limiter.holdBack('a', 1)
  assert.deepEqual(limiter.permit('a', 0), { send: true, incidents: 2 })
})

test('an address takes so many a day, whatever domains they are about and however it is written', () => {
  const limiter = new FailureLimiter({ enabled: true, perDestination: 2, total: 9 })
  const day = 86_400_000
  assert.deepEqual(
    [
      limiter.admit('ruf@a.example', 0),
      limiter.admit('RUF@A.example', day - 1),
      limiter.admit('ruf@a.example', day - 1),
      limiter.admit('ruf@b.example', day - 1),
      limiter.admit('ruf@a.example', day),
    ],
    [true, true, false, true, true],
  )
})

test('a failure that nobody is told of is told apart from no failure', () => {
  const passed = { ...facts, dkim: [passes], spf: passes }
  for (const more of [{ automatic: true }, { psd: 'y' }] as const) {
    assert.deepEqual(failureWish({ ...passed, ...more }), { report: false, because: 'no-failure' })
  }
})

test('the counts of many domains and addresses are bounded', () => {
  const limiter = new FailureLimiter({ enabled: true, perDestination: 1, total: 1e9 })
  for (let i = 0; i < 5001; i++) {
    assert.equal(limiter.permit(`${i}.example`, 0).send, true)
    assert.equal(limiter.admit(`ruf@${i}.example`, 0), true)
  }
  // The first of each was forgotten, the second was not.
  assert.equal(limiter.permit('1.example', 0).send, false)
  assert.equal(limiter.permit('0.example', 0).send, true)
  assert.equal(limiter.admit('ruf@2.example', 0), false)
  assert.equal(limiter.admit('ruf@0.example', 0), true)
})
