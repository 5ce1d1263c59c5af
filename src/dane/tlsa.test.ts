import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TlsaRecord } from '../dns/resolver.ts'
import { sortTlsa, tlsaText } from './tlsa.ts'

const half = 'ab'.repeat(32)
const whole = 'cd'.repeat(64)

function record(usage: number, selector: number, matchingType: number, data = ''): TlsaRecord {
  const usual = matchingType === 1 ? half : matchingType === 2 ? whole : '3000'
  return { usage, selector, matchingType, data: data === '' ? usual : data }
}

test('each parameter decides whether a record can be used with SMTP', () => {
  for (const [one, why] of [
    [record(3, 1, 1), undefined],
    [record(3, 0, 1), undefined],
    [record(3, 1, 2), undefined],
    [record(3, 0, 0), undefined],
    [record(2, 0, 1), undefined],
    [record(2, 1, 0), undefined],
    // RFC 7672 §3.1.3
    [record(0, 0, 1), 'pkix-usage'],
    [record(1, 1, 1), 'pkix-usage'],
    [record(4, 1, 1), 'unknown-usage'],
    [record(255, 1, 1), 'unknown-usage'],
    [record(3, 2, 1), 'unknown-selector'],
    [record(3, 255, 1), 'unknown-selector'],
    [record(3, 1, 3), 'unknown-matching-type'],
    [record(3, 1, 255), 'unknown-matching-type'],
    [record(3, 1, 1, 'ab'.repeat(31)), 'wrong-length'],
    [record(3, 1, 1, 'ab'.repeat(64)), 'wrong-length'],
    [record(3, 1, 2, 'ab'.repeat(32)), 'wrong-length'],
    [{ usage: 3, selector: 1, matchingType: 0, data: '' }, 'wrong-length'],
  ] as const) {
    const { usable, unusable } = sortTlsa([one])
    assert.deepEqual(usable, why === undefined ? [one] : [], tlsaText(one))
    assert.deepEqual(
      unusable.map((each) => each.why),
      why === undefined ? [] : [why],
      tlsaText(one),
    )
  }
})

test('of two digests only the stronger counts, for each usage and selector by itself', () => {
  const records = [
    record(3, 1, 1),
    record(3, 1, 2),
    record(3, 0, 1),
    record(2, 1, 1),
    record(3, 1, 0),
  ]
  const { usable, unusable } = sortTlsa(records)
  assert.deepEqual(usable, records.slice(1))
  assert.deepEqual(unusable, [{ record: `3 1 1 ${half}`, why: 'weaker-digest' }])
})

test('a stronger digest that cannot be used outdoes nothing', () => {
  const broken = record(3, 1, 2, 'ab')
  const { usable, unusable } = sortTlsa([broken, record(3, 1, 1)])
  assert.deepEqual(usable, [record(3, 1, 1)])
  assert.deepEqual(unusable, [{ record: '3 1 2 ab', why: 'wrong-length' }])
})

test('a record is written as in a zone file', () => {
  assert.equal(tlsaText(record(3, 1, 1)), `3 1 1 ${half}`)
})
