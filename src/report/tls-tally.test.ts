import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { TlsFact } from './tls-fact.ts'
import { type CountedPolicy, readTally, TlsTally, writeTally } from './tls-tally.ts'

const sts = {
  type: 'sts',
  domain: 'south.example',
  strings: ['version: STSv1', 'mode: enforce'],
  mxHosts: ['mx.south.example'],
} as const
const none = { type: 'no-policy-found', domain: 'south.example', strings: [], mxHosts: [] } as const
const where = { mxHost: 'mx.south.example', ip: '192.0.2.1' } as const
const success: TlsFact = { policy: sts, ...where, result: { type: 'success' } }

function failure(resultType: 'certificate-expired' | 'validation-failure', reason = ''): TlsFact {
  return { policy: sts, ...where, result: { type: 'failure', resultType, reason } }
}

test('sessions are counted under the policy that they were held to, failures by their kind', () => {
  const tally = new TlsTally()
  for (const fact of [success, success, failure('certificate-expired')]) tally.note(fact)
  tally.note({ ...success, policy: none })
  tally.note(failure('certificate-expired'))
  tally.note(failure('validation-failure', 'X'))
  tally.note({ ...failure('validation-failure', 'X'), ip: '192.0.2.2', helo: 'mx' })
  const common = { mxHost: where.mxHost, helo: '', reason: '' }
  assert.deepEqual(tally.policies, [
    {
      policy: sts,
      successes: 2,
      failed: 4,
      failures: [
        { ...common, resultType: 'certificate-expired', ip: '192.0.2.1', count: 2 },
        { ...common, resultType: 'validation-failure', ip: '192.0.2.1', reason: 'X', count: 1 },
        {
          ...common,
          resultType: 'validation-failure',
          ip: '192.0.2.2',
          helo: 'mx',
          reason: 'X',
          count: 1,
        },
      ],
    },
    { policy: none, successes: 1, failed: 0, failures: [] },
  ])
})

test('failures are told apart by our own address, which is absent where none called', () => {
  const tally = new TlsTally()
  const expired = failure('certificate-expired')
  for (const from of ['198.51.100.1', '198.51.100.2', '198.51.100.1'])
    tally.note({ ...expired, from })
  tally.note(expired)
  const kept = new TlsTally()
  for (const one of readTally(writeTally(tally.policies))) kept.add(one)
  const [counted] = kept.policies
  assert.deepEqual(
    counted?.failures.map(({ from, count }) => [from, count]),
    [
      ['198.51.100.1', 2],
      ['198.51.100.2', 1],
      [undefined, 1],
    ],
  )
})

test('what is beyond the limits leaves the counts of what is within right', () => {
  const tally = new TlsTally({ policies: 2, failures: 3, policyText: 400 })
  for (let n = 0; n < 10; n++) tally.note(failure('validation-failure', String(n)))
  tally.note({ ...success, policy: none })
  tally.note({ ...success, policy: { ...none, strings: ['third'] } })
  const [first, second, ...others] = tally.policies
  assert.deepEqual([first?.failed, first?.failures.length], [10, 3])
  assert.deepEqual([second?.policy, second?.successes, others], [none, 1, []])
  const brief = new TlsTally({ policies: 9, failures: 9, policyText: 400 })
  brief.note({ ...success, policy: { ...sts, strings: ['x'.repeat(500)] } })
  brief.note(success)
  assert.deepEqual(
    brief.policies.map(({ policy }) => policy),
    [sts],
  )
})

test('texts of others are cut, and have one line', () => {
  const tally = new TlsTally()
  tally.note({ ...failure('validation-failure', `a\r\nb${'x'.repeat(5000)}`), helo: '\x1b[2J' })
  const [counted] = tally.policies[0]?.failures ?? []
  assert.ok((counted?.reason.length ?? 0) <= 260)
  assert.match(`${counted?.reason}${counted?.helo}`, /^[^\x00-\x1f\x7f]+$/)
})

const facts = fc.array(
  fc.record({
    policy: fc.constantFrom(sts, none),
    mxHost: fc.constantFrom('a.example', 'b.example', ''),
    ip: fc.constantFrom('192.0.2.1', ''),
    result: fc.oneof(
      fc.constant({ type: 'success' } as const),
      fc.record({
        type: fc.constant('failure' as const),
        resultType: fc.constantFrom('certificate-expired', 'dane-required'),
        reason: fc.string({ maxLength: 3 }),
      }),
    ),
  }),
  { maxLength: 60 },
)

test('counting in parts, each of them written down and read, comes to the same as in one', () => {
  const sorted = (policies: readonly CountedPolicy[]): unknown => {
    const key = (one: unknown): string => JSON.stringify(one)
    return policies
      .map((one) => ({
        ...one,
        failures: one.failures.toSorted((a, b) => key(a).localeCompare(key(b))),
      }))
      .toSorted((a, b) => key(a).localeCompare(key(b)))
  }
  fc.assert(
    fc.property(facts, fc.nat(60), (all: readonly TlsFact[], cut) => {
      const whole = new TlsTally()
      for (const fact of all) whole.note(fact)
      const sum = new TlsTally()
      for (const part of [all.slice(0, cut), all.slice(cut)]) {
        const tally = new TlsTally()
        for (const fact of part) tally.note(fact)
        for (const one of readTally(writeTally(tally.policies))) sum.add(one)
      }
      assert.deepEqual(sorted(sum.policies), sorted(whole.policies))
    }),
  )
})

test('text that is no tally counts for nothing', () => {
  for (const text of ['', '{}', 'null', '[1]', '[{}]', '['.repeat(100_000), '[{"successes":1}]']) {
    assert.deepEqual(readTally(text), [])
  }
})
