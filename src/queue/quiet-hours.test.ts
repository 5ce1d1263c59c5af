import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type QuietHours, quietUntil } from './quiet-hours.ts'

const berlin: QuietHours = { from: 22 * 60, to: 6 * 60 + 30, zone: 'Europe/Berlin' }

function until(hours: QuietHours, at: string): string | undefined {
  const end = quietUntil(hours, Date.parse(at))
  return end === undefined ? undefined : new Date(end).toISOString()
}

test('a night is quiet until its end, in the hours of its zone', () => {
  assert.equal(until(berlin, '2026-11-27T20:59:59Z'), undefined)
  assert.equal(until(berlin, '2026-11-27T21:00:00Z'), '2026-11-28T05:30:00.000Z')
  assert.equal(until(berlin, '2026-11-28T00:10:30Z'), '2026-11-28T05:30:00.000Z')
  assert.equal(until(berlin, '2026-11-28T05:29:59Z'), '2026-11-28T05:30:00.000Z')
  assert.equal(until(berlin, '2026-11-28T05:30:00Z'), undefined)
})

test('hours within one day', () => {
  const noon: QuietHours = { from: 12 * 60, to: 13 * 60, zone: 'UTC' }
  assert.equal(until(noon, '2026-11-27T11:59:00Z'), undefined)
  assert.equal(until(noon, '2026-11-27T12:30:00Z'), '2026-11-27T13:00:00.000Z')
  assert.equal(until(noon, '2026-11-27T13:00:00Z'), undefined)
})

test('where clocks are put forward or back, their hours count', () => {
  // Forward at 01:00 UTC: the night is an hour shorter.
  assert.equal(until(berlin, '2026-03-28T23:00:00Z'), '2026-03-29T04:30:00.000Z')
  // Back at 01:00 UTC: it is an hour longer.
  assert.equal(until(berlin, '2026-10-24T22:00:00Z'), '2026-10-25T05:30:00.000Z')
  // An end that the clocks pass over.
  const odd: QuietHours = { from: 60, to: 2 * 60 + 30, zone: 'Europe/Berlin' }
  const end = quietUntil(odd, Date.parse('2026-03-29T00:30:00Z'))
  assert.ok(end !== undefined && end >= Date.parse('2026-03-29T01:00:00Z'))
  assert.equal(quietUntil(odd, end), undefined)
})

test('from and to at the same hour are a whole day, which ends at that hour', () => {
  const all: QuietHours = { from: 8 * 60, to: 8 * 60, zone: 'Asia/Kolkata' }
  assert.equal(until(all, '2026-11-27T02:30:00Z'), '2026-11-28T02:30:00.000Z')
  assert.equal(until(all, '2026-11-27T02:29:00Z'), '2026-11-27T02:30:00.000Z')
})

test('at every minute of a year: what is quiet ends, and is not quiet then', () => {
  for (let at = Date.UTC(2026, 0, 1); at < Date.UTC(2027, 0, 1); at += 37 * 60_000) {
    const end = quietUntil(berlin, at)
    if (end === undefined) continue
    assert.ok(end > at && end - at <= 9.5 * 3_600_000)
    assert.equal(quietUntil(berlin, end), undefined)
  }
})
