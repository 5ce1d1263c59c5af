import { test } from 'node:test'
import assert from 'node:assert/strict'
import fc from 'fast-check'
import {
  type AggregateRow,
  defaultGatherLimits,
  AggregateGatherer,
  type RowPolicy,
} from './gather-aggregate.ts'
import { gatherAggregate } from './test-support/aggregate.ts'

const day = Date.UTC(2026, 10, 22)

const policy: RowPolicy = {
  domain: 'north.example',
  p: 'reject',
  sp: 'reject',
  np: 'reject',
  adkim: 'r',
  aspf: 'r',
  fo: '0',
  testing: 'n',
  rua: ['mailto:dmarc@north.example'],
  problems: [],
}

const row: AggregateRow = {
  receivedAt: day,
  sourceIp: '192.0.2.1',
  headerFrom: 'north.example',
  envelopeFrom: 'north.example',
  dkim: [{ domain: 'north.example', selector: 's', result: 'pass', aligned: true }],
  spf: { domain: 'north.example', result: 'pass' },
  dkimAligned: true,
  spfAligned: true,
  disposition: 'pass',
  overrides: [],
  policy,
  count: 1,
}

test('equal rows are one record, and their messages are counted', () => {
  const [report, ...others] = gatherAggregate([row, { ...row, receivedAt: day + 5000, count: 3 }])
  assert.deepEqual(others, [])
  assert.equal(report?.begin, day / 1000)
  assert.equal(report.end, day / 1000 + 86_399)
  assert.deepEqual(
    report.records.map(({ count }) => count),
    [4],
  )
})

test('whatever differs in a row makes another record', () => {
  const different: readonly Partial<AggregateRow>[] = [
    { sourceIp: '192.0.2.2' },
    { headerFrom: 'a.north.example' },
    { envelopeFrom: '' },
    { dkim: [] },
    { spf: null },
    { dkimAligned: false },
    { spfAligned: false },
    { disposition: 'none' },
    { overrides: [{ type: 'other', comment: '' }] },
  ]
  const rows = [row, ...different.map((more) => ({ ...row, ...more }))]
  assert.equal(gatherAggregate(rows)[0]?.records.length, rows.length)
})

test('each policy domain and each UTC day has a report of its own', () => {
  const other = { ...row, policy: { ...policy, domain: 'a.north.example' } }
  const reports = gatherAggregate([
    { ...row, receivedAt: day - 1 },
    row,
    { ...row, receivedAt: day + 86_399_999 },
    other,
    { ...row, receivedAt: day + 86_400_000 },
  ])
  assert.deepEqual(
    reports.map(({ begin, policy: { domain }, records }) => [begin, domain, records[0]?.count]),
    [
      [day / 1000 - 86_400, 'north.example', 1],
      [day / 1000, 'a.north.example', 1],
      [day / 1000, 'north.example', 2],
      [day / 1000 + 86_400, 'north.example', 1],
    ],
  )
})

test('of a policy that changed, the last one is told', () => {
  const later = { ...row, receivedAt: day + 1000, policy: { ...policy, p: 'none' as const } }
  for (const rows of [
    [row, later],
    [later, row],
  ]) {
    const [report] = gatherAggregate(rows)
    assert.equal(report?.policy.p, 'none')
    assert.match(report.errors.join(), /changed during the period/)
  }
  const elsewhere = { ...later, policy: { ...policy, rua: ['mailto:other@north.example'] } }
  assert.deepEqual(gatherAggregate([row, elsewhere])[0]?.errors, [])
})

test('signatures stand in the order of what they say, and are a hundred at most', () => {
  const dkim: AggregateRow['dkim'] = [
    { domain: 'x.example', selector: 'a', result: 'fail', aligned: false },
    { domain: 'x.example', selector: 'b', result: 'pass', aligned: false },
    { domain: 'a.north.example', selector: 'c', result: 'pass', aligned: true },
    { domain: 'north.example', selector: 'd', result: 'pass', aligned: true },
  ]
  const [report] = gatherAggregate([{ ...row, dkim }])
  assert.deepEqual(
    report?.records[0]?.dkim.map(({ selector }) => selector),
    ['d', 'c', 'b', 'a'],
  )
  const many = Array.from({ length: 150 }, () => dkim).flat()
  const kept = gatherAggregate([{ ...row, dkim: many }])[0]?.records[0]?.dkim
  assert.equal(kept?.length, 100)
  assert.ok(kept.every(({ selector }) => selector === 'd'))
})

test('beyond the limit, messages are counted and the report says so', () => {
  const rows = Array.from({ length: 10 }, (_, i) => ({
    ...row,
    sourceIp: `192.0.2.${i}`,
    count: 2,
  }))
  const [report] = gatherAggregate(rows, { ...defaultGatherLimits, maxRecords: 4 })
  assert.equal(report?.records.length, 4)
  assert.match(report.errors.join(), /^12 more messages/)
  const domains = rows.map((one, i) => ({ ...one, policy: { ...policy, domain: `${i}.example` } }))
  assert.equal(gatherAggregate(domains, { ...defaultGatherLimits, maxReports: 3 }).length, 3)
})

test('no message is lost, and the order of rows does not matter', () => {
  const rows = fc.array(
    fc.record({
      ...Object.fromEntries(Object.entries(row).map(([key, value]) => [key, fc.constant(value)])),
      receivedAt: fc.integer({ min: day, max: day + 3 * 86_400_000 }),
      sourceIp: fc.constantFrom('192.0.2.1', '192.0.2.2'),
      disposition: fc.constantFrom('none' as const, 'pass' as const),
      count: fc.integer({ min: 1, max: 9 }),
    }) as fc.Arbitrary<AggregateRow>,
    { maxLength: 30 },
  )
  fc.assert(
    fc.property(rows, (list) => {
      const reports = gatherAggregate(list)
      const counts = reports.flatMap(({ records }) => records.map(({ count }) => count))
      const total = counts.reduce((sum, count) => sum + count, 0)
      assert.equal(
        total,
        list.reduce((sum, { count }) => sum + count, 0),
      )
      assert.deepEqual(gatherAggregate(list.toReversed()), reports)
    }),
    { numRuns: 200 },
  )
})

test('messages of domains beyond the limit are counted', () => {
  const gatherer = new AggregateGatherer({ ...defaultGatherLimits, maxReports: 2 })
  for (const domain of ['a.example', 'b.example', 'c.example', 'c.example', 'd.example']) {
    gatherer.add({ ...row, count: 3, policy: { ...row.policy, domain } })
  }
  assert.equal(gatherer.leftOut, 9)
  assert.deepEqual(
    Array.from(gatherer.reports(), ({ policy }) => policy.domain),
    ['a.example', 'b.example'],
  )
})
