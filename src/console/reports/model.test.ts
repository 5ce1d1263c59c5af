import assert from 'node:assert/strict'
import { test } from 'node:test'
import { reportsPath, share, withGaps } from './model.ts'

const now = Date.parse('2026-11-27T16:00:00Z')

test('the path names the domain and the first day that are wanted, and nothing else', () => {
  assert.equal(reportsPath('tls', { domain: '', range: '' }, now), '/v1/reports/tls')
  assert.equal(
    reportsPath('dmarc', { domain: 'north.example', range: '30' }, now),
    '/v1/reports/dmarc?domain=north.example&since=2026-10-28',
  )
  assert.equal(reportsPath('dmarc', { domain: '', range: 'x' }, now), '/v1/reports/dmarc')
})

test('a share is "all" where all passed, and never 100.0 % otherwise', () => {
  assert.equal(share(10, 10), 'all')
  assert.equal(share(99_999, 100_000), '99.9 %')
  assert.equal(share(0, 3), '0.0 %')
})

test('days without a report are days with nothing', () => {
  const some = { passed: 1, failed: 2 }
  assert.deepEqual(withGaps([]), [])
  assert.deepEqual(
    withGaps([
      { day: '2026-02-27', ...some },
      { day: '2026-03-01', ...some },
    ]),
    [
      { day: '2026-02-27', ...some },
      { day: '2026-02-28', passed: 0, failed: 0 },
      { day: '2026-03-01', ...some },
    ],
  )
})
